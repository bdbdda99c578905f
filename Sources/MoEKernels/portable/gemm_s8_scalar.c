/* int8 GEMM in plain C, for machines without a kernel of their own and as a check of the others.
 *
 *     panel  [K/4][16][4] signed          tile   1 row x 16 columns, sums in an array
 */
#include "../include/moe_gemm.h"

enum { PANEL = 16, GROUP = 4 };

#define PACK_FLIP 0u
#include "gemm_pack.inc"

static void multiply(const moe_gemm_s8_tile *tile) {
    for (size_t r = 0; r < tile->row_count; r++) {
        const int8_t *x = tile->rows[r];
        uint32_t sums[PANEL];
        for (size_t n = 0; n < PANEL; n++) sums[n] = (uint32_t)tile->start[r];
        for (size_t k = 0; k < tile->depth; k++) {
            const int8_t *weights =
                (const int8_t *)tile->panel + (k - k % GROUP) * PANEL + k % GROUP;
            for (size_t n = 0; n < PANEL; n++) sums[n] += (uint32_t)(x[k] * weights[n * GROUP]);
        }
        memcpy(tile->out + r * tile->stride, sums, sizeof sums);
    }
}

const moe_gemm_s8 moe_gemm_s8__scalar = {
    .isa = MOE_ISA_SCALAR, .rows = 1, .columns = PANEL, .lanes = PANEL, .group = GROUP,
    .offset = 0, .pack = pack, .multiply = multiply,
};

#if defined(__x86_64__)
extern const moe_gemm_s8 moe_gemm_s8__avx2, moe_gemm_s8__avx512vnni;
#endif

const moe_gemm_s8 *moe_gemm_s8_for(moe_isa isa) {
    switch (isa) {
#if defined(__x86_64__)
    case MOE_ISA_AVX2:
        return &moe_gemm_s8__avx2;
    case MOE_ISA_AVX512VNNI:
        return &moe_gemm_s8__avx512vnni;
#endif
    case MOE_ISA_SCALAR:
        return &moe_gemm_s8__scalar;
    default:
        return moe_gemm_s8_for(moe_isa_base(isa));
    }
}
