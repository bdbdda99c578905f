#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "system_call_counter.h"
#include "sanitized.h"

#include <stdatomic.h>
#include <unistd.h>

static atomic_ullong calls, parking_calls;
static atomic_int last_call = -1;

uint64_t system_call_count(void) { return atomic_load(&calls); }
uint64_t parking_call_count(void) { return atomic_load(&parking_calls); }
int last_system_call(void) { return atomic_load(&last_call); }
void make_system_call(void) { (void)getppid(); }

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__)) && !defined(SANITIZED)

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>

/* The one instruction whose calls pass the filter; the filter sees the address behind it. */
extern long made_call(long number, const unsigned long long arguments[6]);
extern const char behind_made_call[];

#if defined(__x86_64__)
__asm__(".text\n.hidden made_call\n.hidden behind_made_call\n"
        ".globl made_call\n.type made_call, @function\nmade_call:\n"
        "    movq %rdi, %rax\n    movq %rsi, %r11\n"
        "    movq (%r11), %rdi\n    movq 8(%r11), %rsi\n    movq 16(%r11), %rdx\n"
        "    movq 24(%r11), %r10\n    movq 32(%r11), %r8\n    movq 40(%r11), %r9\n"
        "    syscall\n"
        ".globl behind_made_call\nbehind_made_call:\n    ret\n"
        ".size made_call, . - made_call\n");
#else
__asm__(".text\n.hidden made_call\n.hidden behind_made_call\n"
        ".globl made_call\n.type made_call, @function\nmade_call:\n"
        "    mov x8, x0\n    mov x9, x1\n"
        "    ldp x0, x1, [x9]\n    ldp x2, x3, [x9, #16]\n    ldp x4, x5, [x9, #32]\n"
        "    svc #0\n"
        ".globl behind_made_call\nbehind_made_call:\n    ret\n"
        ".size made_call, . - made_call\n");
#endif

static atomic_bool counts_clocks = true;

static void count_call(long number) {
    if (number == SYS_futex || number == SYS_sched_yield) {
        atomic_fetch_add(&parking_calls, 1);
    } else if (number != SYS_clock_gettime || atomic_load(&counts_clocks)) {
        atomic_fetch_add(&calls, 1);
        atomic_store(&last_call, (int)number);
    }
}

static void handle(int signal, siginfo_t *info, void *context) {
    (void)signal;
    mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;
    count_call(info->si_syscall);
#if defined(__x86_64__)
    greg_t *r = machine->gregs;
    const unsigned long long arguments[6] = {
        (unsigned long long)r[REG_RDI], (unsigned long long)r[REG_RSI],
        (unsigned long long)r[REG_RDX], (unsigned long long)r[REG_R10],
        (unsigned long long)r[REG_R8],  (unsigned long long)r[REG_R9]};
    r[REG_RAX] = made_call(info->si_syscall, arguments);
#else
    machine->regs[0] = (unsigned long long)made_call(info->si_syscall, machine->regs);
#endif
}

bool system_call_counter_works(void) {
    const uint32_t action = SECCOMP_RET_TRAP;
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (field))
#define UNLESS(value, skipped) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skipped))
#define LET(number) UNLESS(number, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static bool install_filter(void) {
    const uint64_t address = (uint64_t)(uintptr_t)behind_made_call;
    const uint32_t pointer = offsetof(struct seccomp_data, instruction_pointer);
    struct sock_filter steps[] = {
        LOAD(pointer), UNLESS((uint32_t)address, 3),
        LOAD(pointer + 4), LET((uint32_t)(address >> 32)),
        LOAD(offsetof(struct seccomp_data, nr)),
        LET(SYS_rt_sigreturn), LET(SYS_rt_sigprocmask), LET(SYS_clone), LET(SYS_clone3),
#if defined(SYS_fork)
        LET(SYS_fork), LET(SYS_vfork),
#endif
        LET(SYS_execve), LET(SYS_exit), LET(SYS_exit_group), LET(SYS_set_robust_list),
#if defined(SYS_rseq)
        LET(SYS_rseq),
#endif
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
    };
    const struct sock_fprog program = {sizeof steps / sizeof *steps, steps};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

bool begin_counting_system_calls(void) {
    static _Thread_local bool begun;
    if (begun) return true;
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_NODEFER};
    if (sigaction(SIGSYS, &action, 0) != 0 || !install_filter()) return false;
    /* Where reading a clock is a call, it is the machine's and not the program's. */
    const uint64_t before = system_call_count();
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (system_call_count() != before) atomic_store(&counts_clocks, false);
    return begun = true;
}

#else

bool system_call_counter_works(void) { return false; }
bool begin_counting_system_calls(void) { return false; }

#endif
