// A row of floats to int8 with one scale, as three operators do it, each in its own way.
#pragma once

#include "../launch.hpp"

namespace cann_double {

enum class Rounding { half_to_even, half_away_from_zero };

/// The scale of a row from its largest absolute value, and the divisor or factor of its elements.
struct RowScale {
    float scale;
    /// q = v / by or v * by.
    float by;
    bool divides;
};

/// The largest absolute value; NaN if there is one.
float largest(const std::vector<float> &row);

/// Writes a row. Where the scale is 0 or not finite the device's numbers are anybody's guess, so
/// that a pattern stands there which nobody may rely on.
void write_quantised(Operand &y, int64_t row, const std::vector<float> &values, RowScale scale,
                     Rounding rounding);

} // namespace cann_double
