/* Counts the system calls of threads, and carries them out.
 *
 * A seccomp filter sends every call to a signal handler, which counts it and makes it in the
 * thread's stead; calls from the handler's own instruction pass the filter. A thread that has begun
 * to count cannot stop, so this is for a process of its own. It takes no privileges. */
#ifndef SYSTEM_CALL_COUNTER_H
#define SYSTEM_CALL_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the system has such filters: Linux on x86-64 or aarch64, and not under a sanitizer, whose
 * threads call the system themselves. */
bool system_call_counter_works(void);

/* Begins to count on this thread; false if the system does not let it.
 *
 * What a signal handler cannot do in the thread's stead is not counted: beginning and ending
 * threads and processes, and the mask of signals. */
bool begin_counting_system_calls(void);

/* How many calls the counted threads have made, but those that park or wake a thread, and those that read a clock
 * that the kernel does not keep in user space. */
uint64_t system_call_count(void);

/* How many calls parked, woke or yielded: futex and sched_yield. */
uint64_t parking_call_count(void);

/* The number of the most recent call that `system_call_count` counts; -1 for none. */
int last_system_call(void);

/* Makes a system call of no consequence: what the counter is to see. */
void make_system_call(void);

#endif
