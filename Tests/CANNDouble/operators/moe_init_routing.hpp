// MoeInitRoutingV3: rows sorted by expert, counted, and quantised if asked for.
#pragma once

#include "../plan.hpp"

namespace cann_double {

struct RoutingAttributes {
    int64_t active_num, expert_capacity, expert_num, drop_pad_mode, expert_tokens_num_type;
    bool expert_tokens_num_flag;
    int64_t quant_mode;
    std::vector<int64_t> range;
    int64_t row_idx_type;
};

struct RoutingArguments {
    Argument x, expert_idx, scale, expanded_x, expanded_row_idx, counts, expanded_scale;
};

/// quantMode.
constexpr int64_t UNQUANTISED = -1, DYNAMIC = 1;

/// Refuses what some release for Atlas A2 and A3 does not take.
void check(const RoutingArguments &arguments, const RoutingAttributes &attributes);

} // namespace cann_double
