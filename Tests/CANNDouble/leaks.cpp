#include "leaks.hpp"

#include "cann_double.h"
#include "context.hpp"
#include "event.hpp"
#include "executor.hpp"
#include "memory.hpp"
#include "stream.hpp"
#include "tensor.hpp"

namespace cann_double {

int64_t live(int device, int kind) {
    switch (kind) {
    case CANN_DOUBLE_TENSORS: return tensors().count(device);
    case CANN_DOUBLE_TENSOR_LISTS: return tensor_lists().count(device);
    case CANN_DOUBLE_INT_ARRAYS: return int_arrays().count(device);
    case CANN_DOUBLE_EXECUTORS: return executors().count(device);
    case CANN_DOUBLE_STREAMS: return streams().count(device);
    case CANN_DOUBLE_EVENTS: return events().count(device);
    case CANN_DOUBLE_CONTEXTS: return contexts().count(device);
    case CANN_DOUBLE_DEVICE_BLOCKS: return live_blocks(device, false);
    case CANN_DOUBLE_DEVICE_BYTES: return live_bytes(device);
    case CANN_DOUBLE_PINNED_BLOCKS: return live_blocks(device, true);
    default: return -1;
    }
}

void report_leaks(int device) {
    static const struct {
        const char *rule, *name;
        int kind;
        int64_t allowed;
    } kinds[] = {
        {"R11", "tensors", CANN_DOUBLE_TENSORS, 0},
        {"R11", "tensor lists", CANN_DOUBLE_TENSOR_LISTS, 0},
        {"R11", "int arrays", CANN_DOUBLE_INT_ARRAYS, 0},
        {"P03", "executors", CANN_DOUBLE_EXECUTORS, 0},
        {"R11", "streams", CANN_DOUBLE_STREAMS, 0},
        {"R11", "events", CANN_DOUBLE_EVENTS, 0},
        // The device's own goes with it.
        {"R11", "contexts", CANN_DOUBLE_CONTEXTS, 1},
        {"R11", "device blocks", CANN_DOUBLE_DEVICE_BLOCKS, 0},
        {"R11", "pinned blocks", CANN_DOUBLE_PINNED_BLOCKS, 0},
    };
    for (const auto &kind : kinds)
        if (const int64_t left = live(device, kind.kind) - kind.allowed; left > 0)
            violation(kind.rule, text(left, " ", kind.name, " left on device ", device));
}

void report_leaks_of_context(void *context) {
    streams().each([&](const Stream &stream) {
        if (stream.context == context)
            violation("R11", "a stream of the context is left");
    });
    events().each([&](const Event &event) {
        if (event.context == context)
            violation("R11", "an event of the context is left");
    });
}

} // namespace cann_double
