// MoeGatingTopK: experts and weights from logits, with groups and a correction of the choice.
#include "../functions.hpp"
#include "../plan.hpp"
#include "top_k.hpp"

#include <cmath>

namespace cann_double {

namespace {

struct Arguments {
    Argument x, bias, y, expert_idx, out;
};

struct Attributes {
    int64_t k, k_group, group_count, group_select_mode, renorm, norm_type;
    bool out_flag;
    double factor, eps;
};

constexpr int64_t SOFTMAX = 0, SIGMOID = 1;

void check(const Arguments &g, const Attributes &a) {
    g.x.want_rank(2);
    g.x.want_type({FLOAT16, BF16, FLOAT});
    g.x.want_contiguous();
    const int64_t tokens = g.x.dim(0), experts = g.x.dim(1);
    want(experts >= 1 && experts <= 2048, TILING, text("x: ", experts, " experts, at most 2048"));
    want(a.group_count >= 1 && experts % a.group_count == 0, TILING,
         text("groupCount ", a.group_count, " of ", experts, " experts"));
    const int64_t each = experts / a.group_count;
    want(each > 2 && (each + 31) / 32 * 32 * a.group_count <= 2048, TILING,
         text(a.group_count, " groups of ", each, " experts"));
    want(a.k_group >= 1 && a.k_group <= a.group_count, TILING, text("kGroup ", a.k_group));
    want(a.k >= 1 && a.k <= a.k_group * each, TILING, text("k ", a.k));
    want(a.group_select_mode == 0 || a.group_select_mode == 1, INVALID,
         text("groupSelectMode ", a.group_select_mode));
    want(a.renorm == 0, INVALID, text("renorm ", a.renorm, ", wanted 0"));
    want(a.norm_type == SOFTMAX || a.norm_type == SIGMOID, INVALID, text("normType ", a.norm_type));
    if (g.bias) {
        g.bias.want_type({g.x->type});
        g.bias.want_dims({experts});
        g.bias.want_contiguous();
    }
    g.y.want_type({g.x->type});
    g.y.want_dims({tokens, a.k});
    g.y.want_contiguous();
    g.expert_idx.want_type({INT32});
    g.expert_idx.want_dims({tokens, a.k});
    g.expert_idx.want_contiguous();
    g.out.want_type({FLOAT});
    if (a.out_flag)
        g.out.want_dims({tokens, experts});
    else
        want(g.out->dims == std::vector<int64_t>{0} || g.out->dims == g.x->dims, INVALID,
             text("out: ", g.out->dims, ", wanted [0] without outFlag"));
}

std::vector<float> scores_of(const std::vector<float> &logits, int64_t norm_type) {
    if (norm_type == SOFTMAX)
        return softmax(logits);
    std::vector<float> scores;
    for (const float logit : logits)
        scores.push_back(static_cast<float>(1 / (1 + std::exp(-static_cast<double>(logit)))));
    return scores;
}

/// The choice without the groups that lose.
void mask_groups(std::vector<float> &choice, const Attributes &a) {
    const size_t each = choice.size() / static_cast<size_t>(a.group_count);
    std::vector<float> of_groups;
    for (size_t first = 0; first < choice.size(); first += each) {
        const std::vector<float> group(choice.begin() + static_cast<ptrdiff_t>(first),
                                       choice.begin() + static_cast<ptrdiff_t>(first + each));
        const std::vector<int64_t> best = top_k(group, 2);
        const float largest = group[static_cast<size_t>(best[0])];
        of_groups.push_back(a.group_select_mode == 0
                                ? largest
                                : largest + group[static_cast<size_t>(best[1])]);
    }
    std::vector<bool> kept(of_groups.size(), false);
    for (const int64_t group : top_k(of_groups, a.k_group))
        kept[static_cast<size_t>(group)] = true;
    for (size_t e = 0; e < choice.size(); e++)
        if (!kept[e / each])
            choice[e] = -INFINITY;
}

void gate(Launch &launch, const Arguments &g, const Attributes &a) {
    Operand &x = launch[g.x], &y = launch[g.y], &expert_idx = launch[g.expert_idx];
    for (int64_t t = 0; t < x.dim(0); t++) {
        std::vector<float> logits;
        for (int64_t e = 0; e < x.dim(1); e++)
            logits.push_back(x.number(x.at(t, e)));
        const std::vector<float> scores = scores_of(logits, a.norm_type);
        std::vector<float> choice = scores;
        for (size_t e = 0; g.bias && e < choice.size(); e++)
            choice[e] += launch[g.bias].number(e);
        mask_groups(choice, a);
        const std::vector<int64_t> chosen = top_k(choice, a.k);
        float sum = static_cast<float>(a.eps);
        for (const int64_t e : chosen)
            sum += scores[static_cast<size_t>(e)];
        for (int64_t j = 0; j < a.k; j++) {
            const int64_t e = chosen[static_cast<size_t>(j)];
            const float score = scores[static_cast<size_t>(e)];
            const float share = a.norm_type == SIGMOID ? score / sum : score;
            y.set(y.at(t, j), share * static_cast<float>(a.factor));
            expert_idx.set_whole(expert_idx.at(t, j), e);
        }
        for (size_t e = 0; a.out_flag && e < scores.size(); e++)
            launch[g.out].set(launch[g.out].at(t, static_cast<int64_t>(e)), scores[e]);
    }
}

} // namespace

Status aclnnMoeGatingTopKGetWorkspaceSize(
    const aclTensor *x, const aclTensor *bias, int64_t k, int64_t k_group, int64_t group_count,
    int64_t group_select_mode, int64_t renorm, int64_t norm_type, bool out_flag,
    double routed_scaling_factor, double eps, const aclTensor *y, const aclTensor *expert_idx,
    const aclTensor *out, uint64_t *workspace_size, aclOpExecutor **executor) {
    return plan("aclnnMoeGatingTopK", workspace_size, executor, [&](Plan &plan) {
        Arguments g;
        g.x = plan.in("x", x);
        g.bias = plan.optional_in("bias", bias);
        g.y = plan.out("y", y);
        g.expert_idx = plan.out("expertIdx", expert_idx);
        g.out = plan.out("out", out);
        const Attributes a{k, k_group, group_count, group_select_mode, renorm, norm_type, out_flag,
                           routed_scaling_factor, eps};
        check(g, a);
        plan.kernel([g, a](Launch &launch) { gate(launch, g, a); });
    });
}

} // namespace cann_double
