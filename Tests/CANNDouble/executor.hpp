// Executors: what the first phase of an operator leaves to the second.
#pragma once

#include "stream.hpp"
#include "tensor.hpp"

#include <functional>
#include <thread>

namespace cann_double {

class Launch;

enum class Direction { in, out };

/// One tensor of a call, which may be absent.
struct Slot {
    std::string name;
    const aclTensor *tensor;
    Direction direction;
    /// The parameter among those of its direction, the list it came in, and its place there.
    size_t parameter;
    const aclTensorList *list = nullptr;
    size_t member = 0;
};

/// A string that the caller has to keep until the second phase is over.
struct KeptString {
    std::string name;
    const char *address;
    std::string value;
};

struct Executor {
    int device;
    /// The operator, without `GetWorkspaceSize`.
    std::string name;
    std::thread::id thread = std::this_thread::get_id();
    bool repeatable = false;
    uint64_t runs = 0;
    uint64_t workspace = 0;
    std::vector<Slot> slots;
    std::vector<const aclIntArray *> arrays;
    std::vector<KeptString> strings;
    std::function<void(Launch &)> kernel;
};

Registry<Executor> &executors();

/// An executor that still needs the tensor or array.
const Executor *waiting_executor(const void *handle);

/// Workspace that operators ask for: `bytes`, and `growth` more with every call of the first phase.
/// Of one operator, or of all without a name.
void set_workspace(int device, const char *name, uint64_t bytes, uint64_t growth);
/// What the operator is to ask for now, where a test has set that; else what it wants.
uint64_t asked_workspace(int device, const std::string &name, uint64_t wanted);

/// The second phase of every operator.
Status launch(const char *name, void *workspace, uint64_t workspace_size, aclOpExecutor *executor,
              void *stream);

} // namespace cann_double
