#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma"))), apply_to = function)

#include "moe_rows.h"

#define MOE_TABLE moe_row_kernels_avx512
#define MOE_LOGIT_TOKENS 6
#define MOE_LOGIT_EXPERTS 4
#include "../portable/rows.inc"

#pragma clang attribute pop
#endif
