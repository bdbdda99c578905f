#include "moe_init_routing.hpp"

namespace cann_double {

namespace {

/// What differs between releases is a violation: it would work here and fail there.
void want_agreed(bool condition, const std::string &message) {
    if (!condition)
        misuse("O03", TILING, message);
}

void check_attributes(const RoutingArguments &r, const RoutingAttributes &a) {
    const int64_t rows = r.expert_idx->count();
    want(a.expert_num >= 1 && a.expert_num <= 10240, INVALID, text("expertNum ", a.expert_num));
    want_agreed(a.active_num == rows, text("activeNum ", a.active_num, ", wanted ", rows));
    want_agreed(a.drop_pad_mode == 0, text("dropPadMode ", a.drop_pad_mode, ", wanted 0"));
    want_agreed(a.expert_tokens_num_type == 1,
                text("expertTokensNumType ", a.expert_tokens_num_type, ", wanted 1 (counts)"));
    want_agreed(a.expert_tokens_num_flag, "expertTokensNumFlag is false");
    want_agreed(a.quant_mode == UNQUANTISED || a.quant_mode == DYNAMIC,
                text("quantMode ", a.quant_mode, ", wanted -1 or 1"));
    want(a.expert_capacity == 0, INVALID, text("expertCapacity ", a.expert_capacity));
    want(a.row_idx_type == 0 || a.row_idx_type == 1, INVALID,
         text("rowIdxType ", a.row_idx_type));
    want(a.range.size() == 2 && a.range[0] >= 0 && a.range[0] < a.range[1] &&
             a.range[1] <= a.expert_num,
         INVALID, text("activeExpertRange ", a.range, " of ", a.expert_num, " experts"));
}

void check_scale(const RoutingArguments &r, const RoutingAttributes &a) {
    if (!r.scale)
        return;
    r.scale.want_type({FLOAT});
    r.scale.want_contiguous();
    if (a.quant_mode == UNQUANTISED)
        r.scale.want_dims({r.x.dim(0)});
    else
        r.scale.want_dims({a.range[1] - a.range[0], r.x.dim(1)});
}

} // namespace

void check(const RoutingArguments &r, const RoutingAttributes &a) {
    r.x.want_rank(2);
    r.x.want_contiguous();
    r.expert_idx.want_rank(2);
    r.expert_idx.want_type({INT32});
    r.expert_idx.want_contiguous();
    const int64_t tokens = r.x.dim(0), width = r.x.dim(1), rows = r.expert_idx->count();
    if (tokens == 0 || rows == 0)
        misuse("O06", TILING, "no tokens");
    want(r.expert_idx.dim(0) == tokens, INVALID,
         text("expertIdx: ", r.expert_idx->dims, ", x: ", r.x->dims));
    check_attributes(r, a);
    if (a.quant_mode == DYNAMIC) {
        r.x.want_type({FLOAT16, BF16, FLOAT});
        r.expanded_x.want_type({INT8});
    } else {
        r.x.want_type({FLOAT16, BF16, FLOAT, INT8});
        r.expanded_x.want_type({r.x->type});
    }
    check_scale(r, a);
    r.expanded_x.want_dims({rows, width});
    r.expanded_x.want_contiguous();
    r.expanded_row_idx.want_type({INT32});
    r.expanded_row_idx.want_dims({rows});
    r.expanded_row_idx.want_contiguous();
    r.counts.want_type({INT64});
    r.counts.want_dims({a.range[1] - a.range[0]});
    r.counts.want_contiguous();
    r.expanded_scale.want_type({FLOAT});
    r.expanded_scale.want_dims({rows});
    r.expanded_scale.want_contiguous();
}

} // namespace cann_double
