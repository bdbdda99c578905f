// NpuFormatCast: a matrix, or several, to FRACTAL_NZ.
#include "../functions.hpp"
#include "../plan.hpp"

namespace cann_double {

namespace {

constexpr int64_t HIGH = 16;

void cast(Launch &launch, const Argument &from, const Argument &to) {
    Operand &source = launch[from], &target = launch[to];
    const size_t rank = source.rank();
    const int64_t rows = source.dim(rank - 2), columns = source.dim(rank - 1);
    const int64_t width = 32 / static_cast<int64_t>(type_size(source.type()));
    const int64_t across = (columns + width - 1) / width, down = (rows + HIGH - 1) / HIGH;
    const int64_t matrices = rows * columns == 0 ? 0 : source.count() / (rows * columns);
    size_t at = 0;
    for (int64_t matrix = 0; matrix < matrices; matrix++)
        for (int64_t block_column = 0; block_column < across; block_column++)
            for (int64_t row = 0; row < down * HIGH; row++)
                for (int64_t column = block_column * width; column < (block_column + 1) * width;
                     column++, at++) {
                    if (row < rows && column < columns)
                        target.copy(at, source,
                                    static_cast<size_t>((matrix * rows + row) * columns + column));
                    else
                        target.set_whole(at, 0);
                }
}

} // namespace

Status aclnnNpuFormatCastGetWorkspaceSize(const aclTensor *source, aclTensor *destination,
                                          uint64_t *workspace_size, aclOpExecutor **executor) {
    return plan("aclnnNpuFormatCast", workspace_size, executor, [&](Plan &plan) {
        const Argument from = plan.in("src", source);
        const Argument to = plan.out("dst", destination);
        from.want_contiguous();
        want(from->dims.size() >= 2 && from->dims.size() <= 6, INVALID,
             text("src: ", from->dims, ", wanted 2 to 6 dimensions"));
        to.want_type({from->type});
        to.want_dims(from->dims);
        want(to->format == FRACTAL_NZ, INVALID, text("dst: format ", to->format, ", wanted 29"));
        plan.kernel([from, to](Launch &launch) { cast(launch, from, to); });
    });
}

} // namespace cann_double
