#include "groups.hpp"

namespace cann_double {

std::vector<Group> read_groups(Operand &list, int64_t type, int64_t rows, const char *rule) {
    std::vector<Group> groups;
    int64_t first = 0;
    for (int64_t i = 0; i < list.dim(0); i++) {
        const bool indexed = type == INDEXED_COUNTS;
        const int64_t value = list.whole(indexed ? list.at(i, 1) : list.at(i));
        const int64_t count = type == ENDS ? value - first : value;
        if (count < 0)
            trap(rule, text("group ", i, " has ", count, " rows"));
        if (count > rows - first)
            trap(rule, text("groups 0 to ", i, " have ", first + count, " rows, there are ", rows));
        groups.push_back({indexed ? list.whole(list.at(i, 0)) : i, first, count});
        first += count;
    }
    return groups;
}

} // namespace cann_double
