/* int8 GEMM with AVX2: vpmaddwd adds two products of 16-bit integers to an int32, so bytes are
 * widened on the way; vpmaddubsw would saturate.
 *
 *     panel  [K/4][8][4] signed            8 columns: a group of 4 k widens to 2 registers
 *     tile   6 rows x 8 columns = 12 sums, 2 weights, 1 broadcast of four widened activations
 *
 * A register of sums holds two partial sums of four columns; they are added once, at the end.
 * The rows' activations are widened block by block into memory that stays in the first cache. */
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

#include "../include/moe_gemm.h"
#include <immintrin.h>

enum { MAX_ROWS = 6, PANEL = 8, BLOCK = 256 };

#define PACK_FLIP 0u
#include "../portable/gemm_pack.inc"
#include "../portable/gemm_rows.inc"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

/* The activations of a row as int16, with zeros up to a whole group. */
INLINE void widen(const int8_t *from, size_t count, int16_t *to) {
    size_t k = 0;
    for (; k + 16 <= count; k += 16)
        _mm256_store_si256((__m256i *)(void *)(to + k),
                           _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(from + k))));
    for (; k < count; k++) to[k] = from[k];
    for (; k % 4 != 0; k++) to[k] = 0;
}

INLINE void multiply_rows(const int rows, const moe_gemm_s8_tile *tile, size_t first,
                          moe_fetch *fetch) {
    int16_t wide[MAX_ROWS][BLOCK] __attribute__((aligned(32)));
    __m256i sums[MAX_ROWS][2];
    UNROLL for (int r = 0; r < rows; r++) sums[r][0] = sums[r][1] = _mm256_setzero_si256();
    const uint8_t *weights = tile->panel;
    for (size_t start = 0; start < tile->depth; start += BLOCK) {
        const size_t count = tile->depth - start < BLOCK ? tile->depth - start : BLOCK;
        for (int r = 0; r < rows; r++) widen(tile->rows[first + r] + start, count, wide[r]);
        for (size_t k = 0; k < count; k += 4, weights += 32) {
            if (k % (4 * FETCH_GROUPS) == 0) moe_fetch_some(fetch);
            const __m256i low = _mm256_cvtepi8_epi16(_mm_load_si128((const __m128i *)(const void *)weights));
            const __m256i high = _mm256_cvtepi8_epi16(_mm_load_si128((const __m128i *)(const void *)(weights + 16)));
            UNROLL for (int r = 0; r < rows; r++) {
                int64_t four;
                __builtin_memcpy(&four, &wide[r][k], sizeof four);
                const __m256i x = _mm256_set1_epi64x(four);
                sums[r][0] = _mm256_add_epi32(sums[r][0], _mm256_madd_epi16(low, x));
                sums[r][1] = _mm256_add_epi32(sums[r][1], _mm256_madd_epi16(high, x));
            }
        }
    }
    UNROLL for (int r = 0; r < rows; r++) {
        /* Columns 0 1 4 5 | 2 3 6 7, from pairs of partial sums. */
        const __m256i pairs = _mm256_hadd_epi32(sums[r][0], sums[r][1]);
        const __m256i ordered = _mm256_permute4x64_epi64(pairs, 0xD8);
        const __m256i start = _mm256_set1_epi32(tile->start[first + r]);
        _mm256_storeu_si256((__m256i *)(void *)(tile->out + (first + r) * tile->stride),
                            _mm256_add_epi32(ordered, start));
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
    moe_multiply_even(tile, MAX_ROWS, kernels);
}

static uint64_t multiply_registers(size_t rounds) {
    enum { SUMS = 12 };
    __m256i sums[SUMS], w = _mm256_set1_epi16(3), x = _mm256_set1_epi16(-5);
    UNROLL for (int i = 0; i < SUMS; i++) sums[i] = _mm256_set1_epi32(i);
    for (size_t round = 0; round < rounds; round++) {
        UNROLL for (int i = 0; i < SUMS; i++) {
            __asm__ volatile("" : "+x"(w));
            sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(w, x));
            __asm__ volatile("" : "+x"(sums[i]));
        }
    }
    return (uint64_t)rounds * SUMS * 16;
}

const moe_gemm_s8 moe_gemm_s8__avx2 = {
    .isa = MOE_ISA_AVX2, .rows = MAX_ROWS, .columns = PANEL, .lanes = PANEL, .group = 4,
    .offset = 0, .pack = pack, .multiply = multiply,
    .multiply_registers = multiply_registers,
};

#pragma clang attribute pop
#endif
