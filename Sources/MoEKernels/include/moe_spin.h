/* What a thread executes while it waits for another one. */
#ifndef MOE_SPIN_H
#define MOE_SPIN_H

#if defined(__x86_64__) || defined(__i386__)
static inline void moe_spin_hint(void) { __builtin_ia32_pause(); }
#elif defined(__aarch64__)
static inline void moe_spin_hint(void) { __asm__ volatile("yield"); }
#else
static inline void moe_spin_hint(void) {}
#endif

#endif
