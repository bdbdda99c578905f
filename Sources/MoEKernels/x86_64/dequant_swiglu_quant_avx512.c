/* Dequantise, SwiGLU, quantise in loops of sixteen, AVX-512. No FMA: its bits would differ. */
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), \
                             apply_to = function)
#define MOE_DSQ_TABLE moe_dsq_kernels__avx512
#include "../portable/dequant_swiglu_quant.inc"
#pragma clang attribute pop
#endif
