// The sixteen-bit float types, rounded to nearest even.
#pragma once

#include <cstdint>

namespace cann_double {

float from_bf16(uint16_t bits);
float from_f16(uint16_t bits);
uint16_t to_bf16(float value);
uint16_t to_f16(float value);

} // namespace cann_double
