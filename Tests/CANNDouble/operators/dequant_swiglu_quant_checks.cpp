#include "dequant_swiglu_quant.hpp"

#include <cmath>

namespace cann_double {

namespace {

void check_attributes(const SwigluArguments &d, const SwigluAttributes &a) {
    want(a.quant_mode == "static" || a.quant_mode == "dynamic", INVALID,
         text("quantMode ", a.quant_mode));
    if (a.quant_mode == "static")
        misuse("D03", TILING, "quantMode static (or NULL) with groups");
    want(a.dst_type == 2, INVALID, text("dstType ", a.dst_type, ", wanted 2 (INT8)"));
    want(a.round_mode == "rint", INVALID, text("roundMode ", a.round_mode, ", wanted rint"));
    want(a.activate_dim == -1 || a.activate_dim == 1, INVALID,
         text("activateDim ", a.activate_dim, ", wanted the last"));
    want(a.swiglu_mode >= 0 && a.swiglu_mode <= 3, INVALID, text("swigluMode ", a.swiglu_mode));
    want(a.swiglu_mode != 1 || a.activate_left, INVALID, "swigluMode 1 without activateLeft");
    want(std::isfinite(a.clamp_limit) && a.clamp_limit > 0, INVALID,
         text("clampLimit ", a.clamp_limit));
    want(std::isfinite(a.glu_alpha) && std::isfinite(a.glu_bias), INVALID,
         text("gluAlpha ", a.glu_alpha, ", gluBias ", a.glu_bias));
    want(!d.quant_offset, INVALID, "quantOffset with quantMode dynamic");
}

/// Releases differ in what a bias does with groups, and in whether the scale of the rows may be
/// absent; here neither is taken, so that whoever passes gets the same numbers from all of them.
void check_scales(const SwigluArguments &d, int64_t groups) {
    const bool whole = d.x->type == INT32;
    const int64_t columns = d.columns(), width = columns / 2;
    want(!d.bias, INVALID, "bias with a group index");
    want(whole || (!d.weight_scale && !d.activation_scale), INVALID,
         "weightScale or activationScale with BF16 x");
    if (whole) {
        want(bool(d.weight_scale), NULLPTR, "weightScale is NULL with INT32 x");
        want(bool(d.activation_scale), NULLPTR, "activationScale is NULL with INT32 x");
        d.weight_scale.want_type({FLOAT});
        d.weight_scale.want_contiguous();
        if (groups > 1 || d.weight_scale->dims.size() != 1)
            d.weight_scale.want_dims({groups, columns}, TILING);
        else
            d.weight_scale.want_dims({columns}, TILING);
        d.activation_scale.want_type({FLOAT});
        d.activation_scale.want_contiguous();
        want(d.activation_scale->count() == d.rows(), TILING,
             text("activationScale: ", d.activation_scale->dims, ", ", d.rows(), " rows"));
    }
    if (d.quant_scale) {
        d.quant_scale.want_type({FLOAT});
        d.quant_scale.want_contiguous();
        if (groups > 1 || d.quant_scale->dims.size() != 1)
            d.quant_scale.want_dims({groups, width}, TILING);
        else
            d.quant_scale.want_dims({width}, TILING);
    }
}

} // namespace

int64_t widest_row(bool bias, int64_t swiglu_mode, bool dynamic) {
    constexpr int64_t buffer = (192 << 10) - 256;
    const int64_t bytes = 37 + (bias ? 8 : 0) + (swiglu_mode == 1 ? 5 : 0) + (dynamic ? 0 : 4);
    return 2 * ((buffer - 1124) / bytes / 32 * 32);
}

void check(const SwigluArguments &d, const SwigluAttributes &a) {
    d.x.want_type({INT32, BF16});
    d.x.want_rank(2);
    d.x.want_contiguous();
    check_attributes(d, a);
    const int64_t columns = d.columns();
    want(columns > 0 && columns % 64 == 0, TILING,
         text("x: last dimension ", columns, ", wanted a multiple of 64"));
    const int64_t widest = widest_row(bool(d.bias), a.swiglu_mode, true);
    want(columns <= widest, TILING, text("x: last dimension ", columns, ", at most ", widest));
    want(bool(d.groups), INVALID, "groupIndex is NULL, which A2 and A3 do not take");
    d.groups.want_type({INT64});
    d.groups.want_rank(1, TILING);
    d.groups.want_contiguous();
    want(d.groups.dim(0) >= 1, TILING, "groupIndex is empty");
    check_scales(d, d.groups.dim(0));
    d.y.want_type({INT8});
    d.y.want_dims({d.rows(), columns / 2});
    d.y.want_contiguous();
    d.scale.want_type({FLOAT});
    d.scale.want_dims({d.rows()});
    d.scale.want_contiguous();
}

} // namespace cann_double
