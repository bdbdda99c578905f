// The second phase of every operator.
#include "../executor.hpp"
#include "../functions.hpp"

namespace cann_double {

#define DEFINE(name)                                                                               \
    Status name(void *workspace, uint64_t workspace_size, aclOpExecutor *executor, void *stream) { \
        return launch(#name, workspace, workspace_size, executor, stream);                         \
    }
CANN_DOUBLE_OPERATORS_NN(DEFINE)
CANN_DOUBLE_OPERATORS_TRANSFORMER(DEFINE)
CANN_DOUBLE_OPERATORS_MATH(DEFINE)

} // namespace cann_double
