// Streams: what is launched waits here until somebody synchronises.
#pragma once

#include "memory.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <optional>

namespace cann_double {

struct Stream;

/// One piece of work on a stream.
struct Task {
    std::string name;
    std::vector<Range> reads;
    std::vector<Range> writes;
    /// The part of `writes` that is a workspace.
    Range workspace;
    /// Does the work; throws Failure as a device would fault.
    std::function<void()> run;
    /// Position on the stream, from 1.
    uint64_t number = 0;
};

struct Stream {
    int device;
    void *context;
    std::deque<Task> pending;
    uint64_t issued = 0;
    uint64_t executed = 0;
    /// How far work of other streams is known to have run before what is launched here next.
    std::map<const Stream *, uint64_t> seen;
    /// What the next synchronisation returns.
    std::optional<Failure> fault;
};

/// When launched work runs.
enum class Execution {
    /// At the synchronisation, as late as possible.
    at_synchronisation,
    /// Within the launch.
    at_launch,
    /// At the synchronisation, after a delay and on another thread.
    later_elsewhere,
};

Registry<Stream> &streams();

/// The stream of the current context, or the end of the call.
Stream &take_stream(void *handle);
/// Puts work on a stream, with a look at what other streams have not done yet.
void enqueue(Stream &stream, Task task);
/// Runs what is on the stream, up to a task's number.
void drain(Stream &stream, uint64_t until = UINT64_MAX);

/// A task that has not run and reads or writes the piece of memory.
const Task *pending_user(const Range &range);
/// A task that has not run and writes the piece of memory.
const Task *pending_writer(const Range &range);

/// Names of the kernels and copies that ran on a device, in order.
const std::vector<std::string> &executed(int device);
void set_execution(int device, Execution execution, std::chrono::milliseconds delay);

} // namespace cann_double
