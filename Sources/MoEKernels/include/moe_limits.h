/* What a machine can do at most, for benchmarks to compare with: reading memory, and exact int8
 * multiply-adds from registers. */
#ifndef MOE_LIMITS_H
#define MOE_LIMITS_H

#include "moe_isa.h"
#include <stddef.h>
#include <stdint.h>

typedef struct {
    /* Reads count bytes once, in order, and returns their xor by 8-byte words; a rest of less
     * than 256 bytes is left out. */
    uint64_t (*read)(const uint8_t *bytes, size_t count);

    /* Repeats the instruction set's fastest exact int8 multiply-add on independent registers. */
    int32_t (*multiply)(size_t iterations);

    /* Adds one to one register, again and again: a cycle each on every processor. */
    void (*count_cycles)(size_t cycles);

    /* How many multiply-adds one iteration of multiply does. */
    size_t multiply_adds;
} moe_limit_kernels;

/* The kernels of an instruction set, or of the widest one it contains that has its own. */
const moe_limit_kernels *moe_limit_kernels_for(moe_isa isa);

#endif
