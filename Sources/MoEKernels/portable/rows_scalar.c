#include "moe_rows.h"

#define MOE_TABLE moe_row_kernels_scalar
#define MOE_LOGIT_TOKENS 1
#define MOE_LOGIT_EXPERTS 1
#include "rows.inc"

#if defined(__x86_64__)
extern const moe_row_kernels moe_row_kernels_avx2, moe_row_kernels_avx512;
#endif

const moe_row_kernels *moe_row_kernels_for(moe_isa isa) {
    switch (isa) {
#if defined(__x86_64__)
    case MOE_ISA_AVX2:
        return &moe_row_kernels_avx2;
    case MOE_ISA_AVX512:
        return &moe_row_kernels_avx512;
#endif
    case MOE_ISA_SCALAR:
        return &moe_row_kernels_scalar;
    default:
        return moe_row_kernels_for(moe_isa_base(isa));
    }
}
