// GroupedMatmul for int8 rows and int8 weights: y = (x . w + bias) * scale * perTokenScale.
#pragma once

#include "../plan.hpp"

namespace cann_double {

/// The attributes of all entry points; those that one lacks have the value that means nothing.
struct MatmulAttributes {
    int64_t split_item, group_type, group_list_type, act_type;
    std::vector<int64_t> tuning;
    int64_t quant_group_size;
    /// Whether the entry point takes the weight for FRACTAL_NZ, whatever the tensor says.
    bool fractal;
};

struct MatmulArguments {
    Argument x, weight, bias, scale, per_token, groups, out;
    int64_t rows() const { return x.dim(0); }
    int64_t inner() const { return x.dim(1); }
    int64_t experts() const { return weight.dim(0); }
    int64_t columns() const { return weight.dim(2); }
};

/// Refuses what Atlas A2 and A3 do not take.
void check(const MatmulArguments &arguments, const MatmulAttributes &attributes);

} // namespace cann_double
