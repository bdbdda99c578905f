#include "moe_isa.h"

bool moe_isa_available(moe_isa isa) {
    switch (isa) {
    case MOE_ISA_SCALAR:
        return true;
#if defined(__x86_64__)
    case MOE_ISA_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case MOE_ISA_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#endif
    default:
        return false;
    }
}

const char *moe_isa_name(moe_isa isa) {
    switch (isa) {
    case MOE_ISA_SCALAR:
        return "scalar";
    case MOE_ISA_AVX2:
        return "avx2";
    case MOE_ISA_AVX512:
        return "avx512";
    default:
        return "unknown";
    }
}
