// MoeTokenUnpermute: the weighted sum of every token's rows.
#pragma clang fp contract(off)

#include "../functions.hpp"
#include "../plan.hpp"
#include "row_indices.hpp"

namespace cann_double {

namespace {

struct Arguments {
    Argument tokens, indices, probs, out;
};

void check(const Arguments &u, bool padded, bool restored) {
    u.tokens.want_rank(2);
    u.tokens.want_type({BF16, FLOAT16, FLOAT});
    u.tokens.want_contiguous();
    u.indices.want_rank(1);
    u.indices.want_type({INT32});
    u.indices.want_contiguous();
    u.out.want_rank(2);
    u.out.want_type({u.tokens->type});
    u.out.want_contiguous();
    want(!padded && !restored, INVALID, "paddedMode or restoreShape, wanted neither");
    const int64_t rows = u.tokens.dim(0);
    u.indices.want_dims({rows});
    int64_t slots = 1;
    if (u.probs) {
        u.probs.want_rank(2);
        u.probs.want_type({BF16, FLOAT16, FLOAT});
        u.probs.want_contiguous();
        slots = u.probs.dim(1);
        want(slots >= 1 && slots <= 512, INVALID, text("probs: ", slots, " slots, at most 512"));
        want(u.probs->count() == rows, INVALID, text("probs: ", u.probs->dims, ", ", rows, " rows"));
    }
    u.out.want_dims({rows / slots, u.tokens.dim(1)});
}

void unpermute(Launch &launch, const Arguments &u) {
    Operand &tokens = launch[u.tokens], &out = launch[u.out];
    const int64_t slots = u.probs ? launch[u.probs].dim(1) : 1;
    const std::vector<int64_t> rows = read_row_indices(launch[u.indices], tokens.dim(0));
    for (int64_t t = 0; t < out.dim(0); t++) {
        for (int64_t d = 0; d < out.dim(1); d++) {
            float sum = 0;
            for (int64_t j = 0; j < slots; j++) {
                const int64_t row = rows[static_cast<size_t>(t * slots + j)];
                const float value = tokens.number(tokens.at(row, d));
                sum = sum + (u.probs ? value * launch[u.probs].number(launch[u.probs].at(t, j))
                                     : value);
            }
            out.set(out.at(t, d), sum);
        }
    }
}

} // namespace

Status aclnnMoeTokenUnpermuteGetWorkspaceSize(const aclTensor *permuted_tokens,
                                              const aclTensor *sorted_indices,
                                              const aclTensor *probs, bool padded_mode,
                                              const aclIntArray *restore_shape, aclTensor *out,
                                              uint64_t *workspace_size, aclOpExecutor **executor) {
    return plan("aclnnMoeTokenUnpermute", workspace_size, executor, [&](Plan &plan) {
        Arguments u;
        u.tokens = plan.in("permutedTokens", permuted_tokens);
        u.indices = plan.in("sortedIndices", sorted_indices);
        u.probs = plan.optional_in("probs", probs);
        u.out = plan.out("out", out);
        check(u, padded_mode, restore_shape != nullptr);
        plan.kernel([u](Launch &launch) { unpermute(launch, u); });
    });
}

} // namespace cann_double
