#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)

#include "moe_limits.h"

#include <immintrin.h>
#include <string.h>

#include "../portable/limits.inc"

/* vpmaddwd on values widened to 16 bits, 512 bits wide. Written as assembly, so that the product
 * is not taken out of the loop. */
static int32_t multiply(size_t iterations) {
    enum { REGISTERS = 12 };
    __m512i x = _mm512_set1_epi32(0x01020304), w = _mm512_set1_epi32(0x01010101), sum[REGISTERS];
    for (int i = 0; i < REGISTERS; i++)
        sum[i] = _mm512_set1_epi32(i);
    for (size_t n = 0; n < iterations; n++) {
        __asm__ volatile("" : "+v"(x), "+v"(w));
#pragma clang loop unroll(full)
        for (int i = 0; i < REGISTERS; i++) {
            __m512i product;
            __asm__ volatile("vpmaddwd %2, %1, %0" : "=v"(product) : "v"(x), "v"(w));
            sum[i] = _mm512_add_epi32(sum[i], product);
            /* Keeps the sums in registers and the steps apart. */
            __asm__ volatile("" : "+v"(sum[i]));
        }
    }
    for (int i = 1; i < REGISTERS; i++)
        sum[0] = _mm512_add_epi32(sum[0], sum[i]);
    int32_t lanes[sizeof sum[0] / 4];
    memcpy(lanes, &sum[0], sizeof lanes);
    return lanes[0];
}

const moe_limit_kernels moe_limit_kernels_avx512 = {read_bytes, multiply, count_cycles, 12 * 32};

#pragma clang attribute pop
#endif
