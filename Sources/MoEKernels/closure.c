#include "moe_closure.h"

__attribute__((swiftcall)) moe_closure moe_closure_words(const void *code, const void *captured) {
    return (moe_closure){code, captured};
}
