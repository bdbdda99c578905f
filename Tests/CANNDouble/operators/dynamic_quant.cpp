// DynamicQuant: every row to int8 with a scale of its own.
#pragma clang fp contract(off)

#include "../functions.hpp"
#include "../plan.hpp"
#include "quantisation.hpp"

namespace cann_double {

Status aclnnDynamicQuantGetWorkspaceSize(const aclTensor *x_tensor, const aclTensor *smooth_scales,
                                         const aclTensor *y_tensor, const aclTensor *scale_tensor,
                                         uint64_t *workspace_size, aclOpExecutor **executor) {
    return plan("aclnnDynamicQuant", workspace_size, executor, [&](Plan &plan) {
        const Argument x = plan.in("x", x_tensor);
        const Argument smooth = plan.optional_in("smoothScales", smooth_scales);
        const Argument y = plan.out("y", y_tensor);
        const Argument scale = plan.out("scale", scale_tensor);
        x.want_type({FLOAT16, BF16});
        // More dimensions are legal and nobody passes them.
        x.want_rank(2);
        x.want_contiguous();
        if (smooth) {
            smooth.want_type({x->type});
            smooth.want_dims({x.dim(1)});
            smooth.want_contiguous();
        }
        y.want_type({INT8});
        y.want_dims(x->dims);
        y.want_contiguous();
        scale.want_type({FLOAT});
        scale.want_dims({x.dim(0)});
        scale.want_contiguous();
        plan.workspace(4 << 10);
        plan.kernel([=](Launch &launch) {
            Operand &from = launch[x], &to = launch[y], &scales = launch[scale];
            for (int64_t row = 0; row < from.dim(0); row++) {
                std::vector<float> v;
                for (int64_t d = 0; d < from.dim(1); d++) {
                    v.push_back(from.number(from.at(row, d)));
                    if (smooth)
                        v.back() = v.back() * launch[smooth].number(launch[smooth].at(d));
                }
                const float top = largest(v), s = top / 127.0f;
                write_quantised(to, row, v, {s, 127.0f / top, false}, Rounding::half_to_even);
                scales.set(scales.at(row), s);
            }
        });
    });
}

} // namespace cann_double
