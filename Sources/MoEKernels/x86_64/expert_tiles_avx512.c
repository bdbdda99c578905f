/* The tiles around an expert's GEMMs, AVX-512. No FMA: its bits would differ. */
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), \
                             apply_to = function)
#define MOE_TABLE moe_expert_tiles__avx512
#include "../portable/expert_tiles.inc"
#pragma clang attribute pop
#endif
