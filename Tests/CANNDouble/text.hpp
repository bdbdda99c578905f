// Sentences out of parts, for the journal and for aclGetRecentErrMsg.
#pragma once

#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

namespace cann_double {

/// Dimensions or strides as `[2, 3]`.
inline std::ostream &operator<<(std::ostream &out, const std::vector<int64_t> &values) {
    out << '[';
    for (size_t i = 0; i < values.size(); i++)
        out << (i == 0 ? "" : ", ") << values[i];
    return out << ']';
}

/// The parts, one behind the other.
template <class... Parts> std::string text(const Parts &...parts) {
    std::ostringstream out;
    (out << ... << parts);
    return out.str();
}

/// The name of an element type.
std::string type_name(int32_t type);

} // namespace cann_double
