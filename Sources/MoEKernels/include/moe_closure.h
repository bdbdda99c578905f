/* A Swift closure (tile, worker) -> Void that lives on its caller's stack, as its two words.
 *
 * Swift lets a closure that does not escape be called by its callee only; to hand it to other
 * threads for the duration of the call, it would copy it to the heap first, at every call. Its two
 * words, the code and the captured values, are passed in Swift's own calling convention, which C
 * can speak. Whoever takes the words must be done with them before the Swift callee returns. */
#ifndef MOE_CLOSURE_H
#define MOE_CLOSURE_H

#include <stdint.h>

typedef struct {
    const void *code;
    const void *captured;
} moe_closure;

/* The words of a closure; declared in Swift with the closure as its one parameter. */
__attribute__((swiftcall)) moe_closure moe_closure_words(const void *code, const void *captured);

/* Calls a closure by its words. */
static inline void moe_closure_call(moe_closure closure, intptr_t tile, intptr_t worker) {
    typedef __attribute__((swiftcall)) void body(
        intptr_t, intptr_t, __attribute__((swift_context)) const void *);
    ((body *)(uintptr_t)closure.code)(tile, worker, closure.captured);
}

#endif
