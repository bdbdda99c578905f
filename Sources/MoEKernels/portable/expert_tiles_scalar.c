/* The tiles around an expert's GEMMs for every machine of the architecture, and the choice. */
#define MOE_SIXTEEN_COLUMNS
#define MOE_TABLE moe_expert_tiles__scalar
#include "expert_tiles.inc"

#if defined(__x86_64__)
extern const moe_expert_tiles moe_expert_tiles__avx2, moe_expert_tiles__avx512;
#endif

const moe_expert_tiles *moe_expert_tiles_for(moe_isa isa) {
    switch (isa) {
#if defined(__x86_64__)
    case MOE_ISA_AVX2:
        return &moe_expert_tiles__avx2;
    case MOE_ISA_AVX512:
        return &moe_expert_tiles__avx512;
#endif
    case MOE_ISA_SCALAR:
        return &moe_expert_tiles__scalar;
    default:
        return moe_expert_tiles_for(moe_isa_base(isa));
    }
}
