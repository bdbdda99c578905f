/* int8 GEMM with AVX-VNNI: the 256-bit form of vpdpbusd, for processors without AVX-512.
 *
 *     panel  [K/4][16][4] unsigned, weight + 128      16 columns = 2 registers a group of 4 k
 *     tile   6 rows x 16 columns = 12 sums, 2 weights, 1 broadcast of four activations
 *
 * As gemm_s8_avx512vnni.c, with the registers AVX2 has: fifteen of sixteen. */
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,avxvnni"))), apply_to = function)

#include "../include/moe_gemm.h"
#include <immintrin.h>

enum { MAX_ROWS = 6, STREAMING_ROWS = 3, LANES = 8, VECTORS = 2 };

#define PACK_FLIP 0x80u
#include "../portable/gemm_pack.inc"
#include "../portable/gemm_rows.inc"

#define VECTOR __m256i
#define LOAD_WEIGHTS(p) _mm256_load_si256((const __m256i *)(const void *)(p))
#define BROADCAST(x) _mm256_set1_epi32(x)
#define ADD_PRODUCTS(sum, w, x) _mm256_dpbusd_avx_epi32(sum, w, x)
#define STORE(p, sum) _mm256_storeu_si256((__m256i *)(void *)(p), sum)
#define REGISTER(sum) "+x"(sum)
#include "../portable/gemm_s8_quads.inc"

#define WIDTHS(R)                                                                                  \
    static void rows_##R(const moe_gemm_s8_tile *tile, size_t first, moe_fetch *fetch) {           \
        if (tile->columns == LANES) {                                                              \
            multiply_rows(R, 1, tile, first, fetch);                                               \
        } else {                                                                                   \
            multiply_rows(R, 2, tile, first, fetch);                                               \
        }                                                                                          \
    }
WIDTHS(1) WIDTHS(2) WIDTHS(3) WIDTHS(4) WIDTHS(5) WIDTHS(6)

static void multiply(const moe_gemm_s8_tile *tile) {
    static moe_rows_kernel *const kernels[MAX_ROWS] = {rows_1, rows_2, rows_3, rows_4, rows_5, rows_6};
    moe_multiply_even(tile, MAX_ROWS, STREAMING_ROWS, kernels);
}

const moe_gemm_s8 moe_gemm_s8__avxvnni = {
    .isa = MOE_ISA_AVXVNNI, .rows = MAX_ROWS, .columns = VECTORS * LANES, .lanes = LANES, .group = 4,
    .offset = 128, .pack = pack, .multiply = multiply,
    .multiply_registers = multiply_registers,
};

#pragma clang attribute pop
#endif
