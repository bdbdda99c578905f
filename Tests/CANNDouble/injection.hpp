// Failures that a test asks for.
#pragma once

#include "abi.hpp"

#include <cstdint>

namespace cann_double {

/// Lets `times` calls fail from the nth on, counted from now: calls of the function `name`, or of
/// every function for NULL, on a device, or anywhere when it is negative. Status 0 stands for what
/// the function returns most often when it fails.
void inject(int device, const char *name, uint64_t nth, uint64_t times, Status status);
void stop_injecting(int device);

/// The status that the call is to fail with, or SUCCESS; counts it.
Status injected_status(const char *name, int device);

} // namespace cann_double
