#include "numbers.hpp"

#include <cmath>
#include <cstring>

namespace cann_double {

namespace {

uint32_t bits_of(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}

float float_of(uint32_t bits) {
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

} // namespace

float from_bf16(uint16_t bits) { return float_of(uint32_t{bits} << 16); }

uint16_t to_bf16(float value) {
    const uint32_t bits = bits_of(value);
    if (std::isnan(value))
        return static_cast<uint16_t>(bits >> 16 | 0x40);
    const uint32_t half = 0x7FFF + (bits >> 16 & 1);
    return static_cast<uint16_t>((bits + half) >> 16);
}

float from_f16(uint16_t bits) {
    const int exponent = bits >> 10 & 0x1F;
    const int fraction = bits & 0x3FF;
    float value;
    if (exponent == 0)
        value = std::ldexp(static_cast<float>(fraction), -24);
    else if (exponent == 31)
        value = fraction == 0 ? INFINITY : NAN;
    else
        value = std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
    return bits & 0x8000 ? -value : value;
}

uint16_t to_f16(float value) {
    const auto sign = static_cast<uint16_t>(bits_of(value) >> 16 & 0x8000);
    const float size = std::fabs(value);
    if (std::isnan(value))
        return sign | 0x7E00;
    // Half a step above the largest finite number rounds to infinity.
    if (size >= 65520.0f)
        return sign | 0x7C00;
    if (size == 0)
        return sign;
    int exponent;
    std::frexp(size, &exponent);
    // The step between neighbours: 2^-24 below 2^-14, else 2^-10 of the power of two below.
    const int step = exponent - 11 < -24 ? -24 : exponent - 11;
    const auto steps = static_cast<uint32_t>(std::nearbyint(std::ldexp(size, -step)));
    // The exponent field grows by itself when rounding carries over.
    const uint32_t field = step == -24 ? 0 : static_cast<uint32_t>(step + 24);
    return static_cast<uint16_t>(sign | ((field << 10) + steps));
}

} // namespace cann_double
