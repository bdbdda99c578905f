/* The tiles around an expert's GEMMs, AVX2. Fused where it is written, nowhere else. */
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
/* Two registers at once, whose long chains of operations overlap. */
#define MOE_SIXTEEN_COLUMNS _Pragma("clang loop vectorize_width(8) interleave_count(2)")
#define MOE_TABLE moe_expert_tiles__avx2
#include "../portable/expert_tiles.inc"
#pragma clang attribute pop
#endif
