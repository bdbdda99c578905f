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

static uint64_t multiply_registers(size_t rounds) {
    int32_t sums[4] = {0, 1, 2, 3}, w = 3, x = -5;
    for (size_t round = 0; round < rounds; round++) {
        for (int i = 0; i < 4; i++) {
            __asm__ volatile("" : "+r"(w));
            sums[i] += w * x;
            __asm__ volatile("" : "+r"(sums[i]));
        }
    }
    return (uint64_t)rounds * 4;
}

const moe_gemm_s8 moe_gemm_s8__scalar = {
    .isa = MOE_ISA_SCALAR, .rows = 1, .columns = PANEL, .lanes = PANEL, .group = GROUP,
    .offset = 0, .pack = pack, .multiply = multiply,
    .multiply_registers = multiply_registers,
};

#if defined(__x86_64__)
extern const moe_gemm_s8 moe_gemm_s8__avx2, moe_gemm_s8__avxvnni, moe_gemm_s8__avx512,
    moe_gemm_s8__avx512vnni, moe_gemm_s8__amx;
#elif defined(__aarch64__)
extern const moe_gemm_s8 moe_gemm_s8__neon, moe_gemm_s8__dotprod, moe_gemm_s8__i8mm;
#endif

const moe_gemm_s8 *moe_gemm_s8_for(moe_isa isa) {
    switch (isa) {
#if defined(__x86_64__)
    case MOE_ISA_AVX2:
        return &moe_gemm_s8__avx2;
    case MOE_ISA_AVXVNNI:
        return &moe_gemm_s8__avxvnni;
    case MOE_ISA_AVX512:
        return &moe_gemm_s8__avx512;
    case MOE_ISA_AVX512VNNI:
        return &moe_gemm_s8__avx512vnni;
    case MOE_ISA_AMX:
        return &moe_gemm_s8__amx;
#elif defined(__aarch64__)
    case MOE_ISA_NEON:
        return &moe_gemm_s8__neon;
    case MOE_ISA_DOTPROD:
        return &moe_gemm_s8__dotprod;
    case MOE_ISA_I8MM:
        return &moe_gemm_s8__i8mm;
#endif
    case MOE_ISA_SCALAR:
        return &moe_gemm_s8__scalar;
    default:
        return moe_gemm_s8_for(moe_isa_base(isa));
    }
}
