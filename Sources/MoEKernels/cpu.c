#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* syscall */
#endif
#include "moe_isa.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The processor has tiles of bytes, and Linux lets this process use their registers, which it
 * wants to be asked for: ARCH_REQ_XCOMP_PERM for XFEATURE_XTILE_DATA. */
static bool may_use_tiles(void) {
    enum { AMX_TILE = 1 << 24, AMX_INT8 = 1 << 25, REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };
    unsigned a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
    if (!(d & AMX_TILE) || !(d & AMX_INT8)) return false;
    return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}
#elif defined(__x86_64__)
static bool may_use_tiles(void) { return false; }
#endif

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#define HWCAP_DOT_PRODUCT (1ul << 20)
#define HWCAP2_BYTE_MATRICES (1ul << 13)
#elif defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>
static bool has(const char *feature) {
    int value = 0;
    size_t size = sizeof value;
    return sysctlbyname(feature, &value, &size, 0, 0) == 0 && value != 0;
}
#endif

bool moe_isa_available(moe_isa isa) {
    switch (isa) {
    case MOE_ISA_SCALAR:
        return true;
#if defined(__x86_64__)
    case MOE_ISA_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case MOE_ISA_AVXVNNI:
        return moe_isa_available(MOE_ISA_AVX2) && __builtin_cpu_supports("avxvnni");
    case MOE_ISA_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    case MOE_ISA_AVX512VNNI:
        return moe_isa_available(MOE_ISA_AVX512) && __builtin_cpu_supports("avx512vnni");
    case MOE_ISA_AMX:
        return moe_isa_available(MOE_ISA_AVX512VNNI) && may_use_tiles();
#elif defined(__aarch64__)
    case MOE_ISA_NEON:
        return true;
#if defined(__linux__)
    case MOE_ISA_DOTPROD:
        return (getauxval(AT_HWCAP) & HWCAP_DOT_PRODUCT) != 0;
    case MOE_ISA_I8MM:
        return moe_isa_available(MOE_ISA_DOTPROD) &&
               (getauxval(AT_HWCAP2) & HWCAP2_BYTE_MATRICES) != 0;
#elif defined(__APPLE__)
    case MOE_ISA_DOTPROD:
        return has("hw.optional.arm.FEAT_DotProd");
    case MOE_ISA_I8MM:
        return moe_isa_available(MOE_ISA_DOTPROD) && has("hw.optional.arm.FEAT_I8MM");
#endif
#endif
    default:
        return false;
    }
}

const char *moe_isa_name(moe_isa isa) {
    static const char *const names[MOE_ISA_COUNT] = {
        [MOE_ISA_SCALAR] = "scalar", [MOE_ISA_AVX2] = "avx2",
        [MOE_ISA_AVXVNNI] = "avxvnni", [MOE_ISA_AVX512] = "avx512",
        [MOE_ISA_AVX512VNNI] = "avx512vnni", [MOE_ISA_AMX] = "amx", [MOE_ISA_NEON] = "neon",
        [MOE_ISA_DOTPROD] = "dotprod", [MOE_ISA_I8MM] = "i8mm",
    };
    return (unsigned)isa < MOE_ISA_COUNT ? names[isa] : "unknown";
}

moe_isa moe_isa_base(moe_isa isa) {
    switch (isa) {
    case MOE_ISA_AVXVNNI:
    case MOE_ISA_AVX512:
        return MOE_ISA_AVX2;
    case MOE_ISA_AVX512VNNI:
        return MOE_ISA_AVX512;
    case MOE_ISA_AMX:
        return MOE_ISA_AVX512VNNI;
    case MOE_ISA_DOTPROD:
        return MOE_ISA_NEON;
    case MOE_ISA_I8MM:
        return MOE_ISA_DOTPROD;
    default:
        return MOE_ISA_SCALAR;
    }
}
