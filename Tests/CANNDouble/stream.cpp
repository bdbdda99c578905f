#include "stream.hpp"

#include "call.hpp"
#include "context.hpp"
#include "functions.hpp"

#include <thread>

namespace cann_double {

namespace {

struct Schedule {
    Execution execution = Execution::at_synchronisation;
    std::chrono::milliseconds delay{0};
    std::vector<std::string> executed;
};

Schedule &schedule(int device) {
    static auto *all = new std::map<int, Schedule>;
    return (*all)[device];
}

bool touches(const std::vector<Range> &ranges, const Range &range) {
    for (const Range &one : ranges)
        if (one.overlaps(range))
            return true;
    return false;
}

bool touches(const std::vector<Range> &ranges, const std::vector<Range> &others) {
    for (const Range &other : others)
        if (touches(ranges, other))
            return true;
    return false;
}

/// Work of two streams on the same memory needs an event between them.
void look_for_races(const Stream &stream, const Task &task) {
    streams().each([&](const Stream &other) {
        if (&other == &stream || other.device != stream.device)
            return;
        const auto known = stream.seen.find(&other);
        for (const Task &earlier : other.pending) {
            if (known != stream.seen.end() && earlier.number <= known->second)
                continue;
            if (task.workspace.block && touches(earlier.writes, task.workspace) &&
                earlier.workspace.block == task.workspace.block)
                violation("P06", text(task.name, " and ", earlier.name,
                                      " share a workspace on two streams without an event"));
            else if (touches(earlier.writes, task.writes) || touches(earlier.reads, task.writes) ||
                     touches(earlier.writes, task.reads))
                violation("U01", text(task.name, " and ", earlier.name,
                                      " share memory on two streams without an event"));
        }
    });
}

bool all_alive(const Task &task) {
    for (const auto *ranges : {&task.reads, &task.writes})
        for (const Range &range : *ranges)
            if (!range.block->live)
                return false;
    return true;
}

void execute(Stream &stream, Task &task) {
    const Site site(task.name, stream.device);
    schedule(stream.device).executed.push_back(task.name);
    // Freeing was recorded when it happened; the memory is another's by now.
    if (!all_alive(task))
        return;
    try {
        task.run();
    } catch (const Failure &failure) {
        stream.fault = failure;
    }
}

void make_stream(void **place) {
    if (!place)
        refuse(INVALID_PARAM, "stream is NULL");
    auto made = std::make_unique<Stream>();
    made->device = current_device();
    made->context = current_context();
    *place = streams().add<void>(std::move(made));
}

void synchronise(Call &call, Stream &stream, std::optional<std::chrono::milliseconds> patience) {
    if (call.injected() != SUCCESS) {
        // What a broken device was to do is lost; after a timeout it is merely late.
        if (call.injected() != RT_STREAM_SYNC_TIMEOUT)
            stream.pending.clear();
        return;
    }
    const Schedule &plan = schedule(stream.device);
    if (plan.execution == Execution::later_elsewhere && !stream.pending.empty()) {
        if (patience && *patience < plan.delay)
            fail(RT_STREAM_SYNC_TIMEOUT, text("not done after ", patience->count(), " ms"));
        const auto delay = plan.delay;
        call.lock().unlock();
        std::thread([&] {
            std::this_thread::sleep_for(delay);
            const std::lock_guard<std::mutex> held(machine());
            drain(stream);
        }).join();
        call.lock().lock();
    } else {
        drain(stream);
    }
    if (stream.fault) {
        const Failure fault = *stream.fault;
        throw fault;
    }
}

} // namespace

Registry<Stream> &streams() {
    static auto *all = new Registry<Stream>("stream");
    return *all;
}

Stream &take_stream(void *handle) {
    Stream &stream = streams().take(handle, "R04", RT_INVALID_HANDLE);
    if (stream.context != current_context())
        misuse("R04", RT_STREAM_CONTEXT, "the stream belongs to another context");
    return stream;
}

void enqueue(Stream &stream, Task task) {
    look_for_races(stream, task);
    task.number = ++stream.issued;
    stream.pending.push_back(std::move(task));
    if (schedule(stream.device).execution == Execution::at_launch)
        drain(stream);
}

void drain(Stream &stream, uint64_t until) {
    while (!stream.pending.empty() && stream.pending.front().number <= until) {
        Task task = std::move(stream.pending.front());
        stream.pending.pop_front();
        stream.executed = task.number;
        if (!stream.fault)
            execute(stream, task);
    }
}

const Task *pending_user(const Range &range) {
    const Task *found = nullptr;
    streams().each([&](const Stream &stream) {
        for (const Task &task : stream.pending)
            if (!found && (touches(task.reads, range) || touches(task.writes, range)))
                found = &task;
    });
    return found;
}

const Task *pending_writer(const Range &range) {
    const Task *found = nullptr;
    streams().each([&](const Stream &stream) {
        for (const Task &task : stream.pending)
            if (!found && touches(task.writes, range))
                found = &task;
    });
    return found;
}

const std::vector<std::string> &executed(int device) { return schedule(device).executed; }

void set_execution(int device, Execution execution, std::chrono::milliseconds delay) {
    schedule(device).execution = execution;
    schedule(device).delay = delay;
}

Status aclrtCreateStream(void **stream) {
    return answer("aclrtCreateStream", Needs::context, [&] { make_stream(stream); });
}

Status aclrtCreateStreamWithConfig(void **stream, uint32_t, uint32_t flag) {
    return answer("aclrtCreateStreamWithConfig", Needs::context, [&] {
        if (flag > 3)
            refuse(INVALID_PARAM, text("flag ", flag));
        make_stream(stream);
    });
}

Status aclrtDestroyStream(void *handle) {
    return answer("aclrtDestroyStream", Needs::context, Injected::done, [&](Call &) {
        const Stream &stream = take_stream(handle);
        if (!stream.pending.empty())
            violation("R04", text("destroyed before ", stream.pending.front().name, " has run"));
        const Stream *gone = &stream;
        streams().each([&](Stream &other) { other.seen.erase(gone); });
        streams().remove(handle);
    });
}

Status aclrtSynchronizeStream(void *handle) {
    return answer("aclrtSynchronizeStream", Needs::context, Injected::done,
                  [&](Call &call) { synchronise(call, take_stream(handle), std::nullopt); });
}

Status aclrtSynchronizeStreamWithTimeout(void *handle, int32_t milliseconds) {
    return answer("aclrtSynchronizeStreamWithTimeout", Needs::context, Injected::done,
                  [&](Call &call) {
                      if (milliseconds < -1)
                          refuse(RT_PARAM_INVALID, text("timeout ", milliseconds));
                      std::optional<std::chrono::milliseconds> patience;
                      if (milliseconds >= 0)
                          patience = std::chrono::milliseconds(milliseconds);
                      synchronise(call, take_stream(handle), patience);
                  });
}

} // namespace cann_double
