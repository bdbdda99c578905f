#pragma once

#include "../launch.hpp"

namespace cann_double {

/// Where the row of every token and slot is: each row once, or the kernel traps. Rows in the order
/// of their sources would be another thing of the same shape, and are told apart only by chance.
std::vector<int64_t> read_row_indices(Operand &indices, int64_t rows);

} // namespace cann_double
