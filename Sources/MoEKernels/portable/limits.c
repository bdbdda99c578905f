#include "moe_limits.h"

typedef uint64_t words __attribute__((vector_size(64)));
typedef uint64_t unaligned_words __attribute__((vector_size(64), aligned(1)));

/* Four independent registers of 64 bytes, whatever the processor makes of them: memory is slower
 * than any of its loads. */
uint64_t moe_read_memory(const void *memory, size_t bytes) {
    const uint8_t *at = memory;
    words a = {0}, b = {0}, c = {0}, d = {0};
    for (size_t i = 0; i + 256 <= bytes; i += 256) {
        a ^= *(const unaligned_words *)(at + i);
        b ^= *(const unaligned_words *)(at + i + 64);
        c ^= *(const unaligned_words *)(at + i + 128);
        d ^= *(const unaligned_words *)(at + i + 192);
    }
    a ^= b ^ c ^ d;
    uint64_t sum = 0;
    for (int i = 0; i < 8; i++) sum ^= a[i];
    return sum;
}

void moe_count_cycles(size_t cycles) {
    size_t sum = 0;
    for (size_t i = 0; i < cycles; i += 8) {
#if defined(__x86_64__)
        __asm__ volatile("add $1, %0\n\tadd $1, %0\n\tadd $1, %0\n\tadd $1, %0\n\t"
                         "add $1, %0\n\tadd $1, %0\n\tadd $1, %0\n\tadd $1, %0"
                         : "+r"(sum));
#elif defined(__aarch64__)
        __asm__ volatile("add %0, %0, #1\n\tadd %0, %0, #1\n\tadd %0, %0, #1\n\t"
                         "add %0, %0, #1\n\tadd %0, %0, #1\n\tadd %0, %0, #1\n\t"
                         "add %0, %0, #1\n\tadd %0, %0, #1"
                         : "+r"(sum));
#endif
    }
}
