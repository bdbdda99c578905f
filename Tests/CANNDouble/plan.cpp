#include "plan.hpp"

#include "context.hpp"

#include <algorithm>

namespace cann_double {

void want(bool condition, Status status, const std::string &message) {
    if (!condition)
        refuse(status, message);
}

void Argument::want_type(std::initializer_list<int32_t> types, Status status) const {
    std::string wanted;
    for (const int32_t type : types) {
        if (tensor->type == type)
            return;
        wanted += (wanted.empty() ? "" : " or ") + type_name(type);
    }
    refuse(status, text(name, ": ", type_name(tensor->type), ", wanted ", wanted));
}

void Argument::want_dims(const std::vector<int64_t> &dims, Status status) const {
    want(tensor->dims == dims, status, text(name, ": ", tensor->dims, ", wanted ", dims));
}

void Argument::want_rank(size_t rank, Status status) const {
    want(tensor->dims.size() == rank, status,
         text(name, ": ", tensor->dims, ", wanted ", rank, " dimensions"));
}

void Argument::want_contiguous() const {
    want(tensor->format == ND, INVALID, text(name, ": format ", tensor->format, ", wanted ND"));
    want(tensor->is_contiguous() && tensor->offset == 0, INVALID,
         text(name, ": strides ", tensor->strides, " of ", tensor->dims, ", offset ",
              tensor->offset, ", wanted contiguous"));
}

Plan::Plan(std::string name) : executor(std::make_unique<Executor>()) {
    executor->device = current_device();
    executor->name = std::move(name);
}

Argument Plan::add(const char *name, const aclTensor *handle, Direction direction, bool required,
                   const aclTensorList *list) {
    size_t &parameter = parameters[direction == Direction::out];
    Argument argument{name, executor->slots.size()};
    executor->slots.push_back({name, handle, direction, parameter++, list});
    want(handle || !required, NULLPTR, text(name, " is NULL"));
    if (handle)
        argument.tensor = &tensors().take(handle, "T02", INVALID);
    return argument;
}

Argument Plan::add(const char *name, const aclTensorList *list, Direction direction,
                   bool required) {
    const aclTensor *only = nullptr;
    if (list) {
        const TensorList &members = tensor_lists().take(list, "T02", INVALID);
        want(members.tensors.size() <= 1, INVALID,
             text(name, ": ", members.tensors.size(), " tensors, wanted 1"));
        if (!members.tensors.empty())
            only = members.tensors[0];
        if (only) {
            const Tensor &tensor = tensors().take(only, "T02", INVALID);
            if (!required && tensor.dims == std::vector<int64_t>{0})
                only = nullptr;
        }
    }
    return add(name, only, direction, required, list);
}

Argument Plan::in(const char *name, const aclTensor *tensor) {
    return add(name, tensor, Direction::in, true);
}
Argument Plan::optional_in(const char *name, const aclTensor *tensor) {
    return add(name, tensor, Direction::in, false);
}
Argument Plan::out(const char *name, const aclTensor *tensor) {
    return add(name, tensor, Direction::out, true);
}
Argument Plan::optional_out(const char *name, const aclTensor *tensor) {
    return add(name, tensor, Direction::out, false);
}
Argument Plan::in(const char *name, const aclTensorList *list) {
    return add(name, list, Direction::in, true);
}
Argument Plan::optional_in(const char *name, const aclTensorList *list) {
    return add(name, list, Direction::in, false);
}
Argument Plan::out(const char *name, const aclTensorList *list) {
    return add(name, list, Direction::out, true);
}

void Plan::absent(const char *name, const aclTensorList *list) {
    want(!add(name, list, Direction::in, false), INVALID, text(name, " must be absent"));
}

void Plan::absent(const char *name, const aclTensor *tensor) {
    want(!add(name, tensor, Direction::in, false), INVALID, text(name, " must be absent"));
}

std::vector<int64_t> Plan::values(const char *, const aclIntArray *array) {
    if (!array)
        return {};
    executor->arrays.push_back(array);
    return int_arrays().take(array, "T02", INVALID).values;
}

std::string Plan::string(const char *name, const char *string, const char *otherwise) {
    if (!string)
        return otherwise;
    executor->strings.push_back({name, string, string});
    return string;
}

aclOpExecutor *Plan::finish(uint64_t *workspace_size) {
    executor->workspace =
        asked_workspace(executor->device, executor->name, executor->workspace);
    *workspace_size = executor->workspace;
    return executors().add<aclOpExecutor>(std::move(executor));
}

} // namespace cann_double
