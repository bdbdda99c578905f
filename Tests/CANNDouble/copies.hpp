#pragma once

#include <cstdint>

namespace cann_double {

/// How many copies on a stream waited for it, because their memory on the host is pageable.
uint64_t blocking_copies(int device);

} // namespace cann_double
