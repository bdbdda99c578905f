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

enum { MAX_ROWS = 8, STREAMING_ROWS = 2, LANES = 16, VECTORS = 3 };

#define PACK_FLIP 0x80u
#include "../portable/gemm_pack.inc"
#include "../portable/gemm_rows.inc"

#define VECTOR __m512i
#define LOAD_WEIGHTS(p) _mm512_load_si512(p)
#define BROADCAST(x) _mm512_set1_epi32(x)
#define ADD_PRODUCTS(sum, w, x) _mm512_dpbusd_epi32(sum, w, x)
#define STORE(p, sum) _mm512_storeu_si512(p, sum)
#define REGISTER(sum) "+v"(sum)
#include "../portable/gemm_s8_quads.inc"

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
    static moe_rows_kernel *const kernels[MAX_ROWS] = {rows_1, rows_2, rows_3, rows_4, rows_5, rows_6, rows_7, rows_8};
    moe_multiply_even(tile, MAX_ROWS, STREAMING_ROWS, kernels);
}

const moe_gemm_s8 moe_gemm_s8__avx512vnni = {
    .isa = MOE_ISA_AVX512VNNI, .rows = MAX_ROWS, .columns = VECTORS * LANES, .lanes = LANES, .group = 4,
    .offset = 128, .pack = pack, .multiply = multiply,
    .multiply_registers = multiply_registers,
};

#pragma clang attribute pop
#endif
