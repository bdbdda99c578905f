#include "call.hpp"

#include "context.hpp"
#include "injection.hpp"

#include <cstring>
#include <map>

namespace cann_double {

namespace {

thread_local const char *current_call = "";
thread_local std::string message;

/// Counts by device and name.
std::map<std::pair<int, std::string>, uint64_t> &counts() {
    static auto *all = new std::map<std::pair<int, std::string>, uint64_t>;
    return *all;
}

} // namespace

std::mutex &machine() {
    static auto *lock = new std::mutex;
    return *lock;
}

const char *running_call() { return current_call; }
const char *recent_error() { return message.empty() ? nullptr : message.c_str(); }
void set_recent_error(std::string text) { message = std::move(text); }

Call::Call(const char *name) : held(machine()), name(name), outer(current_call) {
    current_call = name;
    message.clear();
}

Call::~Call() { current_call = outer; }

void Call::begin(Needs needs, Injected injected) {
    counts()[{current_device(), name}]++;
    if (needs != Needs::nothing)
        require_initialisation();
    if (needs == Needs::context)
        require_context();
    status = injected_status(name, current_device());
    if (injected == Injected::undone)
        end();
}

void Call::end() const {
    if (status != SUCCESS)
        fail(status, "a failure that was asked for");
}

Status Call::failed(const Failure &failure) const {
    // 161xxx, 361xxx and 561xxx come from operators.
    const bool from_operator = failure.status % 200000 / 1000 == 161;
    message = text(from_operator ? "EZ9999: " : "EE9999: ", failure.message);
    return failure.status;
}

uint64_t call_count(int device, const char *name) {
    uint64_t sum = 0;
    for (const auto &[key, count] : counts())
        if ((device < 0 || key.first == device) && (!name || key.second == name))
            sum += count;
    return sum;
}

} // namespace cann_double
