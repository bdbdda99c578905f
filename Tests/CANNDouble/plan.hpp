// The first phase of an operator: takes its arguments, checks them, and plans the kernel.
#pragma once

#include "call.hpp"
#include "executor.hpp"
#include "launch.hpp"

#include <initializer_list>

namespace cann_double {

/// An argument that is a tensor, or absent.
struct Argument {
    static constexpr size_t ABSENT = SIZE_MAX;

    std::string name;
    size_t slot = ABSENT;
    /// Valid during the first phase.
    const Tensor *tensor = nullptr;

    explicit operator bool() const { return tensor != nullptr; }
    const Tensor *operator->() const { return tensor; }
    int64_t dim(size_t index) const { return tensor->dims[index]; }

    void want_type(std::initializer_list<int32_t> types, Status status = INVALID) const;
    void want_dims(const std::vector<int64_t> &dims, Status status = INVALID) const;
    void want_rank(size_t rank, Status status = INVALID) const;
    void want_contiguous() const;
};

class Plan {
  public:
    explicit Plan(std::string name);

    /// Tensors, in the order of the prototype. What is required is not NULL.
    Argument in(const char *name, const aclTensor *tensor);
    Argument optional_in(const char *name, const aclTensor *tensor);
    Argument out(const char *name, const aclTensor *tensor);
    Argument optional_out(const char *name, const aclTensor *tensor);

    /// Lists with one tensor, or none: NULL, an empty list, a first entry of NULL or without
    /// elements.
    Argument in(const char *name, const aclTensorList *list);
    Argument optional_in(const char *name, const aclTensorList *list);
    Argument out(const char *name, const aclTensorList *list);
    void absent(const char *name, const aclTensorList *list);
    void absent(const char *name, const aclTensor *tensor);

    /// The values of an array, none for NULL.
    std::vector<int64_t> values(const char *name, const aclIntArray *array);
    /// A string that is looked at again in the second phase.
    std::string string(const char *name, const char *string, const char *otherwise);

    void workspace(uint64_t bytes) { executor->workspace = bytes; }
    void kernel(std::function<void(Launch &)> kernel) { executor->kernel = std::move(kernel); }

    aclOpExecutor *finish(uint64_t *workspace_size);

  private:
    Argument add(const char *name, const aclTensor *tensor, Direction direction, bool required,
                 const aclTensorList *list = nullptr);
    Argument add(const char *name, const aclTensorList *list, Direction direction, bool required);

    std::unique_ptr<Executor> executor;
    size_t parameters[2] = {0, 0};
};

/// Refuses attributes that are not as they must be.
void want(bool condition, Status status, const std::string &message);

/// Runs the first phase of an operator.
template <class Work>
Status plan(const char *name, uint64_t *workspace_size, aclOpExecutor **executor, Work work) {
    const std::string call = std::string(name) + "GetWorkspaceSize";
    return answer(call.c_str(), Needs::context, [&] {
        if (!workspace_size || !executor)
            refuse(NULLPTR, "workspaceSize or executor is NULL");
        Plan plan(name);
        work(plan);
        *executor = plan.finish(workspace_size);
    });
}

} // namespace cann_double
