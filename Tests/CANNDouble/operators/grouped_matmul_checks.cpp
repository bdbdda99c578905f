#include "grouped_matmul.hpp"

#include "groups.hpp"

namespace cann_double {

namespace {

constexpr int64_t WIDEST = 65535;

void check_attributes(const MatmulAttributes &a, const MatmulArguments &g) {
    want(a.split_item == 2 || a.split_item == 3, INVALID,
         text("splitItem ", a.split_item, ", one output wants 2 or 3"));
    want(a.group_type == 0, INVALID, text("groupType ", a.group_type, ", wanted 0"));
    want(a.group_list_type >= ENDS && a.group_list_type <= INDEXED_COUNTS, INVALID,
         text("groupListType ", a.group_list_type));
    want(g.experts() > 1 || a.group_list_type == ENDS, INVALID,
         text("groupListType ", a.group_list_type, " with one group, wanted 0"));
    want(a.act_type == 0, INVALID, text("actType ", a.act_type, ", wanted 0"));
    want(a.quant_group_size == 0, INVALID, text("quantGroupSize ", a.quant_group_size));
    want(a.tuning.size() <= 3, INVALID, text("tuningConfig ", a.tuning));
    if (!a.tuning.empty())
        want(a.tuning[0] >= 0 && a.tuning[0] <= g.rows(), INVALID,
             text("tuningConfig ", a.tuning, " with ", g.rows(), " rows"));
    if (a.tuning.size() > 1)
        want(a.tuning[1] == 0, INVALID, text("tuningConfig ", a.tuning, " with int8 weights"));
}

/// Whether the weight is a view of a buffer [E, N, K].
bool is_transposed(const Tensor &weight) {
    const std::vector<int64_t> &d = weight.dims;
    return weight.strides == std::vector<int64_t>{d[1] * d[2], 1, d[1]};
}

void check_weight(const MatmulArguments &g, const MatmulAttributes &a) {
    const Argument &w = g.weight;
    w.want_rank(3);
    w.want_type({INT8});
    want(g.experts() >= 1 && g.experts() <= 1024, INVALID, text("weight: ", g.experts(), " groups"));
    want(w.dim(1) == g.inner(), INVALID, text("weight: ", w->dims, ", x: ", g.x->dims));
    want(g.inner() <= WIDEST, INVALID, text("x: inner axis ", g.inner(), ", at most 65535"));
    if (a.fractal && w->format != FRACTAL_NZ)
        misuse("G07", INVALID, "weight is declared ND and would be read as FRACTAL_NZ");
    if (w->format == FRACTAL_NZ)
        return;
    const bool transposed = is_transposed(*w.tensor);
    want(w->offset == 0, INVALID, text("weight: offset ", w->offset));
    want(transposed || w->is_contiguous(), INVALID,
         text("weight: strides ", w->strides, " of ", w->dims, ", wanted contiguous or ",
              std::vector<int64_t>{w.dim(1) * w.dim(2), 1, w.dim(1)}));
    want(w.dim(1) > 1 && w.dim(2) > 1, INVALID,
         text("weight: ", w->dims, " is both contiguous and transposed"));
    if (!transposed)
        want(g.columns() <= WIDEST, INVALID, text("weight: inner axis ", g.columns()));
}

/// Scales by the type of the output.
void check_scales(const MatmulArguments &g) {
    const std::vector<int64_t> per_column{g.experts(), g.columns()};
    g.out.want_type({INT32, BF16, FLOAT16});
    if (g.out->type == INT32) {
        want(!g.scale && !g.per_token, INVALID, "scale and perTokenScale must be absent: INT32 out");
    } else {
        want(bool(g.scale), INVALID, text("scale is absent: ", type_name(g.out->type), " out"));
        g.scale.want_type({g.out->type == BF16 ? BF16 : FLOAT});
        g.scale.want_dims(per_column);
        g.scale.want_contiguous();
    }
    if (g.per_token) {
        g.per_token.want_type({FLOAT});
        g.per_token.want_dims({g.rows()});
        g.per_token.want_contiguous();
    }
    if (g.bias) {
        g.bias.want_type({INT32});
        g.bias.want_dims(per_column);
        g.bias.want_contiguous();
    }
}

} // namespace

void check(const MatmulArguments &g, const MatmulAttributes &a) {
    g.x.want_rank(2);
    g.x.want_type({INT8});
    g.x.want_contiguous();
    check_weight(g, a);
    check_attributes(a, g);
    want(bool(g.groups), INVALID, "groupList is NULL");
    g.groups.want_type({INT64});
    g.groups.want_contiguous();
    g.groups.want_dims(a.group_list_type == INDEXED_COUNTS
                           ? std::vector<int64_t>{g.experts(), 2}
                           : std::vector<int64_t>{g.experts()});
    g.out.want_dims({g.rows(), g.columns()});
    g.out.want_contiguous();
    check_scales(g);
}

} // namespace cann_double
