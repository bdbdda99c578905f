// Events: marks on a stream that another stream, or the host, waits for.
#pragma once

#include "stream.hpp"

namespace cann_double {

struct Event {
    int device;
    void *context;
    uint32_t flags;
    /// Where it was recorded last.
    void *stream = nullptr;
    uint64_t number = 0;
    std::map<const Stream *, uint64_t> seen = {};
    std::optional<std::chrono::steady_clock::time_point> time = std::nullopt;
};

Registry<Event> &events();

} // namespace cann_double
