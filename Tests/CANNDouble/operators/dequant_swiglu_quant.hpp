// DequantSwigluQuant, as Atlas A2 and A3 take it with a group index.
#pragma once

#include "../plan.hpp"

namespace cann_double {

struct SwigluAttributes {
    bool activate_left = false;
    std::string quant_mode;
    int64_t dst_type = 2;
    std::string round_mode = "rint";
    int64_t activate_dim = -1;
    int64_t swiglu_mode = 0;
    double clamp_limit = 7.0, glu_alpha = 1.702, glu_bias = 1.0;
};

struct SwigluArguments {
    Argument x, weight_scale, activation_scale, bias, quant_scale, quant_offset, groups, y, scale;
    int64_t rows() const { return x.dim(0); }
    int64_t columns() const { return x.dim(1); }
};

/// Refuses what Atlas A2 and A3 do not take.
void check(const SwigluArguments &arguments, const SwigluAttributes &attributes);

/// The widest last dimension of x that fits the unified buffer.
int64_t widest_row(bool bias, int64_t swiglu_mode, bool dynamic);

} // namespace cann_double
