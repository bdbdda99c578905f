#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#include "moe_rows.h"

#define MOE_TABLE moe_row_kernels_avx2
#define MOE_LOGIT_TOKENS 3
#define MOE_LOGIT_EXPERTS 2
#include "../portable/rows.inc"

#pragma clang attribute pop
#endif
