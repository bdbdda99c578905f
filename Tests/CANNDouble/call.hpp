// How every function begins and ends: one at a time, counted, with the thread's last error cleared,
// refused before aclInit or without a context, and failing where a test wants it to.
#pragma once

#include "journal.hpp"

#include <mutex>

namespace cann_double {

/// What must have happened in the process, or in the thread, before a call.
enum class Needs { nothing, initialisation, context };

/// What an injected failure leaves undone. Releasing is done all the same, as by a driver that
/// reports trouble on the way out; whoever tries again destroys twice.
enum class Injected { undone, done };

/// One call from its first line to its last.
class Call {
  public:
    explicit Call(const char *name);
    ~Call();
    Call(const Call &) = delete;

    void begin(Needs needs, Injected injected);
    /// Throws what was injected, for work that was to be done all the same.
    void end() const;
    Status failed(const Failure &failure) const;
    /// The status that a test has this call return, or SUCCESS.
    Status injected() const { return status; }
    /// Lets other threads call while this one waits.
    std::unique_lock<std::mutex> &lock() { return held; }

  private:
    std::unique_lock<std::mutex> held;
    const char *name;
    const char *outer;
    Status status = SUCCESS;
};

/// Does the work of a call that returns a status.
template <class Work>
Status answer(const char *name, Needs needs, Injected injected, Work work) {
    Call call(name);
    try {
        call.begin(needs, injected);
        work(call);
        call.end();
    } catch (const Failure &failure) {
        return call.failed(failure);
    }
    return SUCCESS;
}

template <class Work> Status answer(const char *name, Needs needs, Work work) {
    return answer(name, needs, Injected::undone, [&](Call &) { work(); });
}

/// Does the work of a call that returns a new object, or NULL.
template <class Object, class Work> Object *create(const char *name, Needs needs, Work work) {
    Object *made = nullptr;
    const Status status = answer(name, needs, [&] { made = work(); });
    return status == SUCCESS ? made : nullptr;
}

/// The lock under which everything happens.
std::mutex &machine();
/// The name of the call that this thread is in.
const char *running_call();

/// The last error of this thread, or NULL.
const char *recent_error();
void set_recent_error(std::string message);

/// How often a function was called on a device; any function for NULL, any device when negative.
uint64_t call_count(int device, const char *name);

} // namespace cann_double
