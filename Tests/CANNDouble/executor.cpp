#include "executor.hpp"

#include "call.hpp"
#include "context.hpp"
#include "functions.hpp"

#include <optional>

namespace cann_double {

namespace {

struct WorkspaceRule {
    int device;
    std::optional<std::string> name;
    uint64_t bytes, growth;
};

std::vector<WorkspaceRule> &workspace_rules() {
    static auto *all = new std::vector<WorkspaceRule>;
    return *all;
}

Executor &take_executor(const aclOpExecutor *handle) {
    if (!handle)
        misuse("P10", INNER_NULLPTR, "executor is NULL");
    return executors().take(handle, "P02", INVALID);
}

/// The slots of one direction, or all.
std::vector<const Slot *> slots_of(const Executor &executor, std::optional<Direction> direction) {
    std::vector<const Slot *> found;
    for (const Slot &slot : executor.slots)
        if (!direction || slot.direction == *direction)
            found.push_back(&slot);
    return found;
}

void set_address(const Slot *slot, const aclTensor *wanted, void *address) {
    if (!slot || !slot->tensor)
        misuse("P13", INVALID, "the index is out of range, or of an absent tensor");
    if (slot->tensor != wanted)
        misuse("P13", INVALID, text("the index is of ", slot->name, ", the tensor is not"));
    if (!address)
        misuse("P13", INVALID, "the address is NULL");
    Tensor &tensor = *tensors().find(wanted);
    look_at_address(tensor, address);
    tensor.data = address;
}

Status set_single(const char *name, const aclOpExecutor *handle, std::optional<Direction> direction,
                  size_t index, const aclTensor *tensor, void *address) {
    return answer(name, Needs::nothing, [&] {
        const Executor &executor = take_executor(handle);
        if (!executor.repeatable)
            misuse("P13", INVALID, "the executor is not repeatable");
        if (!tensor)
            misuse("P13", INNER_NULLPTR, "tensor is NULL");
        const auto slots = slots_of(executor, direction);
        set_address(index < slots.size() ? slots[index] : nullptr, tensor, address);
    });
}

Status set_member(const char *name, const aclOpExecutor *handle, Direction direction,
                  size_t parameter, size_t member, const aclTensorList *list, void *address) {
    return answer(name, Needs::nothing, [&] {
        const Executor &executor = take_executor(handle);
        if (!executor.repeatable)
            misuse("P13", INVALID, "the executor is not repeatable");
        if (!list)
            misuse("P13", INNER_NULLPTR, "list is NULL");
        const TensorList &tensors = tensor_lists().take(list, "P13", INVALID);
        if (member >= tensors.tensors.size())
            misuse("P13", INVALID, text("member ", member, " of ", tensors.tensors.size()));
        const Slot *found = nullptr;
        for (const Slot *slot : slots_of(executor, direction))
            if (slot->parameter == parameter && slot->member == member && slot->list == list)
                found = slot;
        set_address(found, tensors.tensors[member], address);
    });
}

} // namespace

Registry<Executor> &executors() {
    static auto *all = new Registry<Executor>("executor");
    return *all;
}

const Executor *waiting_executor(const void *handle) {
    const Executor *found = nullptr;
    executors().each([&](const Executor &executor) {
        for (const Slot &slot : executor.slots)
            if (handle == slot.tensor || handle == slot.list)
                found = &executor;
        for (const aclIntArray *array : executor.arrays)
            if (handle == array)
                found = &executor;
    });
    return found;
}

void set_workspace(int device, const char *name, uint64_t bytes, uint64_t growth) {
    std::optional<std::string> only;
    if (name)
        only = name;
    workspace_rules().push_back({device, only, bytes, growth});
}

uint64_t asked_workspace(int device, const std::string &name, uint64_t wanted) {
    for (WorkspaceRule &rule : workspace_rules()) {
        if ((rule.device >= 0 && rule.device != device) || (rule.name && *rule.name != name))
            continue;
        wanted = rule.bytes;
        rule.bytes += rule.growth;
    }
    return wanted;
}

Status aclSetAclOpExecutorRepeatable(aclOpExecutor *handle) {
    return answer("aclSetAclOpExecutorRepeatable", Needs::nothing, [&] {
        Executor &executor = take_executor(handle);
        if (executor.runs > 0 || executor.repeatable)
            misuse("P10", INNER, "wanted directly after the first phase, and once");
        executor.repeatable = true;
    });
}

Status aclDestroyAclOpExecutor(aclOpExecutor *handle) {
    return answer("aclDestroyAclOpExecutor", Needs::nothing, Injected::done, [&](Call &) {
        if (!handle)
            return;
        take_executor(handle);
        executors().remove(handle);
    });
}

Status aclSetTensorAddr(aclOpExecutor *executor, const size_t index, aclTensor *tensor,
                        void *address) {
    return set_single("aclSetTensorAddr", executor, std::nullopt, index, tensor, address);
}

Status aclSetInputTensorAddr(aclOpExecutor *executor, const size_t index, aclTensor *tensor,
                             void *address) {
    return set_single("aclSetInputTensorAddr", executor, Direction::in, index, tensor, address);
}

Status aclSetOutputTensorAddr(aclOpExecutor *executor, const size_t index, aclTensor *tensor,
                              void *address) {
    return set_single("aclSetOutputTensorAddr", executor, Direction::out, index, tensor, address);
}

Status aclSetDynamicInputTensorAddr(aclOpExecutor *executor, size_t parameter, const size_t member,
                                    aclTensorList *list, void *address) {
    return set_member("aclSetDynamicInputTensorAddr", executor, Direction::in, parameter, member,
                      list, address);
}

Status aclSetDynamicOutputTensorAddr(aclOpExecutor *executor, size_t parameter, const size_t member,
                                     aclTensorList *list, void *address) {
    return set_member("aclSetDynamicOutputTensorAddr", executor, Direction::out, parameter, member,
                      list, address);
}

Status aclSetRawTensorAddr(aclTensor *handle, void *address) {
    return answer("aclSetRawTensorAddr", Needs::nothing, [&] {
        if (!handle)
            refuse(NULLPTR, "tensor is NULL");
        Tensor &tensor = tensors().take(handle, "T02", INVALID);
        if (const Executor *user = waiting_executor(handle))
            violation("P12", text("between the phases of ", user->name));
        look_at_address(tensor, address);
        tensor.data = address;
    });
}

Status aclnnInit(const char *) {
    return answer("aclnnInit", Needs::initialisation, [] {});
}

Status aclnnFinalize() {
    return answer("aclnnFinalize", Needs::initialisation, [] {});
}

} // namespace cann_double
