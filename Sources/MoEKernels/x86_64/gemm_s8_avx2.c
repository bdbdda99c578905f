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

#define VECTOR __m256i
#define ZERO _mm256_setzero_si256()
#define WIDEN(p) _mm256_cvtepi8_epi16(_mm_load_si128((const __m128i *)(const void *)(p)))
#define BROADCAST(four) _mm256_set1_epi64x(four)
#define MULTIPLY(w, x) _mm256_madd_epi16(w, x)
#define ADD(a, b) _mm256_add_epi32(a, b)
#define REGISTER(v) "+x"(v)

/* Columns 0 1 4 5 | 2 3 6 7 come out of the horizontal sum, two halves at a time. */
#define STORE(p, low, high, start)                                                                 \
    _mm256_storeu_si256(                                                                           \
        (__m256i *)(void *)(p),                                                                    \
        _mm256_add_epi32(_mm256_permute4x64_epi64(_mm256_hadd_epi32(low, high), 0xD8),             \
                         _mm256_set1_epi32(start)))
#include "gemm_s8_widened.inc"

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

const moe_gemm_s8 moe_gemm_s8__avx2 = {
    .isa = MOE_ISA_AVX2, .rows = MAX_ROWS, .columns = PANEL, .lanes = PANEL, .group = 4,
    .offset = 0, .pack = pack, .multiply = multiply,
    .multiply_registers = multiply_registers,
};

#pragma clang attribute pop
#endif
