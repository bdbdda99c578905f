/* int8 GEMM with the dot products of aarch64: sdot adds four products of signed bytes to an int32.
 *
 *     panel  [K/4][16][4] signed                      16 columns = 4 registers a group of 4 k
 *     tile   6 rows x 16 columns = 24 sums, 4 weights, 1 broadcast of four activations
 *
 * Signed with signed needs no correction; otherwise as gemm_s8_avx512vnni.c. */
#if defined(__aarch64__)
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

#include "../include/moe_gemm.h"
#include <arm_neon.h>

enum { MAX_ROWS = 6, STREAMING_ROWS = 3, LANES = 4, VECTORS = 4 };

#define PACK_FLIP 0u
#include "../portable/gemm_pack.inc"
#include "../portable/gemm_rows.inc"

#define VECTOR int32x4_t
#define LOAD_WEIGHTS(p) vreinterpretq_s32_u8(vld1q_u8(p))
#define BROADCAST(x) vdupq_n_s32(x)
#define ADD_PRODUCTS(sum, w, x) vdotq_s32(sum, vreinterpretq_s8_s32(w), vreinterpretq_s8_s32(x))
#define STORE(p, sum) vst1q_s32(p, sum)
#define REGISTER(sum) "+w"(sum)
#include "../portable/gemm_s8_quads.inc"

#define ROWS(R)                                                                                    \
    static void rows_##R(const moe_gemm_s8_tile *tile, size_t first, moe_fetch *fetch) {           \
        multiply_rows(R, VECTORS, tile, first, fetch);                                             \
    }
ROWS(1) ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6)

static void multiply(const moe_gemm_s8_tile *tile) {
    static moe_rows_kernel *const kernels[MAX_ROWS] = {rows_1, rows_2, rows_3, rows_4, rows_5, rows_6};
    moe_multiply_even(tile, MAX_ROWS, STREAMING_ROWS, kernels);
}

const moe_gemm_s8 moe_gemm_s8__dotprod = {
    .isa = MOE_ISA_DOTPROD, .rows = MAX_ROWS, .columns = VECTORS * LANES, .lanes = VECTORS * LANES, .group = 4,
    .offset = 0, .pack = pack, .multiply = multiply,
    .multiply_registers = multiply_registers,
};

#pragma clang attribute pop
#endif
