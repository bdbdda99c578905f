/* Counts the locks that threads take, by standing in front of the C library's functions. */
#ifndef LOCK_COUNTER_H
#define LOCK_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

/* Whether this build counts: on Linux with glibc, and not under a sanitizer, which stands there
 * itself. */
bool lock_counter_works(void);

/* Begins to count on this thread. */
void begin_counting_locks(void);

/* How many mutexes, read-write locks, spin locks and semaphores the counted threads have taken, or
 * tried. */
uint64_t lock_count(void);

/* How many of them were not the lock that was taken just before: 0 where there is but one. */
uint64_t lock_change_count(void);

/* Takes no note of a change at the next lock. */
void forget_last_lock(void);

/* Takes a lock that nobody holds and gives it back: what the counter is to see. */
void take_lock(void);

#endif
