// Rows by group, as a list of counts or of ends says.
#pragma once

#include "../plan.hpp"

namespace cann_double {

/// The rows of one group.
struct Group {
    int64_t index, first, count;
};

/// The values of groupListType.
constexpr int64_t ENDS = 0, COUNTS = 1, INDEXED_COUNTS = 2;

/// The groups that a list of `type` describes, or a trap under the rule: on a device, a list that
/// reaches beyond the rows reads and writes out of bounds.
std::vector<Group> read_groups(Operand &list, int64_t type, int64_t rows, const char *rule);

} // namespace cann_double
