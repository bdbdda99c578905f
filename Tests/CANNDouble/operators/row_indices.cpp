#include "row_indices.hpp"

namespace cann_double {

std::vector<int64_t> read_row_indices(Operand &indices, int64_t rows) {
    std::vector<int64_t> result;
    std::vector<bool> taken(static_cast<size_t>(rows), false);
    for (int64_t i = 0; i < indices.count(); i++) {
        const int64_t row = indices.whole(static_cast<size_t>(i));
        if (row < 0 || row >= rows)
            trap("C01", text("entry ", i, " is row ", row, " of ", rows));
        if (taken[static_cast<size_t>(row)])
            trap("C01", text("entry ", i, " is row ", row, ", which another entry is too"));
        taken[static_cast<size_t>(row)] = true;
        result.push_back(row);
    }
    return result;
}

} // namespace cann_double
