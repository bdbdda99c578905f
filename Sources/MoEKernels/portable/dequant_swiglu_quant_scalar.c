/* Dequantise, SwiGLU, quantise for every machine of the architecture, and the choice of a table. */
#define MOE_SIXTEEN_COLUMNS
#define MOE_COLUMNS_AT_ONCE
enum { VECTORS_AT_ONCE = 1 };
#define MOE_DSQ_TABLE moe_dsq_kernels__scalar
#include "dequant_swiglu_quant.inc"

#if defined(__x86_64__)
extern const moe_dsq_kernels moe_dsq_kernels__avx2;
extern const moe_dsq_kernels moe_dsq_kernels__avx512;
#endif

const moe_dsq_kernels *moe_dsq_kernels_for(moe_isa isa) {
    switch (isa) {
#if defined(__x86_64__)
    case MOE_ISA_AVX2:
        return &moe_dsq_kernels__avx2;
    case MOE_ISA_AVX512:
        return &moe_dsq_kernels__avx512;
#endif
    case MOE_ISA_SCALAR:
        return &moe_dsq_kernels__scalar;
    default:
        return moe_dsq_kernels_for(moe_isa_base(isa));
    }
}
