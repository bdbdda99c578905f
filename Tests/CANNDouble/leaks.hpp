// What lives, and what lives too long.
#pragma once

#include <cstdint>

namespace cann_double {

/// How many objects of a kind of cann_double.h live on a device, or on all and none if negative.
int64_t live(int device, int kind);

/// Records what is left when a device, or a context, goes.
void report_leaks(int device);
void report_leaks_of_context(void *context);

} // namespace cann_double
