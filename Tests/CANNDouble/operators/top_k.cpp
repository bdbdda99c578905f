#include "top_k.hpp"

#include <algorithm>
#include <cmath>

namespace cann_double {

std::vector<int64_t> top_k(const std::vector<float> &values, int64_t k) {
    std::vector<int64_t> order;
    for (size_t i = 0; i < values.size(); i++)
        order.push_back(static_cast<int64_t>(i));
    const auto key = [&](int64_t i) {
        const float value = values[static_cast<size_t>(i)];
        return std::isnan(value) ? -INFINITY : value;
    };
    std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
        return key(a) != key(b) ? key(a) > key(b) : a < b;
    });
    order.resize(static_cast<size_t>(k));
    return order;
}

std::vector<float> softmax(const std::vector<float> &values) {
    double top = -INFINITY, sum = 0;
    for (const float value : values)
        top = std::max(top, static_cast<double>(value));
    for (const float value : values)
        sum += std::exp(value - top);
    std::vector<float> result;
    for (const float value : values)
        result.push_back(static_cast<float>(std::exp(value - top) / sum));
    return result;
}

} // namespace cann_double
