/* int8 GEMM with AVX-512 without VNNI: vpmaddwd adds two products of 16-bit integers to an int32, so bytes are
 * widened on the way; vpmaddubsw would saturate.
 *
 *     panel  [K/4][16][4] signed          16 columns: a group of 4 k widens to 2 registers
 *     tile   12 rows x 16 columns = 24 sums, 2 weights, 1 broadcast of four widened activations
 *
 * A register of sums holds two partial sums of eight columns; they are added once, at the end.
 * The rows' activations are widened block by block into memory that stays in the first cache. */
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)

#include "../include/moe_gemm.h"
#include <immintrin.h>

enum { MAX_ROWS = 12, STREAMING_ROWS = 1, PANEL = 16, BLOCK = 256 };

#define PACK_FLIP 0u
#include "../portable/gemm_pack.inc"
#include "../portable/gemm_rows.inc"

#define VECTOR __m512i
#define ZERO _mm512_setzero_si512()
#define WIDEN(p) _mm512_cvtepi8_epi16(_mm256_load_si256((const __m256i *)(const void *)(p)))
#define BROADCAST(four) _mm512_set1_epi64(four)
#define MULTIPLY(w, x) _mm512_madd_epi16(w, x)
#define ADD(a, b) _mm512_add_epi32(a, b)
#define REGISTER(v) "+v"(v)

/* Even partial sums of all columns plus the odd ones. */
static inline __attribute__((always_inline)) __m512i added_pairs(__m512i low, __m512i high) {
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    return _mm512_add_epi32(_mm512_permutex2var_epi32(low, even, high),
                            _mm512_permutex2var_epi32(low, odd, high));
}
#define STORE(p, low, high, start)                                                                 \
    _mm512_storeu_si512(p, _mm512_add_epi32(added_pairs(low, high), _mm512_set1_epi32(start)))
#include "gemm_s8_widened.inc"

#define ROWS(R)                                                                                    \
    static void rows_##R(const moe_gemm_s8_tile *tile, size_t first, moe_fetch *fetch) {           \
        multiply_rows(R, tile, first, fetch);                                                      \
    }
ROWS(1) ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6)
ROWS(7) ROWS(8) ROWS(9) ROWS(10) ROWS(11) ROWS(12)

static void multiply(const moe_gemm_s8_tile *tile) {
    static moe_rows_kernel *const kernels[MAX_ROWS] = {
        rows_1, rows_2, rows_3, rows_4, rows_5, rows_6, rows_7, rows_8, rows_9, rows_10, rows_11, rows_12};
    moe_multiply_even(tile, MAX_ROWS, STREAMING_ROWS, kernels);
}

const moe_gemm_s8 moe_gemm_s8__avx512 = {
    .isa = MOE_ISA_AVX512, .rows = MAX_ROWS, .columns = PANEL, .lanes = PANEL, .group = 4,
    .offset = 0, .pack = pack, .multiply = multiply,
    .multiply_registers = multiply_registers,
};

#pragma clang attribute pop
#endif
