#pragma clang fp contract(off)

#include "dequant_swiglu_quant.hpp"

#include "../functions.hpp"
#include "groups.hpp"
#include "quantisation.hpp"

#include <cmath>

namespace cann_double {

namespace {

/// e to the power of z, rounded once.
float exponential(float z) { return static_cast<float>(std::exp(static_cast<double>(z))); }

/// The smaller one, or NaN if one is.
float at_most(float value, float limit) { return value > limit ? limit : value; }
float clamped(float value, float limit) { return value < -limit ? -limit : at_most(value, limit); }

/// The activated half times the other, of one column.
float swiglu(float act, float lin, const SwigluAttributes &a) {
    const float limit = static_cast<float>(a.clamp_limit);
    if (a.swiglu_mode == 0)
        return act / (1.0f + exponential(-act)) * lin;
    if (a.swiglu_mode == 3)
        return at_most(act / (1.0f + exponential(-act)), limit) * clamped(lin, limit);
    act = at_most(act, limit);
    const float z = static_cast<float>(a.glu_alpha) * act;
    const float other = clamped(lin, limit) + static_cast<float>(a.glu_bias);
    return act / (1.0f + exponential(-z)) * other;
}

/// A row of x as floats.
std::vector<float> dequantise(Launch &launch, const SwigluArguments &d, int64_t row,
                              int64_t group) {
    Operand &x = launch[d.x];
    std::vector<float> f;
    for (int64_t j = 0; j < x.dim(1); j++)
        f.push_back(x.number(x.at(row, j)));
    if (x.type() != INT32)
        return f;
    Operand &weight_scale = launch[d.weight_scale], &row_scale = launch[d.activation_scale];
    for (int64_t j = 0; j < x.dim(1); j++) {
        float &value = f[static_cast<size_t>(j)];
        // Both scales are contiguous, whatever their rank.
        value = value * weight_scale.number(static_cast<size_t>(group * x.dim(1) + j));
        value = value * row_scale.number(static_cast<size_t>(row));
    }
    return f;
}

std::vector<float> activate(const std::vector<float> &f, const SwigluAttributes &a) {
    const size_t width = f.size() / 2;
    std::vector<float> v;
    for (size_t h = 0; h < width; h++) {
        const bool pairs = a.swiglu_mode == 1;
        const float first = pairs ? f[2 * h] : f[h];
        const float second = pairs ? f[2 * h + 1] : f[width + h];
        v.push_back(a.activate_left ? swiglu(first, second, a) : swiglu(second, first, a));
    }
    return v;
}

/// Rows behind the last group stay as they are.
void dequant_swiglu_quant(Launch &launch, const SwigluArguments &d, const SwigluAttributes &a) {
    Operand &scale = launch[d.scale], &y = launch[d.y];
    Operand &list = launch[d.groups];
    for (const Group &group : read_groups(list, COUNTS, y.dim(0), "D06")) {
        for (int64_t row = group.first; row < group.first + group.count; row++) {
            std::vector<float> v = activate(dequantise(launch, d, row, group.index), a);
            if (d.quant_scale) {
                Operand &smooth = launch[d.quant_scale];
                for (size_t h = 0; h < v.size(); h++)
                    v[h] = v[h] * smooth.number(static_cast<size_t>(group.index) * v.size() + h);
            }
            const float s = largest(v) * (1.0f / 127.0f);
            write_quantised(y, row, v, {s, s, true}, Rounding::half_to_even);
            scale.set(scale.at(row), s);
        }
    }
}

SwigluArguments take(Plan &plan, const aclTensor *x, const aclTensor *weight_scale,
                     const aclTensor *activation_scale, const aclTensor *bias,
                     const aclTensor *quant_scale, const aclTensor *quant_offset,
                     const aclTensor *group_index, const aclTensor *y, const aclTensor *scale) {
    SwigluArguments d;
    d.x = plan.in("x", x);
    d.weight_scale = plan.optional_in("weightScale", weight_scale);
    d.activation_scale = plan.optional_in("activationScale", activation_scale);
    d.bias = plan.optional_in("bias", bias);
    d.quant_scale = plan.optional_in("quantScale", quant_scale);
    d.quant_offset = plan.optional_in("quantOffset", quant_offset);
    d.groups = plan.optional_in("groupIndex", group_index);
    d.y = plan.out("y", y);
    d.scale = plan.out("scale", scale);
    return d;
}

void finish(Plan &plan, const SwigluArguments &d, const SwigluAttributes &a) {
    check(d, a);
    plan.kernel([d, a](Launch &launch) { dequant_swiglu_quant(launch, d, a); });
}

} // namespace

Status aclnnDequantSwigluQuantGetWorkspaceSize(
    const aclTensor *x, const aclTensor *weight_scale, const aclTensor *activation_scale,
    const aclTensor *bias, const aclTensor *quant_scale, const aclTensor *quant_offset,
    const aclTensor *group_index, bool activate_left, char *quant_mode, const aclTensor *y,
    const aclTensor *scale, uint64_t *workspace_size, aclOpExecutor **executor) {
    return plan("aclnnDequantSwigluQuant", workspace_size, executor, [&](Plan &plan) {
        const SwigluArguments d = take(plan, x, weight_scale, activation_scale, bias, quant_scale,
                                       quant_offset, group_index, y, scale);
        SwigluAttributes a;
        a.activate_left = activate_left;
        a.quant_mode = plan.string("quantMode", quant_mode, "static");
        finish(plan, d, a);
    });
}

Status aclnnDequantSwigluQuantV2GetWorkspaceSize(
    const aclTensor *x, const aclTensor *weight_scale, const aclTensor *activation_scale,
    const aclTensor *bias, const aclTensor *quant_scale, const aclTensor *quant_offset,
    const aclTensor *group_index, bool activate_left, char *quant_mode, int64_t dst_type,
    char *round_mode, int64_t activate_dim, int64_t swiglu_mode, double clamp_limit,
    double glu_alpha, double glu_bias, const aclTensor *y, const aclTensor *scale,
    uint64_t *workspace_size, aclOpExecutor **executor) {
    return plan("aclnnDequantSwigluQuantV2", workspace_size, executor, [&](Plan &plan) {
        const SwigluArguments d = take(plan, x, weight_scale, activation_scale, bias, quant_scale,
                                       quant_offset, group_index, y, scale);
        const std::string mode = plan.string("quantMode", quant_mode, "static");
        const std::string rounding = plan.string("roundMode", round_mode, "rint");
        finish(plan, d,
               {activate_left, mode, dst_type, rounding, activate_dim, swiglu_mode, clamp_limit,
                glu_alpha, glu_bias});
    });
}

} // namespace cann_double
