/* int8 GEMM with AVX2: vpmaddubsw where packing has found that it cannot saturate, vpmaddwd on
 * widened bytes where it could.
 *
 *     panel  up to 64 columns, sixteen at a time: gemm_pack_pairs.inc
 *     tile   4 rows x 16 columns = 8 sums, 4 weights, 2 broadcasts of four activations
 *
 * For 64 products of a pair of quads there are 5 instructions of multiplier and adders, 3 of them
 * the multiplier's; for those of two single quads 6 and 4, of two others 8 and 4. Activations are
 * made unsigned, in both orders of k, and widened if a block needs it, block by block into memory
 * that stays in the first cache; a wide panel makes that cheap. */
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

#include "../include/moe_gemm.h"
#include <immintrin.h>

#include "../portable/gemm_rows.inc"
#include "gemm_pack_pairs.inc"

enum { MAX_ROWS = 4, STREAMING_ROWS = 0, PANEL = 64 };

/* A block of K of the tile's rows. */
typedef struct {
    uint8_t flipped[ORDERS][MAX_ROWS][BLOCK] __attribute__((aligned(32))); /* a + 128 */
    int16_t wide[MAX_ROWS][BLOCK] __attribute__((aligned(32)));
} activations;

INLINE __m256i load(const void *p) { return _mm256_load_si256((const __m256i *)p); }

INLINE __m256i load_wide(const uint8_t *p) {
    return _mm256_cvtepi8_epi16(_mm_load_si128((const __m128i *)(const void *)p));
}

INLINE __m256i broadcast(const void *p) {
    int32_t four;
    __builtin_memcpy(&four, p, sizeof four);
    return _mm256_set1_epi32(four);
}

/* Zeros follow up to a whole quad: nothing past the row is read. */
INLINE void flip(const int8_t *from, size_t count, int row, activations *x) {
    size_t k = 0;
    for (; k + 32 <= count; k += 32) {
        const __m256i flipped =
            _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(const void *)(from + k)),
                             _mm256_set1_epi8(-128));
        UNROLL for (size_t order = 0; order < ORDERS; order++)
            _mm256_store_si256((__m256i *)(void *)(x->flipped[order][row] + k),
                               in_order(flipped, order));
    }
    if (k == count) return;
    uint8_t rest[32] __attribute__((aligned(32)));
    memset(rest, 0x80, sizeof rest);
    for (size_t i = 0; k + i < count; i++) rest[i] = (uint8_t)from[k + i] ^ 0x80u;
    UNROLL for (size_t order = 0; order < ORDERS; order++)
        _mm256_store_si256((__m256i *)(void *)(x->flipped[order][row] + k),
                           in_order(load(rest), order));
}

INLINE void widen(const int8_t *from, size_t count, int16_t *to) {
    size_t k = 0;
    for (; k + 16 <= count; k += 16)
        _mm256_store_si256(
            (__m256i *)(void *)(to + k),
            _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(from + k))));
    for (; k < count; k++) to[k] = from[k];
    for (; k % 4 != 0; k++) to[k] = 0;
}

typedef struct {
    size_t pairs[ORDERS], singles[ORDERS], others;
} quad_counts;

INLINE size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Bounded: a panel may come from a file, and nothing outside it may be read. */
INLINE quad_counts counts_of(const block_header *header, size_t quads) {
    quad_counts counts = {.others = quads};
    for (size_t order = 0; order < ORDERS; order++) {
        counts.pairs[order] = least(header->pairs[order], counts.others / 2);
        counts.others -= 2 * counts.pairs[order];
    }
    for (size_t order = 0; order < ORDERS; order++) {
        counts.singles[order] = least(header->singles[order], counts.others);
        counts.others -= counts.singles[order];
    }
    return counts;
}

/* Sums of four of 32 products, or of the 64 of two quads that packing has paired. */
INLINE __m256i sums_of_four(__m256i sums_of_two) {
    return _mm256_madd_epi16(sums_of_two, _mm256_set1_epi16(1));
}

INLINE __m256i pair_products(__m256i x0, __m256i w0, __m256i x1, __m256i w1) {
    return sums_of_four(
        _mm256_add_epi16(_mm256_maddubs_epi16(x0, w0), _mm256_maddubs_epi16(x1, w1)));
}

INLINE void add_pairs(const int rows, __m256i sums[MAX_ROWS][2], const uint8_t (*x)[BLOCK],
                      const uint8_t *quad, size_t count, const uint8_t *weights,
                      moe_fetch *fetch) {
    for (size_t i = 0; i < count; i++, weights += 2 * QUAD_BYTES) {
        moe_fetch_lines(fetch, 2);
        const size_t k0 = 4 * (size_t)quad[2 * i], k1 = 4 * (size_t)quad[2 * i + 1];
        UNROLL for (int r = 0; r < rows; r++) {
            const __m256i x0 = broadcast(x[r] + k0), x1 = broadcast(x[r] + k1);
            UNROLL for (int v = 0; v < 2; v++)
                sums[r][v] = _mm256_add_epi32(
                    sums[r][v], pair_products(x0, load(weights + 32 * v), x1,
                                              load(weights + QUAD_BYTES + 32 * v)));
        }
    }
}

INLINE void add_singles(const int rows, __m256i sums[MAX_ROWS][2], const uint8_t (*x)[BLOCK],
                        const uint8_t *quad, size_t count, const uint8_t *weights,
                        moe_fetch *fetch) {
    for (size_t i = 0; i < count; i++, weights += QUAD_BYTES) {
        moe_fetch_lines(fetch, 1);
        const size_t k = 4 * (size_t)quad[i];
        UNROLL for (int r = 0; r < rows; r++) {
            const __m256i four = broadcast(x[r] + k);
            UNROLL for (int v = 0; v < 2; v++)
                sums[r][v] = _mm256_add_epi32(
                    sums[r][v], sums_of_four(_mm256_maddubs_epi16(four, load(weights + 32 * v))));
        }
    }
}

INLINE void add_others(const int rows, __m256i sums[MAX_ROWS][2], const activations *x,
                       const uint8_t *quad, size_t count, const uint8_t *weights,
                       moe_fetch *fetch) {
    for (size_t i = 0; i < count; i++, weights += QUAD_BYTES) {
        moe_fetch_lines(fetch, 1);
        const size_t k = 4 * (size_t)quad[i];
        __m256i w[2][2];
        UNROLL for (int v = 0; v < 2; v++) {
            UNROLL for (int half = 0; half < 2; half++)
                w[v][half] = load_wide(weights + 32 * v + 16 * half);
        }
        UNROLL for (int r = 0; r < rows; r++) {
            UNROLL for (int half = 0; half < 2; half++) {
                const __m256i two = broadcast(x->wide[r] + k + 2 * half);
                UNROLL for (int v = 0; v < 2; v++)
                    sums[r][v] =
                        _mm256_add_epi32(sums[r][v], _mm256_madd_epi16(w[v][half], two));
            }
        }
    }
}

INLINE void multiply_rows(const int rows, const moe_gemm_s8_tile *tile, size_t first,
                          moe_fetch *position) {
    moe_fetch fetch = *position;
    activations x;
    const uint8_t *panel = tile->panel;
    for (size_t k = 0; k < tile->depth; k += BLOCK) {
        const size_t count = tile->depth - k < BLOCK ? tile->depth - k : BLOCK;
        const size_t quads = (count + 3) / 4;
        int is_wide = 0;
        for (int r = 0; r < rows; r++) flip(tile->rows[first + r] + k, count, r, &x);
        for (size_t column = 0; column < tile->columns; column += LANES) {
            const block_header *header = (const block_header *)(const void *)panel;
            const quad_counts counts = counts_of(header, quads);
            if (counts.others && !is_wide) {
                for (int r = 0; r < rows; r++) widen(tile->rows[first + r] + k, count, x.wide[r]);
                is_wide = 1;
            }
            int32_t *out = tile->out + first * tile->stride + column;
            __m256i sums[MAX_ROWS][2];
            UNROLL for (int r = 0; r < rows; r++) {
                UNROLL for (int v = 0; v < 2; v++) {
                    const int32_t *products = out + r * tile->stride + 8 * v;
                    const __m256i before =
                        k == 0 ? _mm256_set1_epi32(tile->start[first + r])
                               : _mm256_loadu_si256((const __m256i *)(const void *)products);
                    sums[r][v] = _mm256_add_epi32(before, load(header->correction + 8 * v));
                }
            }
            const uint8_t *quad = header->quad, *weights = panel + sizeof *header;
            for (size_t order = 0; order < ORDERS; order++) {
                const size_t pairs = counts.pairs[order];
                add_pairs(rows, sums, x.flipped[order], quad, pairs, weights, &fetch);
                quad += 2 * pairs;
                weights += 2 * pairs * QUAD_BYTES;
            }
            for (size_t order = 0; order < ORDERS; order++) {
                const size_t singles = counts.singles[order];
                add_singles(rows, sums, x.flipped[order], quad, singles, weights, &fetch);
                quad += singles;
                weights += singles * QUAD_BYTES;
            }
            add_others(rows, sums, &x, quad, counts.others, weights, &fetch);
            panel = weights + counts.others * QUAD_BYTES;
            UNROLL for (int r = 0; r < rows; r++) {
                UNROLL for (int v = 0; v < 2; v++)
                    _mm256_storeu_si256((__m256i *)(void *)(out + r * tile->stride + 8 * v),
                                        sums[r][v]);
            }
        }
    }
    *position = fetch;
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

/* Pairs alone: the fastest that any weights can be multiplied. */
static uint64_t multiply_registers(size_t rounds) {
    enum { SUMS = 8 };
    __m256i sums[SUMS], w0 = _mm256_set1_epi8(3), w1 = w0, x = _mm256_set1_epi8(5);
    UNROLL for (int i = 0; i < SUMS; i++) sums[i] = _mm256_set1_epi32(i);
    for (size_t round = 0; round < rounds; round++) {
        UNROLL for (int i = 0; i < SUMS; i++) {
            __asm__ volatile("" : "+x"(w0), "+x"(w1)); /* new weights, for all that is known */
            sums[i] = _mm256_add_epi32(sums[i], pair_products(x, w0, x, w1));
            __asm__ volatile("" : "+x"(sums[i]));
        }
    }
    return (uint64_t)rounds * SUMS * 2 * 32;
}

const moe_gemm_s8 moe_gemm_s8__avx2 = {
    .isa = MOE_ISA_AVX2, .rows = MAX_ROWS, .columns = PANEL, .lanes = LANES, .group = 4,
    .offset = 0, .block = BLOCK, .header_bytes = sizeof(block_header),
    .pack = pack, .multiply = multiply,
    .multiply_registers = multiply_registers,
};

#pragma clang attribute pop
#endif
