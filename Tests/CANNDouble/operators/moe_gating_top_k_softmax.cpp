// MoeGatingTopKSoftmaxV2: experts and weights from logits by softmax.
#include "../functions.hpp"
#include "../plan.hpp"
#include "top_k.hpp"

namespace cann_double {

namespace {

struct Arguments {
    Argument x, y, expert_idx, result;
};

void check(const Arguments &g, int64_t k, int64_t renorm, bool output_result) {
    g.x.want_rank(2);
    g.x.want_type({FLOAT16, BF16, FLOAT});
    g.x.want_contiguous();
    const int64_t tokens = g.x.dim(0), experts = g.x.dim(1);
    want(k >= 1 && k <= experts && k <= 1024, TILING, text("k ", k, " of ", experts, " experts"));
    want(renorm == 0 || renorm == 1, INVALID, text("renorm ", renorm));
    g.y.want_type({g.x->type});
    g.y.want_dims({tokens, k});
    g.y.want_contiguous();
    g.expert_idx.want_type({INT32});
    g.expert_idx.want_dims({tokens, k});
    g.expert_idx.want_contiguous();
    want(!output_result || (renorm == 0 && g.result), INVALID,
         "outputSoftmaxResultFlag wants renorm 0 and softmaxResult");
    if (!g.result)
        return;
    g.result.want_type({FLOAT});
    if (output_result)
        g.result.want_dims({tokens, experts});
}

void gate(Launch &launch, const Arguments &g, int64_t k, bool renormalised, bool output_result) {
    Operand &x = launch[g.x], &y = launch[g.y], &expert_idx = launch[g.expert_idx];
    for (int64_t t = 0; t < x.dim(0); t++) {
        std::vector<float> logits, best;
        for (int64_t e = 0; e < x.dim(1); e++)
            logits.push_back(x.number(x.at(t, e)));
        const std::vector<int64_t> chosen = top_k(logits, k);
        const std::vector<float> all = softmax(logits);
        for (const int64_t e : chosen)
            best.push_back(renormalised ? logits[static_cast<size_t>(e)]
                                        : all[static_cast<size_t>(e)]);
        if (renormalised)
            best = softmax(best);
        for (int64_t j = 0; j < k; j++) {
            y.set(y.at(t, j), best[static_cast<size_t>(j)]);
            expert_idx.set_whole(expert_idx.at(t, j), chosen[static_cast<size_t>(j)]);
        }
        for (size_t e = 0; output_result && e < all.size(); e++)
            launch[g.result].set(launch[g.result].at(t, static_cast<int64_t>(e)), all[e]);
    }
}

} // namespace

Status aclnnMoeGatingTopKSoftmaxV2GetWorkspaceSize(
    const aclTensor *x, const aclTensor *finished, int64_t k, int64_t renorm,
    bool output_softmax_result_flag, const aclTensor *y, const aclTensor *expert_idx,
    const aclTensor *softmax_result, uint64_t *workspace_size, aclOpExecutor **executor) {
    return plan("aclnnMoeGatingTopKSoftmaxV2", workspace_size, executor, [&](Plan &plan) {
        Arguments g;
        g.x = plan.in("x", x);
        plan.absent("finished", finished);
        g.y = plan.out("y", y);
        g.expert_idx = plan.out("expertIdx", expert_idx);
        g.result = plan.optional_out("softmaxResult", softmax_result);
        check(g, k, renorm, output_softmax_result_flag);
        plan.kernel([g, k, renormalised = renorm == 1,
                     output_softmax_result_flag](Launch &launch) {
            gate(launch, g, k, renormalised, output_softmax_result_flag);
        });
    });
}

} // namespace cann_double
