/* int8 GEMM with the matrix products of aarch64: smmla multiplies two rows of eight bytes with two
 * columns of eight, four sums an instruction.
 *
 *     panel  [K/8][16][8] signed           16 columns = 8 registers, two columns each
 *     tile   6 rows x 16 columns = 3 x 8 sums, 2 weights at a time, 3 pairs of activations
 *
 * Sums of a pair of rows are r0c0 r0c1 r1c0 r1c1; they are sorted once, at the end. An odd last
 * row is multiplied beside itself. The last 1 to 7 of K are gathered byte by byte. */
#if defined(__aarch64__)
#pragma clang attribute push(__attribute__((target("dotprod,i8mm"))), apply_to = function)

#include "../include/moe_gemm.h"
#include <arm_neon.h>
#include <string.h>

enum { MAX_ROWS = 6, STREAMING_ROWS = 3, PANEL = 16, GROUP = 8 };

#include "../portable/gemm_rows.inc"

static void pack(size_t used, size_t columns, size_t depth, const int8_t *weights, size_t stride,
                 uint8_t *panel) {
    for (size_t k = 0; k < depth; k += GROUP) {
        const size_t bytes = depth - k < GROUP ? depth - k : GROUP;
        for (size_t n = 0; n < columns; n++, panel += GROUP) {
            memset(panel, 0, GROUP);
            if (n < used) memcpy(panel, weights + n * stride + k, bytes);
        }
    }
}

INLINE void add_group(const int pairs, int32x4_t sums[MAX_ROWS / 2][8], const int8x16_t *x,
                      const uint8_t *weights) {
    UNROLL for (int v = 0; v < 8; v++) {
        const int8x16_t w = vreinterpretq_s8_u8(vld1q_u8(weights + 16 * v));
        UNROLL for (int p = 0; p < pairs; p++) sums[p][v] = vmmlaq_s32(sums[p][v], x[p], w);
    }
}

INLINE void multiply_rows(const int rows, const moe_gemm_s8_tile *tile, size_t first,
                          moe_fetch *fetch) {
    const int pairs = (rows + 1) / 2;
    const int8_t *rows_of[MAX_ROWS];
    int32x4_t sums[MAX_ROWS / 2][8];
    UNROLL for (int p = 0; p < pairs; p++) {
        rows_of[2 * p] = tile->rows[first + 2 * p];
        rows_of[2 * p + 1] = tile->rows[first + (2 * p + 1 < rows ? 2 * p + 1 : 2 * p)];
        UNROLL for (int v = 0; v < 8; v++) sums[p][v] = vdupq_n_s32(0);
    }
    const uint8_t *weights = tile->panel;
    const size_t whole = tile->depth & ~(size_t)(GROUP - 1);
    int8x16_t x[MAX_ROWS / 2];
    for (size_t k = 0; k < whole; k += GROUP, weights += GROUP * PANEL) {
        moe_fetch_lines(fetch, 2);
        UNROLL for (int p = 0; p < pairs; p++)
            x[p] = vcombine_s8(vld1_s8(rows_of[2 * p] + k), vld1_s8(rows_of[2 * p + 1] + k));
        add_group(pairs, sums, x, weights);
    }
    if (whole < tile->depth) {
        UNROLL for (int p = 0; p < pairs; p++) {
            int8_t last[2 * GROUP] = {0};
            memcpy(last, rows_of[2 * p] + whole, tile->depth - whole);
            memcpy(last + GROUP, rows_of[2 * p + 1] + whole, tile->depth - whole);
            x[p] = vld1q_s8(last);
        }
        add_group(pairs, sums, x, weights);
    }
    UNROLL for (int r = 0; r < rows; r++) {
        int32_t *out = tile->out + (first + r) * tile->stride;
        const int32x4_t start = vdupq_n_s32(tile->start[first + r]);
        UNROLL for (int v = 0; v < 8; v += 2) {
            const int64x2_t even = vreinterpretq_s64_s32(sums[r / 2][v]);
            const int64x2_t odd = vreinterpretq_s64_s32(sums[r / 2][v + 1]);
            const int64x2_t row = r % 2 ? vzip2q_s64(even, odd) : vzip1q_s64(even, odd);
            vst1q_s32(out + 2 * v, vaddq_s32(vreinterpretq_s32_s64(row), start));
        }
    }
}

#define ROWS(R)                                                                                    \
    static void rows_##R(const moe_gemm_s8_tile *tile, size_t first, moe_fetch *fetch) {           \
        multiply_rows(R, tile, first, fetch);                                                      \
    }
ROWS(1) ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6)

static void multiply(const moe_gemm_s8_tile *tile) {
    static moe_rows_kernel *const kernels[MAX_ROWS] = {rows_1, rows_2, rows_3,
                                                       rows_4, rows_5, rows_6};
    moe_multiply_even(tile, MAX_ROWS, STREAMING_ROWS, kernels);
}

static uint64_t multiply_registers(size_t rounds) {
    enum { SUMS = 12 };
    int32x4_t sums[SUMS];
    const int8x16_t w = vdupq_n_s8(3), x = vdupq_n_s8(5);
    UNROLL for (int i = 0; i < SUMS; i++) sums[i] = vdupq_n_s32(i);
    for (size_t round = 0; round < rounds; round++) {
        UNROLL for (int i = 0; i < SUMS; i++) {
            sums[i] = vmmlaq_s32(sums[i], x, w);
            __asm__ volatile("" : "+w"(sums[i]));
        }
    }
    return (uint64_t)rounds * SUMS * 32;
}

const moe_gemm_s8 moe_gemm_s8__i8mm = {
    .isa = MOE_ISA_I8MM, .rows = MAX_ROWS, .columns = PANEL, .lanes = PANEL, .group = GROUP,
    .offset = 0, .pack = pack, .multiply = multiply,
    .multiply_registers = multiply_registers,
};

#pragma clang attribute pop
#endif
