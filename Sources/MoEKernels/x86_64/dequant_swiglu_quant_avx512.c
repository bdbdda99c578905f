/* Dequantise, SwiGLU, quantise in loops of sixteen, AVX-512. Fused where it is written, nowhere else. */
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma"))), \
                             apply_to = function)
#define MOE_SIXTEEN_COLUMNS _Pragma("clang loop vectorize_width(16) interleave_count(1)")
#define MOE_COLUMNS_AT_ONCE _Pragma("clang loop vectorize_width(16) interleave_count(4)")
enum { VECTORS_AT_ONCE = 4 };
#define MOE_DSQ_TABLE moe_dsq_kernels__avx512
#include "../portable/dequant_swiglu_quant.inc"
#pragma clang attribute pop
#endif
