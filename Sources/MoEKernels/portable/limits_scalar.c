#include "moe_limits.h"

#include "limits.inc"

/* What the compiler makes of widening multiply-adds with the architecture's baseline. */
static int32_t multiply(size_t iterations) {
    enum { LANES = 16 };
    int16_t x[LANES], w[LANES];
    int32_t sum[LANES] = {0};
    for (int i = 0; i < LANES; i++) {
        x[i] = (int16_t)(i + 1);
        w[i] = (int16_t)(i - 7);
    }
    for (size_t n = 0; n < iterations; n++) {
        __asm__ volatile("" : : "r"(x), "r"(w) : "memory");
        for (int i = 0; i < LANES; i++)
            sum[i] += (int32_t)x[i] * w[i];
    }
    int32_t total = 0;
    for (int i = 0; i < LANES; i++)
        total += sum[i];
    return total;
}

static const moe_limit_kernels scalar = {read_bytes, multiply, count_cycles, 16};

#if defined(__x86_64__)
extern const moe_limit_kernels moe_limit_kernels_avx2, moe_limit_kernels_avxvnni,
    moe_limit_kernels_avx512, moe_limit_kernels_avx512vnni;
#endif

const moe_limit_kernels *moe_limit_kernels_for(moe_isa isa) {
    switch (isa) {
#if defined(__x86_64__)
    case MOE_ISA_AVX2:
        return &moe_limit_kernels_avx2;
    case MOE_ISA_AVXVNNI:
        return &moe_limit_kernels_avxvnni;
    case MOE_ISA_AVX512:
        return &moe_limit_kernels_avx512;
    case MOE_ISA_AVX512VNNI:
        return &moe_limit_kernels_avx512vnni;
#endif
    default:
        return &scalar;
    }
}
