#include "launch.hpp"

#include "call.hpp"
#include "context.hpp"
#include "numbers.hpp"
#include "plan.hpp"

#include <cstring>
#include <sys/uio.h>
#include <unistd.h>

namespace cann_double {

namespace {

/// Whether the string still stands where it stood in the first phase.
bool is_kept(const KeptString &kept) {
    std::string now(kept.value.size() + 1, '\0');
    const iovec local{now.data(), now.size()};
    const iovec remote{const_cast<char *>(kept.address), now.size()};
    const ssize_t count = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
    // Where reading one's own memory this way is forbidden, nothing can be said.
    if (count < 0 && errno != EFAULT)
        return true;
    return count == static_cast<ssize_t>(now.size()) && now.c_str() == kept.value;
}

Operand resolve(const Slot &slot, int device) {
    const Tensor *tensor = tensors().find(slot.tensor);
    if (!tensor)
        misuse("P08", RUNTIME_ERROR, text(slot.name, ": the tensor is gone"));
    const size_t size = tensor->bytes();
    if (size == 0)
        return Operand(slot.name, *tensor, {});
    if (!tensor->data)
        misuse("T02", RUNTIME_ERROR, text(slot.name, ": the tensor has no address"));
    Range range = device_range("T01", slot.name, tensor->data, size);
    if (range.block->device != device)
        misuse("T01", RUNTIME_ERROR,
               text(slot.name, ": memory of device ", range.block->device, " on device ", device));
    return Operand(slot.name, *tensor, std::move(range));
}

Range check_workspace(const Executor &executor, void *address, uint64_t size) {
    if (executor.workspace > 0 && !address)
        misuse("P04", NULLPTR, text("no workspace, ", executor.workspace, " bytes wanted"));
    if (size != executor.workspace)
        violation("P05", text("workspaceSize is ", size, ", the first phase said ",
                              executor.workspace));
    if (executor.workspace == 0)
        return {};
    Range range = device_range("P04", "workspace", address, executor.workspace);
    if (reinterpret_cast<uintptr_t>(address) % 32 != 0)
        violation("R12", text("workspace ", address, " is no multiple of 32"));
    return range;
}

void look_for_overlaps(const Task &task) {
    for (const Range &write : task.writes) {
        for (const Range &read : task.reads)
            if (write.overlaps(read))
                violation(&write == &task.writes.back() && task.workspace.block ? "P04" : "U01",
                          "an output or the workspace overlaps an input");
        for (const Range &other : task.writes)
            if (&other < &write && write.overlaps(other))
                violation(&write == &task.writes.back() && task.workspace.block ? "P04" : "U01",
                          "two outputs, or an output and the workspace, overlap");
    }
}

/// Looks at everything that the second phase is given and puts the kernel on the stream.
void enqueue_kernel(const Executor &executor, void *workspace, uint64_t workspace_size,
                    void *stream_handle) {
    if (executor.thread != std::this_thread::get_id())
        violation("P07", "the first phase was in another thread");
    for (const KeptString &kept : executor.strings)
        if (!is_kept(kept))
            violation("D03", text(kept.name, " has changed since the first phase"));
    for (const aclIntArray *array : executor.arrays)
        int_arrays().take(array, "P08", RUNTIME_ERROR);
    Stream &stream = take_stream(stream_handle);
    Task task;
    task.name = executor.name;
    std::vector<Operand> operands;
    for (const Slot &slot : executor.slots) {
        operands.push_back(slot.tensor ? resolve(slot, stream.device) : Operand());
        const Tensor *tensor = tensors().find(slot.tensor);
        if (tensor && tensor->bytes() > 0)
            (slot.direction == Direction::in ? task.reads : task.writes)
                .push_back(device_range("T01", slot.name, tensor->data, tensor->bytes()));
    }
    task.workspace = check_workspace(executor, workspace, workspace_size);
    if (task.workspace.block)
        task.writes.push_back(task.workspace);
    look_for_overlaps(task);
    task.run = [kernel = executor.kernel, operands, scratch = task.workspace] {
        if (scratch.block)
            std::memset(scratch.bytes(), 0xEE, scratch.size);
        Launch launch(operands);
        kernel(launch);
    };
    enqueue(stream, std::move(task));
}

} // namespace

Status launch(const char *name, void *workspace, uint64_t workspace_size, aclOpExecutor *handle,
              void *stream) {
    return answer(name, Needs::context, Injected::done, [&](Call &call) {
        if (!handle)
            misuse("P01", NULLPTR, "executor is NULL");
        Executor &executor = executors().take(handle, "P02", NULLPTR);
        if (executor.name != name)
            misuse("P01", INVALID, text("the executor is one of ", executor.name));
        executor.runs++;
        // Whatever comes of it, an executor that is not repeatable is used up.
        struct Consumed {
            const aclOpExecutor *handle;
            bool whether;
            ~Consumed() {
                if (whether)
                    executors().remove(handle);
            }
        } consumed{handle, !executor.repeatable};
        if (call.injected() == SUCCESS)
            enqueue_kernel(executor, workspace, workspace_size, stream);
    });
}

void trap(const char *rule, const std::string &message) {
    violation(rule, message);
    fail(RT_AICORE_EXCEPTION, message);
}

Operand &Launch::operator[](const Argument &argument) { return operands[argument.slot]; }

Operand::Operand(std::string name, Tensor tensor, Range range)
    : name(std::move(name)), tensor(std::move(tensor)), range(std::move(range)),
      size(type_size(this->tensor.type)) {}

size_t Operand::at(int64_t i) const {
    return static_cast<size_t>(tensor.offset + i * tensor.strides[0]);
}
size_t Operand::at(int64_t i, int64_t j) const {
    return static_cast<size_t>(tensor.offset + i * tensor.strides[0] + j * tensor.strides[1]);
}
size_t Operand::at(int64_t i, int64_t j, int64_t k) const {
    return static_cast<size_t>(tensor.offset + i * tensor.strides[0] + j * tensor.strides[1] +
                               k * tensor.strides[2]);
}

const uint8_t *Operand::read(size_t element) {
    const Range one{range.block, range.start + element * size, size};
    if (!complained && !one.is_written()) {
        complained = true;
        violation("U02", text(name, ": element ", element, " was never written"));
    }
    return one.bytes();
}

uint8_t *Operand::write(size_t element) {
    const Range one{range.block, range.start + element * size, size};
    one.mark_written();
    return one.bytes();
}

float Operand::number(size_t element) {
    const uint8_t *bytes = read(element);
    float wide;
    uint16_t narrow;
    switch (tensor.type) {
    case FLOAT:
        std::memcpy(&wide, bytes, sizeof wide);
        return wide;
    case BF16:
        std::memcpy(&narrow, bytes, sizeof narrow);
        return from_bf16(narrow);
    case FLOAT16:
        std::memcpy(&narrow, bytes, sizeof narrow);
        return from_f16(narrow);
    default:
        return static_cast<float>(whole(element));
    }
}

int64_t Operand::whole(size_t element) {
    const uint8_t *bytes = read(element);
    int32_t narrow;
    int64_t wide;
    switch (tensor.type) {
    case INT32:
        std::memcpy(&narrow, bytes, sizeof narrow);
        return narrow;
    case INT64:
        std::memcpy(&wide, bytes, sizeof wide);
        return wide;
    case BOOL:
        return *bytes;
    default:
        return static_cast<int8_t>(*bytes);
    }
}

void Operand::set(size_t element, float value) {
    const uint16_t narrow = tensor.type == BF16 ? to_bf16(value) : to_f16(value);
    if (tensor.type == FLOAT)
        std::memcpy(write(element), &value, sizeof value);
    else
        std::memcpy(write(element), &narrow, sizeof narrow);
}

void Operand::set_whole(size_t element, int64_t value) {
    // Little-endian, so that the low bytes come first.
    std::memcpy(write(element), &value, size);
}

void Operand::copy(size_t element, Operand &from, size_t source) {
    std::memcpy(write(element), from.read(source), size);
}

void Operand::spoil(size_t element, size_t count) {
    const size_t start = range.start + element * size;
    if (count == 0)
        return;
    // A NaN in every float type, and a large odd number in the others.
    std::memset(range.block->bytes() + start, tensor.type == INT8 || tensor.type == INT32 ? 0x7F : 0xFF,
                count * size);
    std::fill_n(range.block->written.begin() + static_cast<ptrdiff_t>(start), count * size, 0);
}

} // namespace cann_double
