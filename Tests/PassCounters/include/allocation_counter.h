/* Counts what the process allocates, by standing in front of the C library's allocator. */
#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

/* Whether this build counts: on Linux with glibc, and not under a sanitizer, which has an
 * allocator of its own. */
bool allocation_counter_works(void);

/* How many blocks have been asked for since the process began. */
uint64_t allocation_count(void);

#endif
