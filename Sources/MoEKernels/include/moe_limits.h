/* What a machine can do at most, for benchmarks to compare with. The multiplier's limit is each
 * GEMM kernel's own: multiply_registers of moe_gemm.h. */
#ifndef MOE_LIMITS_H
#define MOE_LIMITS_H

#include <stddef.h>
#include <stdint.h>

/* Reads memory from end to end, as a row reads its weights; returns the xor of its words. A rest
 * of less than 256 bytes is left out. */
uint64_t moe_read_memory(const void *memory, size_t bytes);

/* Adds one to one register, again and again: a cycle each on every processor. */
void moe_count_cycles(size_t cycles);

#endif
