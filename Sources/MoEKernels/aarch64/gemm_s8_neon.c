/* int8 GEMM with NEON as every aarch64 machine has it: smull gives 16-bit products, sadalp adds
 * neighbours to int32. A product of bytes is at most 2^14, so nothing overflows.
 *
 *     panel  [K/4][8][4] signed            8 columns = 4 half registers a group of 4 k
 *     tile   4 rows x 8 columns = 16 sums, 4 weights, 1 broadcast of four activations
 *
 * A register of sums holds two partial sums of two columns; they are added once, at the end. */
#if defined(__aarch64__)

#include "../include/moe_gemm.h"
#include <arm_neon.h>

enum { MAX_ROWS = 4, STREAMING_ROWS = 2, PANEL = 8 };

#define PACK_FLIP 0u
#include "../portable/gemm_pack.inc"
#include "../portable/gemm_rows.inc"

INLINE void add_group(const int rows, int32x4_t sums[MAX_ROWS][4], const int32_t *quads,
                      const uint8_t *weights) {
    UNROLL for (int r = 0; r < rows; r++) {
        const int8x8_t x = vreinterpret_s8_s32(vdup_n_s32(quads[r]));
        UNROLL for (int v = 0; v < 4; v++)
            sums[r][v] = vpadalq_s16(
                sums[r][v], vmull_s8(vreinterpret_s8_u8(vld1_u8(weights + 8 * v)), x));
    }
}

INLINE void multiply_rows(const int rows, const moe_gemm_s8_tile *tile, size_t first,
                          moe_fetch *fetch) {
    int32x4_t sums[MAX_ROWS][4];
    UNROLL for (int r = 0; r < rows; r++) {
        UNROLL for (int v = 0; v < 4; v++) sums[r][v] = vdupq_n_s32(0);
    }
    const uint8_t *weights = tile->panel;
    int32_t quads[MAX_ROWS] = {0};
    const size_t whole = tile->depth & ~(size_t)3;
    for (size_t k = 0; k < whole; k += 4, weights += 4 * PANEL) {
        if (k % 8 == 0) moe_fetch_lines(fetch, 1);
        UNROLL for (int r = 0; r < rows; r++)
            __builtin_memcpy(&quads[r], tile->rows[first + r] + k, 4);
        add_group(rows, sums, quads, weights);
    }
    if (whole < tile->depth) {
        UNROLL for (int r = 0; r < rows; r++) {
            quads[r] = 0;
            __builtin_memcpy(&quads[r], tile->rows[first + r] + whole, tile->depth - whole);
        }
        add_group(rows, sums, quads, weights);
    }
    UNROLL for (int r = 0; r < rows; r++) {
        int32_t *out = tile->out + (first + r) * tile->stride;
        const int32x4_t start = vdupq_n_s32(tile->start[first + r]);
        vst1q_s32(out, vaddq_s32(vpaddq_s32(sums[r][0], sums[r][1]), start));
        vst1q_s32(out + 4, vaddq_s32(vpaddq_s32(sums[r][2], sums[r][3]), start));
    }
}

#define ROWS(R)                                                                                    \
    static void rows_##R(const moe_gemm_s8_tile *tile, size_t first, moe_fetch *fetch) {           \
        multiply_rows(R, tile, first, fetch);                                                      \
    }
ROWS(1) ROWS(2) ROWS(3) ROWS(4)

static void multiply(const moe_gemm_s8_tile *tile) {
    static moe_rows_kernel *const kernels[MAX_ROWS] = {rows_1, rows_2, rows_3, rows_4};
    moe_multiply_even(tile, MAX_ROWS, STREAMING_ROWS, kernels);
}

static uint64_t multiply_registers(size_t rounds) {
    enum { SUMS = 12 };
    int32x4_t sums[SUMS];
    int8x8_t w = vdup_n_s8(3), x = vdup_n_s8(5);
    UNROLL for (int i = 0; i < SUMS; i++) sums[i] = vdupq_n_s32(i);
    for (size_t round = 0; round < rounds; round++) {
        UNROLL for (int i = 0; i < SUMS; i++) {
            __asm__ volatile("" : "+w"(w));
            sums[i] = vpadalq_s16(sums[i], vmull_s8(w, x));
            __asm__ volatile("" : "+w"(sums[i]));
        }
    }
    return (uint64_t)rounds * SUMS * 8;
}

const moe_gemm_s8 moe_gemm_s8__neon = {
    .isa = MOE_ISA_NEON, .rows = MAX_ROWS, .columns = PANEL, .lanes = PANEL, .group = 4,
    .offset = 0, .pack = pack, .multiply = multiply,
    .multiply_registers = multiply_registers,
};

#endif
