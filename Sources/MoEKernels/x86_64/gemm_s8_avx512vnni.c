/* int8 GEMM with AVX-512 VNNI: vpdpbusd adds four products of an unsigned and a signed byte to an
 * int32, sixteen columns an instruction, wrapping.
 *
 *     panel  [K/4][48][4] unsigned, weight + 128      48 columns = 3 registers a group of 4 k
 *     tile   8 rows x 48 columns = 24 sums, 3 weights, 1 broadcast of four activations
 *
 * A group loads 3 weights and 8 broadcasts for 24 products: the multiplier is the only limit, and
 * a panel's byte serves 8 rows a load. Rows past a multiple of 8 are spread evenly (17 rows are
 * 6 + 6 + 5), since few rows pay as much for the loads. The last panel may be 16 or 32 columns
 * wide. The last 1 to 3 of K are gathered byte by byte: nothing past a row's end is read. */
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"))), \
                             apply_to = function)

#include "../include/moe_gemm.h"
#include <immintrin.h>

enum { MAX_ROWS = 8, LANES = 16, PANEL = 48 };

#define PACK_FLIP 0x80u
#include "../portable/gemm_pack.inc"
#include "../portable/gemm_rows.inc"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

INLINE void add_group(const int rows, const int vectors, __m512i sums[MAX_ROWS][3],
                      const int32_t *quads, const uint8_t *weights) {
    __m512i w[3];
    UNROLL for (int v = 0; v < vectors; v++) w[v] = _mm512_load_si512(weights + 64 * v);
    UNROLL for (int r = 0; r < rows; r++) {
        const __m512i x = _mm512_set1_epi32(quads[r]);
        UNROLL for (int v = 0; v < vectors; v++)
            sums[r][v] = _mm512_dpbusd_epi32(sums[r][v], w[v], x);
    }
}

INLINE int32_t quad(const int8_t *bytes, size_t count) {
    int32_t value = 0;
    __builtin_memcpy(&value, bytes, count);
    return value;
}

/* `rows` rows of the tile from `first` on, all columns of the panel. */
INLINE void multiply_rows(const int rows, const int vectors, const moe_gemm_s8_tile *tile,
                          size_t first, moe_fetch *fetch) {
    const int8_t *x[MAX_ROWS];
    __m512i sums[MAX_ROWS][3];
    UNROLL for (int r = 0; r < rows; r++) {
        x[r] = tile->rows[first + r];
        UNROLL for (int v = 0; v < vectors; v++)
            sums[r][v] = _mm512_set1_epi32(tile->start[first + r]);
    }
    const uint8_t *weights = tile->panel;
    const size_t whole = tile->depth & ~(size_t)3;
    /* The rows of the next tile; those of a short one are asked for twice, at no cost. */
    const size_t after = first + rows + rows <= tile->row_count ? first + rows : first;
    for (size_t k = 0; k < whole;) {
        moe_fetch_some(fetch);
        if (k % 64 == 0)
            UNROLL for (int r = 0; r < rows; r++) __builtin_prefetch(tile->rows[after + r] + k, 0, 3);
        const size_t end = whole - k < 4 * FETCH_GROUPS ? whole : k + 4 * FETCH_GROUPS;
        for (; k < end; k += 4, weights += 64 * vectors) {
            int32_t quads[MAX_ROWS];
            UNROLL for (int r = 0; r < rows; r++) quads[r] = quad(x[r] + k, 4);
            add_group(rows, vectors, sums, quads, weights);
        }
    }
    if (whole < tile->depth) {
        int32_t quads[MAX_ROWS];
        for (int r = 0; r < rows; r++) {
            quads[r] = 0;
            __builtin_memcpy(&quads[r], x[r] + whole, tile->depth - whole);
        }
        add_group(rows, vectors, sums, quads, weights);
    }
    UNROLL for (int r = 0; r < rows; r++) {
        UNROLL for (int v = 0; v < vectors; v++)
            _mm512_storeu_si512(tile->out + (first + r) * tile->stride + LANES * v, sums[r][v]);
    }
}

#define WIDTHS(R)                                                                                  \
    static void rows_##R(const moe_gemm_s8_tile *tile, size_t first, moe_fetch *fetch) {           \
        switch (tile->columns / LANES) {                                                           \
        case 1: multiply_rows(R, 1, tile, first, fetch); break;                                    \
        case 2: multiply_rows(R, 2, tile, first, fetch); break;                                    \
        default: multiply_rows(R, 3, tile, first, fetch); break;                                   \
        }                                                                                          \
    }
WIDTHS(1) WIDTHS(2) WIDTHS(3) WIDTHS(4) WIDTHS(5) WIDTHS(6) WIDTHS(7) WIDTHS(8)

static void multiply(const moe_gemm_s8_tile *tile) {
    static moe_rows_kernel *const kernels[MAX_ROWS] = {rows_1, rows_2, rows_3, rows_4,
                                                       rows_5, rows_6, rows_7, rows_8};
    moe_multiply_even(tile, MAX_ROWS, kernels);
}

static uint64_t multiply_registers(size_t rounds) {
    enum { SUMS = 12 };
    __m512i sums[SUMS], w = _mm512_set1_epi8(3), x = _mm512_set1_epi8(-5);
    UNROLL for (int i = 0; i < SUMS; i++) sums[i] = _mm512_set1_epi32(i);
    for (size_t round = 0; round < rounds; round++) {
        UNROLL for (int i = 0; i < SUMS; i++) {
            sums[i] = _mm512_dpbusd_epi32(sums[i], w, x);
            __asm__ volatile("" : "+v"(sums[i]));
        }
    }
    return (uint64_t)rounds * SUMS * 64;
}

const moe_gemm_s8 moe_gemm_s8__avx512vnni = {
    .isa = MOE_ISA_AVX512VNNI, .rows = MAX_ROWS, .columns = PANEL, .lanes = LANES, .group = 4,
    .offset = 128, .pack = pack, .multiply = multiply,
    .multiply_registers = multiply_registers,
};

#pragma clang attribute pop
#endif
