// Process, devices and contexts.
#pragma once

#include "registry.hpp"

#include <optional>

namespace cann_double {

struct Context {
    int device;
    bool primary;
};

/// A device that somebody has opened or a test has set up.
struct Device {
    uint64_t memory = uint64_t{2} << 30;
    uint64_t used = 0;
    int opened = 0;
    void *primary = nullptr;
};

Registry<Context> &contexts();
Device &device_state(int device);

/// The thread's current context, NULL without one.
void *current_context();
/// The device of the thread's current context, -1 without one.
int current_device();
void require_initialisation();
void require_context();

/// What a test sets up.
void set_device_count(uint32_t count);
void set_soc_name(const char *name);

} // namespace cann_double
