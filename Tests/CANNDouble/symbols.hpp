// The library's symbols.
#pragma once

#include <cstddef>
#include <cstdint>

struct cann_double_controls;

namespace cann_double {

/// The names of CANN's symbols that the double has, NULL behind the last, and where they belong.
const char *symbol_name(size_t index);
int32_t symbol_library(size_t index);

const cann_double_controls *own_controls();

} // namespace cann_double
