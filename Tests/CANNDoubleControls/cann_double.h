/* What a test may ask of the CANN double, and tell it: `cann_double_get_controls`, the one symbol of
 * the library that CANN does not have. Devices: a number, or negative for all of them and for calls
 * of threads without one. */
#ifndef CANN_DOUBLE_H
#define CANN_DOUBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Objects that are counted while they live. */
enum {
    CANN_DOUBLE_TENSORS,
    CANN_DOUBLE_TENSOR_LISTS,
    CANN_DOUBLE_INT_ARRAYS,
    CANN_DOUBLE_EXECUTORS,
    CANN_DOUBLE_STREAMS,
    CANN_DOUBLE_EVENTS,
    CANN_DOUBLE_CONTEXTS,
    CANN_DOUBLE_DEVICE_BLOCKS,
    CANN_DOUBLE_DEVICE_BYTES,
    CANN_DOUBLE_PINNED_BLOCKS,
    CANN_DOUBLE_OBJECT_KINDS
};

/* What is written down about callers: violations of the protocol, which the real library answers
 * with a crash, wrong numbers or not at all, and arguments that it too would refuse. */
enum { CANN_DOUBLE_VIOLATIONS, CANN_DOUBLE_REFUSALS };

/* When launched work runs: at the synchronisation, within the launch, or at the synchronisation
 * after a delay and on another thread. */
enum {
    CANN_DOUBLE_AT_SYNCHRONISATION,
    CANN_DOUBLE_AT_LAUNCH,
    CANN_DOUBLE_LATER_ELSEWHERE
};

/* What aclGetRecentErrMsg returns after an error. */
enum {
    CANN_DOUBLE_MESSAGE,
    CANN_DOUBLE_NO_MESSAGE,
    CANN_DOUBLE_HUGE_MESSAGE,
    CANN_DOUBLE_BROKEN_MESSAGE
};

/* The library that a symbol belongs to. */
enum {
    CANN_DOUBLE_RUNTIME_LIBRARY,
    CANN_DOUBLE_META_LIBRARY,
    CANN_DOUBLE_MATH_OPERATORS,
    CANN_DOUBLE_NN_OPERATORS,
    CANN_DOUBLE_TRANSFORMER_OPERATORS
};

typedef struct cann_double_controls {
    /* The journal. Texts are copied with a NUL, cut at the capacity; their length is returned. */
    size_t (*journal_count)(int32_t device, int32_t kind);
    size_t (*journal_text)(int32_t device, int32_t kind, size_t index, char *text, size_t capacity);
    void (*clear_journal)(int32_t device);
    /* Prints a violation and aborts, instead of writing it down. */
    void (*abort_on_violation)(bool whether);

    /* Accounts: living objects, calls of a function (NULL: of all), copies on a stream that waited
     * for it because their host memory is pageable, and what ran, one name a line. */
    int64_t (*live)(int32_t device, int32_t kind);
    uint64_t (*calls)(int32_t device, const char *name);
    uint64_t (*blocking_copies)(int32_t device);
    size_t (*executed)(int32_t device, char *text, size_t capacity);

    /* Failures: `times` calls from the nth on, counted from now, of a function (NULL: of all) return
     * the status, or what the function usually fails with for 0. */
    void (*fail)(int32_t device, const char *name, uint64_t nth, uint64_t times, int32_t status);
    void (*stop_failing)(int32_t device);

    /* The machine. */
    void (*set_device_count)(uint32_t count);
    void (*set_soc_name)(const char *name_or_null);
    void (*set_memory)(int32_t device, uint64_t bytes);
    void (*set_execution)(int32_t device, int32_t execution, uint32_t milliseconds);
    void (*set_message)(int32_t message);
    /* Workspace that an operator (NULL: every one) asks for, growing with every first phase. */
    void (*set_workspace)(int32_t device, const char *name, uint64_t bytes, uint64_t growth);
    /* Whether MoeInitRoutingV3 lets rows of an expert descend, which is as legal as ascending. */
    void (*set_descending_rows)(int32_t device, bool whether);

    /* Copies device memory past every rule; false if the range is no block's. */
    bool (*peek)(const void *address, size_t size, void *copy);

    /* The symbols that the double has of CANN, and the library of each. NULL behind the last. */
    const char *(*symbol)(size_t index);
    int32_t (*symbol_library)(size_t index);
} cann_double_controls;

typedef const cann_double_controls *(*cann_double_get_controls_function)(void);

#endif
