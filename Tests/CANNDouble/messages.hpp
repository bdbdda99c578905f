#pragma once

#include <cstdint>

namespace cann_double {

/// What aclGetRecentErrMsg returns after an error, as cann_double.h says.
void set_message(int32_t message);

} // namespace cann_double
