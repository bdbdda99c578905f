#pragma clang fp contract(off)

#include "moe_init_routing.hpp"

#include "../context.hpp"
#include "../functions.hpp"
#include "quantisation.hpp"
#include "row_order.hpp"

namespace cann_double {

namespace {

/// The sources of every row by expert: token t, slot j as t * k + j.
std::vector<std::vector<int64_t>> sort_by_expert(Operand &expert_idx, const RoutingAttributes &a,
                                                 bool descending) {
    std::vector<std::vector<int64_t>> sources(static_cast<size_t>(a.expert_num));
    for (int64_t i = 0; i < expert_idx.count(); i++) {
        const int64_t expert = expert_idx.whole(static_cast<size_t>(i));
        if (expert < 0 || expert >= a.expert_num)
            trap("O05", text("expertIdx: entry ", i, " is ", expert, ", there are ", a.expert_num));
        auto &list = sources[static_cast<size_t>(expert)];
        list.insert(descending ? list.begin() : list.end(), i);
    }
    return sources;
}

/// One row of the source, as int8 with its own scale or as it is.
void expand(Launch &launch, const RoutingArguments &r, const RoutingAttributes &a, int64_t row,
            int64_t token, int64_t expert) {
    Operand &x = launch[r.x], &out = launch[r.expanded_x], &scales = launch[r.expanded_scale];
    const size_t at = scales.at(row);
    if (a.quant_mode == UNQUANTISED) {
        for (int64_t d = 0; d < x.dim(1); d++)
            out.copy(out.at(row, d), x, x.at(token, d));
        if (r.scale)
            scales.copy(at, launch[r.scale], static_cast<size_t>(token));
        else
            scales.spoil(at, 1);
        return;
    }
    std::vector<float> v;
    for (int64_t d = 0; d < x.dim(1); d++) {
        v.push_back(x.number(x.at(token, d)));
        if (r.scale)
            v.back() = v.back() * launch[r.scale].number(launch[r.scale].at(expert, d));
    }
    const float s = largest(v) / 127.0f;
    write_quantised(out, row, v, {s, s, true}, Rounding::half_away_from_zero);
    scales.set(at, s);
}

void route(Launch &launch, const RoutingArguments &r, const RoutingAttributes &a, bool descending) {
    Operand &expert_idx = launch[r.expert_idx], &row_idx = launch[r.expanded_row_idx];
    Operand &counts = launch[r.counts], &out = launch[r.expanded_x];
    const int64_t rows = expert_idx.count(), slots = expert_idx.dim(1);
    const auto sources = sort_by_expert(expert_idx, a, descending);
    const bool gather = a.row_idx_type == 0;
    for (int64_t i = 0; i < rows; i++)
        row_idx.set_whole(static_cast<size_t>(i), -1);
    int64_t row = 0;
    for (int64_t expert = a.range[0]; expert < a.range[1]; expert++) {
        const auto &list = sources[static_cast<size_t>(expert)];
        counts.set_whole(counts.at(expert - a.range[0]), static_cast<int64_t>(list.size()));
        for (const int64_t source : list) {
            row_idx.set_whole(static_cast<size_t>(gather ? source : row), gather ? row : source);
            expand(launch, r, a, row++, source / slots, expert - a.range[0]);
        }
    }
    // Rows of experts outside the range have no place; what lies there is left to chance.
    out.spoil(out.at(row, 0), static_cast<size_t>((rows - row) * out.dim(1)));
    launch[r.expanded_scale].spoil(static_cast<size_t>(row), static_cast<size_t>(rows - row));
}

} // namespace

Status aclnnMoeInitRoutingV3GetWorkspaceSize(
    const aclTensor *x, const aclTensor *expert_idx, const aclTensor *scale,
    const aclTensor *offset, int64_t active_num, int64_t expert_capacity, int64_t expert_num,
    int64_t drop_pad_mode, int64_t expert_tokens_num_type, bool expert_tokens_num_flag,
    int64_t quant_mode, const aclIntArray *active_expert_range, int64_t row_idx_type,
    const aclTensor *expanded_x, const aclTensor *expanded_row_idx,
    const aclTensor *expert_tokens_count_or_cumsum, const aclTensor *expanded_scale,
    uint64_t *workspace_size, aclOpExecutor **executor) {
    return plan("aclnnMoeInitRoutingV3", workspace_size, executor, [&](Plan &plan) {
        RoutingArguments r;
        r.x = plan.in("x", x);
        r.expert_idx = plan.in("expertIdx", expert_idx);
        r.scale = plan.optional_in("scale", scale);
        plan.absent("offset", offset);
        if (!active_expert_range)
            misuse("O01", NULLPTR, "activeExpertRange is NULL, and read all the same");
        const RoutingAttributes a{active_num, expert_capacity, expert_num, drop_pad_mode,
                                  expert_tokens_num_type, expert_tokens_num_flag, quant_mode,
                                  plan.values("activeExpertRange", active_expert_range),
                                  row_idx_type};
        r.expanded_x = plan.out("expandedX", expanded_x);
        r.expanded_row_idx = plan.out("expandedRowIdx", expanded_row_idx);
        r.counts = plan.out("expertTokensCountOrCumsum", expert_tokens_count_or_cumsum);
        r.expanded_scale = plan.out("expandedScale", expanded_scale);
        check(r, a);
        plan.workspace(16 << 10);
        plan.kernel([r, a, descending = descending_rows(current_device())](Launch &launch) {
            route(launch, r, a, descending);
        });
    });
}

} // namespace cann_double
