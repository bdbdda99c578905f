/* The tiles around an expert's GEMMs, AVX2. No FMA: its bits would differ. */
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define MOE_TABLE moe_expert_tiles__avx2
#include "../portable/expert_tiles.inc"
#pragma clang attribute pop
#endif
