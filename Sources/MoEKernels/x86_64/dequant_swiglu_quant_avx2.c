/* Dequantise, SwiGLU, quantise in loops of eight, AVX2. No FMA: its bits would differ. */
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define MOE_DSQ_TABLE moe_dsq_kernels__avx2
#include "../portable/dequant_swiglu_quant.inc"
#pragma clang attribute pop
#endif
