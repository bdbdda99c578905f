// The table of cann_double.h.
#include "cann_double.h"
#include "call.hpp"
#include "context.hpp"
#include "copies.hpp"
#include "executor.hpp"
#include "injection.hpp"
#include "leaks.hpp"
#include "messages.hpp"
#include "operators/row_order.hpp"
#include "stream.hpp"
#include "symbols.hpp"

#include <algorithm>
#include <cstring>

namespace cann_double {

namespace {

using Held = std::lock_guard<std::mutex>;

Kind kind_of(int32_t kind) {
    return kind == CANN_DOUBLE_VIOLATIONS ? Kind::violation : Kind::refusal;
}

size_t copy_text(const std::string &from, char *to, size_t capacity) {
    if (capacity > 0) {
        const size_t count = std::min(from.size(), capacity - 1);
        std::memcpy(to, from.data(), count);
        to[count] = '\0';
    }
    return from.size();
}

const cann_double_controls controls = {
    .journal_count =
        [](int32_t device, int32_t kind) {
            const Held held(machine());
            return journal_count(device, kind_of(kind));
        },
    .journal_text =
        [](int32_t device, int32_t kind, size_t index, char *to, size_t capacity) {
            const Held held(machine());
            return copy_text(journal_text(device, kind_of(kind), index), to, capacity);
        },
    .clear_journal =
        [](int32_t device) {
            const Held held(machine());
            clear_journal(device);
        },
    .abort_on_violation =
        [](bool whether) {
            const Held held(machine());
            abort_on_violation(whether);
        },
    .live =
        [](int32_t device, int32_t kind) {
            const Held held(machine());
            return live(device, kind);
        },
    .calls =
        [](int32_t device, const char *name) {
            const Held held(machine());
            return call_count(device, name);
        },
    .blocking_copies =
        [](int32_t device) {
            const Held held(machine());
            return blocking_copies(device);
        },
    .executed =
        [](int32_t device, char *to, size_t capacity) {
            const Held held(machine());
            std::string all;
            for (const std::string &name : executed(device))
                all += name + "\n";
            return copy_text(all, to, capacity);
        },
    .fail =
        [](int32_t device, const char *name, uint64_t nth, uint64_t times, int32_t status) {
            const Held held(machine());
            inject(device, name, nth, times, status);
        },
    .stop_failing =
        [](int32_t device) {
            const Held held(machine());
            stop_injecting(device);
        },
    .set_device_count =
        [](uint32_t count) {
            const Held held(machine());
            set_device_count(count);
        },
    .set_soc_name =
        [](const char *name) {
            const Held held(machine());
            set_soc_name(name);
        },
    .set_memory =
        [](int32_t device, uint64_t bytes) {
            const Held held(machine());
            device_state(device).memory = bytes;
        },
    .set_execution =
        [](int32_t device, int32_t execution, uint32_t milliseconds) {
            const Held held(machine());
            set_execution(device, static_cast<Execution>(execution),
                          std::chrono::milliseconds(milliseconds));
        },
    .set_message =
        [](int32_t message) {
            const Held held(machine());
            set_message(message);
        },
    .set_workspace =
        [](int32_t device, const char *name, uint64_t bytes, uint64_t growth) {
            const Held held(machine());
            set_workspace(device, name, bytes, growth);
        },
    .set_descending_rows =
        [](int32_t device, bool whether) {
            const Held held(machine());
            set_descending_rows(device, whether);
        },
    .peek =
        [](const void *address, size_t size, void *copy) {
            const Held held(machine());
            return peek(address, size, copy);
        },
    .symbol = [](size_t index) { return symbol_name(index); },
    .symbol_library = [](size_t index) { return symbol_library(index); },
};

} // namespace

const cann_double_controls *own_controls() { return &controls; }

} // namespace cann_double
