/* pthread_*lock and sem_wait of the process: one more, then the C library's own. */
#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "lock_counter.h"
#include "sanitized.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

static _Thread_local bool counts;
static atomic_ullong count, changes;
static _Atomic(const volatile void *) last;
static pthread_mutex_t free_lock = PTHREAD_MUTEX_INITIALIZER;

void begin_counting_locks(void) { counts = true; }
uint64_t lock_count(void) { return atomic_load(&count); }
uint64_t lock_change_count(void) { return atomic_load(&changes); }
void forget_last_lock(void) { atomic_store(&last, NULL); }

void take_lock(void) {
    pthread_mutex_lock(&free_lock);
    pthread_mutex_unlock(&free_lock);
}

#if defined(__GLIBC__) && !defined(SANITIZED)

#include <dlfcn.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

bool lock_counter_works(void) { return true; }

/* dlsym takes locks of the loader's own, which do not come by here. */
static void *own(const char *name, _Atomic(void *) *kept) {
    void *function = atomic_load_explicit(kept, memory_order_relaxed);
    if (!function) {
        function = dlsym(RTLD_NEXT, name);
        if (!function) abort();
        atomic_store_explicit(kept, function, memory_order_relaxed);
    }
    return function;
}

static void one_more(const volatile void *lock) {
    if (!counts) return;
    atomic_fetch_add(&count, 1);
    const volatile void *before = atomic_exchange(&last, lock);
    if (before && before != lock) atomic_fetch_add(&changes, 1);
}

/* A function of the C library that takes a lock, counted; the second kind waits until a deadline. */
#define COUNTED(name, lock_type)                                                        \
    int name(lock_type *lock) {                                                         \
        static _Atomic(void *) kept;                                                    \
        one_more(lock);                                                                 \
        return ((int (*)(lock_type *))own(#name, &kept))(lock);                         \
    }

#define COUNTED_UNTIL(name, lock_type)                                                  \
    int name(lock_type *restrict lock, const struct timespec *restrict deadline) {      \
        static _Atomic(void *) kept;                                                    \
        one_more(lock);                                                                 \
        return ((int (*)(lock_type *, const struct timespec *))own(#name, &kept))(      \
            lock, deadline);                                                            \
    }

COUNTED(pthread_mutex_lock, pthread_mutex_t)
COUNTED(pthread_mutex_trylock, pthread_mutex_t)
COUNTED_UNTIL(pthread_mutex_timedlock, pthread_mutex_t)
COUNTED(pthread_rwlock_rdlock, pthread_rwlock_t)
COUNTED(pthread_rwlock_tryrdlock, pthread_rwlock_t)
COUNTED(pthread_rwlock_wrlock, pthread_rwlock_t)
COUNTED(pthread_rwlock_trywrlock, pthread_rwlock_t)
COUNTED(pthread_spin_lock, pthread_spinlock_t)
COUNTED(pthread_spin_trylock, pthread_spinlock_t)
COUNTED(sem_wait, sem_t)
COUNTED(sem_trywait, sem_t)
COUNTED_UNTIL(sem_timedwait, sem_t)

#else

bool lock_counter_works(void) { return false; }

#endif
