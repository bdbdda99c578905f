#include "event.hpp"

#include "call.hpp"
#include "context.hpp"
#include "functions.hpp"

namespace cann_double {

namespace {

Event &take_event(void *handle) {
    Event &event = events().take(handle, "R04", RT_INVALID_HANDLE);
    if (event.context != current_context())
        misuse("R04", RT_STREAM_CONTEXT, "the event belongs to another context");
    return event;
}

Event &take_recorded(void *handle) {
    Event &event = take_event(handle);
    if (!event.stream)
        misuse("R04", RT_PARAM_INVALID, "the event was never recorded");
    return event;
}

void make_event(void **place, uint32_t flags) {
    if (!place)
        refuse(INVALID_PARAM, "event is NULL");
    auto made = std::make_unique<Event>(Event{current_device(), current_context(), flags});
    *place = events().add<void>(std::move(made));
}

/// Runs everything before the mark.
void reach(const Event &event) {
    if (Stream *stream = streams().find(event.stream))
        drain(*stream, event.number);
}

} // namespace

Registry<Event> &events() {
    static auto *all = new Registry<Event>("event");
    return *all;
}

Status aclrtCreateEvent(void **event) {
    return answer("aclrtCreateEvent", Needs::context,
                  [&] { make_event(event, EVENT_SYNC | EVENT_TIME_LINE); });
}

Status aclrtCreateEventExWithFlag(void **event, uint32_t flag) {
    return answer("aclrtCreateEventExWithFlag", Needs::context, [&] {
        if (flag == 0 || (flag & ~0x2Bu) != 0)
            refuse(INVALID_PARAM, text("flag ", flag));
        make_event(event, flag);
    });
}

Status aclrtDestroyEvent(void *handle) {
    return answer("aclrtDestroyEvent", Needs::context, Injected::done, [&](Call &) {
        take_event(handle);
        events().remove(handle);
    });
}

Status aclrtRecordEvent(void *handle, void *stream_handle) {
    return answer("aclrtRecordEvent", Needs::context, [&] {
        Event &event = take_event(handle);
        Stream &stream = take_stream(stream_handle);
        event.stream = stream_handle;
        event.number = stream.issued + 1;
        event.seen = stream.seen;
        event.seen[&stream] = event.number;
        event.time.reset();
        Task task;
        task.name = "event";
        task.run = [handle, number = event.number] {
            Event *event = events().find(handle);
            if (event && event->number == number)
                event->time = std::chrono::steady_clock::now();
        };
        enqueue(stream, std::move(task));
    });
}

Status aclrtStreamWaitEvent(void *stream_handle, void *handle) {
    return answer("aclrtStreamWaitEvent", Needs::context, [&] {
        Stream &stream = take_stream(stream_handle);
        const Event event = take_recorded(handle);
        for (const auto &[other, number] : event.seen)
            if (other != &stream)
                stream.seen[other] = std::max(stream.seen[other], number);
        Task task;
        task.name = "wait for an event";
        task.run = [event] { reach(event); };
        enqueue(stream, std::move(task));
    });
}

Status aclrtSynchronizeEvent(void *handle) {
    return answer("aclrtSynchronizeEvent", Needs::context, [&] { reach(take_recorded(handle)); });
}

Status aclrtQueryEventStatus(void *handle, int32_t *status) {
    return answer("aclrtQueryEventStatus", Needs::context, [&] {
        if (!status)
            refuse(INVALID_PARAM, "status is NULL");
        *status = take_recorded(handle).time.has_value();
    });
}

Status aclrtEventElapsedTime(float *milliseconds, void *start, void *end) {
    return answer("aclrtEventElapsedTime", Needs::context, [&] {
        const Event &first = take_recorded(start), &last = take_recorded(end);
        if (!milliseconds)
            refuse(INVALID_PARAM, "ms is NULL");
        if (!(first.flags & EVENT_TIME_LINE) || !(last.flags & EVENT_TIME_LINE))
            refuse(RT_PARAM_INVALID, "an event without TIME_LINE");
        if (!first.time || !last.time)
            misuse("R08", RT_PARAM_INVALID, "read before the stream has reached both events");
        *milliseconds = std::chrono::duration<float, std::milli>(*last.time - *first.time).count();
    });
}

} // namespace cann_double
