#pragma once

#include <cstdint>
#include <vector>

namespace cann_double {

/// The positions of the k largest values, the largest first and the lower position first among
/// equals. NaN counts as less than everything.
std::vector<int64_t> top_k(const std::vector<float> &values, int64_t k);

/// exp(v - max) / sum, in float64.
std::vector<float> softmax(const std::vector<float> &values);

} // namespace cann_double
