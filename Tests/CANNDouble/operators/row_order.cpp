#include "row_order.hpp"

#include <set>

namespace cann_double {

namespace {

std::set<int> &devices() {
    static auto *all = new std::set<int>;
    return *all;
}

} // namespace

void set_descending_rows(int device, bool whether) {
    if (whether)
        devices().insert(device);
    else
        devices().erase(device);
}

bool descending_rows(int device) { return devices().count(device) + devices().count(-1) > 0; }

} // namespace cann_double
