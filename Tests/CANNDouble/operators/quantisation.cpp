#pragma clang fp contract(off)

#include "quantisation.hpp"

#include <cmath>

namespace cann_double {

float largest(const std::vector<float> &row) {
    float found = 0;
    for (const float value : row) {
        const float size = std::fabs(value);
        if (size > found || std::isnan(size))
            found = size;
        if (std::isnan(found))
            break;
    }
    return found;
}

void write_quantised(Operand &y, int64_t row, const std::vector<float> &values, RowScale scale,
                     Rounding rounding) {
    const bool defined = scale.scale != 0 && std::isfinite(scale.scale);
    for (size_t h = 0; h < values.size(); h++) {
        const size_t element = y.at(row, static_cast<int64_t>(h));
        if (!defined) {
            y.set_whole(element, h % 2 == 0 ? 0x55 : -0x2B);
            continue;
        }
        const float q = scale.divides ? values[h] / scale.by : values[h] * scale.by;
        const float whole = rounding == Rounding::half_to_even ? std::nearbyint(q) : std::round(q);
        y.set_whole(element, static_cast<int64_t>(std::fmax(-128.0f, std::fmin(127.0f, whole))));
    }
}

} // namespace cann_double
