// MoeFinalizeRoutingV2: the weighted sum of every token's rows, and of up to two more tensors.
#pragma clang fp contract(off)

#include "../functions.hpp"
#include "../plan.hpp"
#include "row_indices.hpp"

namespace cann_double {

namespace {

struct Arguments {
    Argument x, row_idx, x1, x2, bias, scales, expert_idx, out;
};

/// dropPadMode of rows as MoeInitRoutingV2 and V3 give them, none dropped.
constexpr int64_t ROWS = 2;

void check(const Arguments &f, int64_t drop_pad_mode) {
    if (drop_pad_mode != ROWS)
        misuse("C03", INNER_NULLPTR, text("dropPadMode ", drop_pad_mode, ", wanted 2"));
    want(!f.x2 || bool(f.x1), INVALID, "x2 without x1");
    want(!f.bias || bool(f.expert_idx), INVALID, "bias without expertIdx");
    f.x.want_rank(2, INNER_NULLPTR);
    f.x.want_type({BF16, FLOAT16, FLOAT});
    f.x.want_contiguous();
    f.out.want_rank(2, INNER_NULLPTR);
    f.out.want_type({f.x->type});
    f.out.want_contiguous();
    const int64_t rows = f.x.dim(0), width = f.x.dim(1), tokens = f.out.dim(0);
    want(rows > 0 && width > 0 && tokens > 0, INNER_NULLPTR, "an empty tensor");
    want(rows % tokens == 0, INNER_NULLPTR, text(rows, " rows of ", tokens, " tokens"));
    const std::vector<int64_t> by_token{tokens, width}, by_slot{tokens, rows / tokens};
    f.out.want_dims(by_token, INNER_NULLPTR);
    f.row_idx.want_type({INT32});
    f.row_idx.want_dims({rows}, INNER_NULLPTR);
    f.row_idx.want_contiguous();
    for (const Argument *added : {&f.x1, &f.x2}) {
        if (!*added)
            continue;
        added->want_type({f.x->type});
        added->want_dims(by_token, INNER_NULLPTR);
        added->want_contiguous();
    }
    if (f.scales) {
        if (f.x->type == BF16)
            f.scales.want_type({BF16, FLOAT});
        else
            f.scales.want_type({f.x->type});
        f.scales.want_dims(by_slot, INNER_NULLPTR);
        f.scales.want_contiguous();
    } else {
        want(rows == tokens, INNER_NULLPTR, "scales are absent with more than one slot");
    }
    if (f.expert_idx) {
        f.expert_idx.want_type({INT32});
        f.expert_idx.want_dims(by_slot, INNER_NULLPTR);
        f.expert_idx.want_contiguous();
    }
    if (f.bias) {
        f.bias.want_type({f.x->type});
        f.bias.want_rank(2, INNER_NULLPTR);
        f.bias.want_dims({f.bias.dim(0), width}, INNER_NULLPTR);
        f.bias.want_contiguous();
        want(f.bias.dim(0) >= rows / tokens, INNER_NULLPTR, "fewer experts than slots");
    }
}

void finalize(Launch &launch, const Arguments &f) {
    Operand &x = launch[f.x], &out = launch[f.out];
    const int64_t slots = x.dim(0) / out.dim(0);
    const std::vector<int64_t> rows = read_row_indices(launch[f.row_idx], x.dim(0));
    for (int64_t t = 0; t < out.dim(0); t++) {
        for (int64_t d = 0; d < out.dim(1); d++) {
            float sum = 0;
            for (const Argument *added : {&f.x1, &f.x2})
                if (*added)
                    sum = sum + launch[*added].number(launch[*added].at(t, d));
            for (int64_t j = 0; j < slots; j++) {
                float value = x.number(x.at(rows[static_cast<size_t>(t * slots + j)], d));
                if (f.bias) {
                    const int64_t expert = launch[f.expert_idx].whole(launch[f.expert_idx].at(t, j));
                    if (expert < 0 || expert >= launch[f.bias].dim(0))
                        trap("C01", text("expertIdx: expert ", expert));
                    value = value + launch[f.bias].number(launch[f.bias].at(expert, d));
                }
                sum = sum + (f.scales ? launch[f.scales].number(launch[f.scales].at(t, j)) * value
                                      : value);
            }
            out.set(out.at(t, d), sum);
        }
    }
}

} // namespace

Status aclnnMoeFinalizeRoutingV2GetWorkspaceSize(
    const aclTensor *expanded_x, const aclTensor *expanded_row_idx, const aclTensor *x1,
    const aclTensor *x2, const aclTensor *bias, const aclTensor *scales,
    const aclTensor *expert_idx, int64_t drop_pad_mode, const aclTensor *out,
    uint64_t *workspace_size, aclOpExecutor **executor) {
    return plan("aclnnMoeFinalizeRoutingV2", workspace_size, executor, [&](Plan &plan) {
        Arguments f;
        f.x = plan.in("expandedX", expanded_x);
        f.row_idx = plan.in("expandedRowIdx", expanded_row_idx);
        f.x1 = plan.optional_in("x1", x1);
        f.x2 = plan.optional_in("x2", x2);
        f.bias = plan.optional_in("bias", bias);
        f.scales = plan.optional_in("scales", scales);
        f.expert_idx = plan.optional_in("expertIdx", expert_idx);
        f.out = plan.out("out", out);
        check(f, drop_pad_mode);
        plan.workspace(16 << 10);
        plan.kernel([f](Launch &launch) { finalize(launch, f); });
    });
}

} // namespace cann_double
