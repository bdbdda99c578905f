#pragma clang fp contract(off)

#include "grouped_matmul.hpp"

#include "../functions.hpp"
#include "groups.hpp"

namespace cann_double {

namespace {

/// An element of an int8 weight in blocks of 16 x 32.
size_t fractal_element(int64_t e, int64_t k, int64_t n, int64_t inner, int64_t columns) {
    const int64_t kb = (inner + 15) / 16, nb = (columns + 31) / 32;
    return static_cast<size_t>(e * nb * kb * 512 + ((n / 32) * kb + k / 16) * 512 + (k % 16) * 32 +
                               n % 32);
}

/// A group's weight as [N, K].
std::vector<int8_t> read_weight(Operand &weight, int64_t e) {
    const int64_t inner = weight.dim(1), columns = weight.dim(2);
    std::vector<int8_t> result;
    for (int64_t n = 0; n < columns; n++)
        for (int64_t k = 0; k < inner; k++)
            result.push_back(static_cast<int8_t>(
                weight.whole(weight.format() == FRACTAL_NZ
                                 ? fractal_element(e, k, n, inner, columns)
                                 : weight.at(e, k, n))));
    return result;
}

int32_t dot(const std::vector<int8_t> &x, const int8_t *w) {
    // Unsigned, so that it wraps as the accumulators do.
    uint32_t sum = 0;
    for (size_t k = 0; k < x.size(); k++)
        sum += static_cast<uint32_t>(int32_t{x[k]} * int32_t{w[k]});
    return static_cast<int32_t>(sum);
}

void multiply(Launch &launch, const MatmulArguments &g, int64_t group_list_type) {
    Operand &x = launch[g.x], &weight = launch[g.weight], &out = launch[g.out];
    const int64_t rows = x.dim(0), inner = x.dim(1), columns = out.dim(1);
    int64_t done = 0;
    for (const Group &group : read_groups(launch[g.groups], group_list_type, rows, "G03")) {
        done = group.first + group.count;
        if (group.count == 0)
            continue;
        if (group.index < 0 || group.index >= weight.dim(0))
            trap("G03", text("group ", group.index, " of ", weight.dim(0)));
        const std::vector<int8_t> w = read_weight(weight, group.index);
        for (int64_t m = group.first; m < done; m++) {
            std::vector<int8_t> row;
            for (int64_t k = 0; k < inner; k++)
                row.push_back(static_cast<int8_t>(x.whole(x.at(m, k))));
            for (int64_t n = 0; n < columns; n++) {
                int64_t sum = dot(row, w.data() + n * inner);
                if (g.bias)
                    sum += launch[g.bias].whole(launch[g.bias].at(group.index, n));
                const auto accumulator = static_cast<int32_t>(sum);
                if (out.type() == INT32) {
                    out.set_whole(out.at(m, n), accumulator);
                    continue;
                }
                float y = static_cast<float>(accumulator);
                y = y * launch[g.scale].number(launch[g.scale].at(group.index, n));
                if (g.per_token)
                    y = y * launch[g.per_token].number(launch[g.per_token].at(m));
                out.set(out.at(m, n), y);
            }
        }
    }
    out.spoil(out.at(done, 0), static_cast<size_t>((rows - done) * columns));
}

/// The tensors of all entry points, in the order of their prototypes.
struct Prototype {
    const aclTensorList *x, *weight, *bias, *scale, *offset, *antiquant_scale, *antiquant_offset,
        *per_token_scale;
    const aclTensor *group_list;
    const aclTensorList *activation_input, *activation_quant_scale, *activation_quant_offset;
    const aclTensorList *out, *activation_feature_out, *dyn_quant_scale_out;
};

Status plan_matmul(const char *name, const Prototype &p, MatmulAttributes attributes,
                   const aclIntArray *tuning, uint64_t *workspace_size, aclOpExecutor **executor) {
    return plan(name, workspace_size, executor, [&](Plan &plan) {
        MatmulArguments g;
        g.x = plan.in("x", p.x);
        g.weight = plan.in("weight", p.weight);
        g.bias = plan.optional_in("bias", p.bias);
        g.scale = plan.optional_in("scale", p.scale);
        plan.absent("offset", p.offset);
        plan.absent("antiquantScale", p.antiquant_scale);
        plan.absent("antiquantOffset", p.antiquant_offset);
        g.per_token = plan.optional_in("perTokenScale", p.per_token_scale);
        g.groups = plan.optional_in("groupList", p.group_list);
        plan.absent("activationInput", p.activation_input);
        plan.absent("activationQuantScale", p.activation_quant_scale);
        plan.absent("activationQuantOffset", p.activation_quant_offset);
        attributes.tuning = plan.values("tuningConfig", tuning);
        g.out = plan.out("out", p.out);
        plan.absent("activationFeatureOut", p.activation_feature_out);
        plan.absent("dynQuantScaleOut", p.dyn_quant_scale_out);
        check(g, attributes);
        plan.workspace(g.rows() == 0 ? 0 : 64 << 10);
        plan.kernel([g, type = attributes.group_list_type](Launch &launch) {
            multiply(launch, g, type);
        });
    });
}

} // namespace

#define TENSORS                                                                                    \
    const aclTensorList *x, const aclTensorList *weight, const aclTensorList *bias,                \
        const aclTensorList *scale, const aclTensorList *offset,                                   \
        const aclTensorList *antiquant_scale, const aclTensorList *antiquant_offset,               \
        const aclTensorList *per_token_scale, const aclTensor *group_list,                         \
        const aclTensorList *activation_input, const aclTensorList *activation_quant_scale,        \
        const aclTensorList *activation_quant_offset
#define OUTPUTS                                                                                    \
    aclTensorList *out, aclTensorList *activation_feature_out, aclTensorList *dyn_quant_scale_out, \
        uint64_t *workspace_size, aclOpExecutor **executor
#define PROTOTYPE                                                                                  \
    Prototype {                                                                                    \
        x, weight, bias, scale, offset, antiquant_scale, antiquant_offset, per_token_scale,        \
            group_list, activation_input, activation_quant_scale, activation_quant_offset, out,    \
            activation_feature_out, dyn_quant_scale_out                                            \
    }

Status aclnnGroupedMatmulV4GetWorkspaceSize(TENSORS, int64_t split_item, int64_t group_type,
                                            int64_t group_list_type, int64_t act_type, OUTPUTS) {
    return plan_matmul("aclnnGroupedMatmulV4", PROTOTYPE,
                       {split_item, group_type, group_list_type, act_type, {}, 0, false}, nullptr,
                       workspace_size, executor);
}

Status aclnnGroupedMatmulV5GetWorkspaceSize(TENSORS, int64_t split_item, int64_t group_type,
                                            int64_t group_list_type, int64_t act_type,
                                            aclIntArray *tuning_config, OUTPUTS) {
    return plan_matmul("aclnnGroupedMatmulV5", PROTOTYPE,
                       {split_item, group_type, group_list_type, act_type, {}, 0, false},
                       tuning_config, workspace_size, executor);
}

Status aclnnGroupedMatmulWeightNzGetWorkspaceSize(TENSORS, int64_t split_item, int64_t group_type,
                                                  int64_t group_list_type, int64_t act_type,
                                                  aclIntArray *tuning_config,
                                                  int64_t quant_group_size, OUTPUTS) {
    return plan_matmul(
        "aclnnGroupedMatmulWeightNz", PROTOTYPE,
        {split_item, group_type, group_list_type, act_type, {}, quant_group_size, true},
        tuning_config, workspace_size, executor);
}

} // namespace cann_double
