#include "tensor.hpp"

#include "call.hpp"
#include "context.hpp"
#include "executor.hpp"
#include "functions.hpp"
#include "memory.hpp"

namespace cann_double {

namespace {

int64_t product(const std::vector<int64_t> &dims) {
    int64_t result = 1;
    for (const int64_t dim : dims)
        if (__builtin_mul_overflow(result, dim, &result))
            refuse(INVALID, text("dims ", dims, " overflow"));
    return result;
}

std::vector<int64_t> not_negative(const char *name, const int64_t *values, uint64_t count) {
    if (!values && count > 0)
        refuse(NULLPTR, text(name, " is NULL"));
    if (count > 8)
        refuse(INVALID, text(name, ": ", count, " dimensions"));
    std::vector<int64_t> result(values, values + count);
    for (const int64_t value : result)
        if (value < 0)
            refuse(INVALID, text(name, " ", result, ": negative"));
    return result;
}

/// Elements from the start of the storage to the last one that the view reaches.
int64_t reach(const Tensor &tensor) {
    int64_t last = tensor.offset;
    for (size_t i = 0; i < tensor.dims.size(); i++) {
        if (tensor.dims[i] == 0)
            return 0;
        int64_t step = 0;
        if (__builtin_mul_overflow(tensor.dims[i] - 1, tensor.strides[i], &step) ||
            __builtin_add_overflow(last, step, &last))
            refuse(INVALID, text("view ", tensor.dims, ", strides ", tensor.strides, " overflow"));
    }
    return last + 1;
}

int64_t blocks_of(int64_t size, int64_t block) { return (size + block - 1) / block; }

void check_fractal(const Tensor &tensor) {
    if (tensor.dims.size() < 2 || tensor.storage.size() != tensor.dims.size() + 2)
        misuse("T03", INVALID, text("FRACTAL_NZ: view ", tensor.dims, ", storage ", tensor.storage));
    const size_t lead = tensor.dims.size() - 2;
    const int64_t width = 32 / static_cast<int64_t>(type_size(tensor.type));
    std::vector<int64_t> wanted(tensor.dims.begin(),
                                tensor.dims.begin() + static_cast<ptrdiff_t>(lead));
    wanted.insert(wanted.end(), {blocks_of(tensor.dims[lead + 1], width),
                                 blocks_of(tensor.dims[lead], 16), 16, width});
    if (tensor.storage != wanted)
        misuse("T03", INVALID,
               text("FRACTAL_NZ of ", tensor.dims, ": storage ", tensor.storage, ", wanted ",
                    wanted));
    if (!tensor.is_contiguous() || tensor.offset != 0)
        misuse("T03", INVALID, "FRACTAL_NZ: the view is not contiguous from offset 0");
}

void destroy_tensor(const aclTensor *handle, const aclTensorList *by) {
    const Tensor &tensor = tensors().take(handle, "P09", INVALID);
    if (tensor.list != by)
        misuse("P09", INVALID, text("tensor ", handle, " belongs to a list, which destroys it"));
    if (const Executor *user = waiting_executor(handle))
        violation("P08", text("tensor ", handle, " destroyed while ", user->name, " needs it"));
    tensors().remove(handle);
}

} // namespace

int64_t Tensor::count() const { return product(dims); }

size_t Tensor::bytes() const {
    const int64_t elements = format == FRACTAL_NZ ? product(storage) : reach(*this);
    return static_cast<size_t>(elements) * type_size(type);
}

bool Tensor::is_contiguous() const {
    const std::vector<int64_t> wanted = contiguous_strides(dims);
    for (size_t i = 0; i < dims.size(); i++)
        if (dims[i] > 1 && strides[i] != wanted[i])
            return false;
    return true;
}

Registry<Tensor> &tensors() {
    static auto *all = new Registry<Tensor>("tensor");
    return *all;
}

Registry<TensorList> &tensor_lists() {
    static auto *all = new Registry<TensorList>("tensor list");
    return *all;
}

Registry<IntArray> &int_arrays() {
    static auto *all = new Registry<IntArray>("int array");
    return *all;
}

size_t type_size(int32_t type) {
    switch (type) {
    case INT8: case UINT8: case BOOL: return 1;
    case FLOAT16: case BF16: return 2;
    case FLOAT: case INT32: return 4;
    case INT64: case UINT64: return 8;
    default: return 0;
    }
}

std::string type_name(int32_t type) {
    switch (type) {
    case FLOAT: return "FLOAT";
    case FLOAT16: return "FLOAT16";
    case INT8: return "INT8";
    case INT32: return "INT32";
    case UINT8: return "UINT8";
    case INT64: return "INT64";
    case UINT64: return "UINT64";
    case BOOL: return "BOOL";
    case BF16: return "BF16";
    default: return text("data type ", type);
    }
}

std::vector<int64_t> contiguous_strides(const std::vector<int64_t> &dims) {
    std::vector<int64_t> strides(dims.size(), 1);
    for (size_t i = dims.size(); i-- > 1;)
        strides[i - 1] = strides[i] * dims[i];
    return strides;
}

void look_at_address(const Tensor &tensor, const void *address) {
    if (!address)
        return;
    device_range("T01", text("tensor ", tensor.dims, " of ", type_name(tensor.type)), address,
                 tensor.bytes());
    if (reinterpret_cast<uintptr_t>(address) % 32 != 0)
        violation("R12", text("address ", address, " is no multiple of 32"));
}

aclTensor *aclCreateTensor(const int64_t *view_dims, uint64_t view_dims_count, int32_t type,
                           const int64_t *strides, int64_t offset, int32_t format,
                           const int64_t *storage_dims, uint64_t storage_dims_count, void *data) {
    return create<aclTensor>("aclCreateTensor", Needs::initialisation, [&] {
        Tensor made{current_device(), not_negative("viewDims", view_dims, view_dims_count), {},
                    not_negative("storageDims", storage_dims, storage_dims_count), offset, type,
                    format, data};
        made.strides = strides ? not_negative("stride", strides, view_dims_count)
                               : contiguous_strides(made.dims);
        if (type_size(type) == 0)
            refuse(INVALID, type_name(type));
        if (offset < 0)
            refuse(INVALID, text("offset ", offset));
        if (made.count() > INT32_MAX)
            refuse(INVALID, text("view ", made.dims, ": 2^31 elements or more"));
        if (format == FRACTAL_NZ)
            check_fractal(made);
        else if (format != ND)
            refuse(INVALID, text("format ", format));
        else if (reach(made) > product(made.storage))
            misuse("T01", INVALID,
                   text("view ", made.dims, ", strides ", made.strides, ", offset ", offset,
                        ": outside the storage ", made.storage));
        look_at_address(made, data);
        return tensors().add<aclTensor>(std::make_unique<Tensor>(std::move(made)));
    });
}

Status aclDestroyTensor(const aclTensor *tensor) {
    return answer("aclDestroyTensor", Needs::nothing, Injected::done, [&](Call &) {
        if (tensor)
            destroy_tensor(tensor, nullptr);
    });
}

aclTensorList *aclCreateTensorList(const aclTensor *const *members, uint64_t count) {
    return create<aclTensorList>("aclCreateTensorList", Needs::initialisation, [&] {
        if (!members && count > 0)
            refuse(NULLPTR, "value is NULL");
        if (count > 128)
            refuse(INVALID, text(count, " tensors"));
        TensorList made{current_device(), {members, members + count}};
        std::set<const aclTensor *> once;
        for (const aclTensor *member : made.tensors)
            if (member && (tensors().take(member, "T02", INVALID).list || !once.insert(member).second))
                misuse("P09", INVALID, text("tensor ", member, " is in a list already"));
        auto *list = tensor_lists().add<aclTensorList>(std::make_unique<TensorList>(made));
        for (const aclTensor *member : made.tensors)
            if (member)
                tensors().find(member)->list = list;
        return list;
    });
}

Status aclDestroyTensorList(const aclTensorList *list) {
    return answer("aclDestroyTensorList", Needs::nothing, Injected::done, [&](Call &) {
        if (!list)
            return;
        for (const aclTensor *member : tensor_lists().take(list, "P09", INVALID).tensors)
            if (member)
                destroy_tensor(member, list);
        tensor_lists().remove(list);
    });
}

aclIntArray *aclCreateIntArray(const int64_t *values, uint64_t count) {
    return create<aclIntArray>("aclCreateIntArray", Needs::initialisation, [&] {
        if (!values && count > 0)
            refuse(NULLPTR, "value is NULL");
        return int_arrays().add<aclIntArray>(std::make_unique<IntArray>(
            IntArray{current_device(), {values, values + count}}));
    });
}

Status aclDestroyIntArray(const aclIntArray *array) {
    return answer("aclDestroyIntArray", Needs::nothing, Injected::done, [&](Call &) {
        if (!array)
            return;
        int_arrays().take(array, "P09", INVALID);
        if (const Executor *user = waiting_executor(array))
            violation("P08", text("array ", array, " destroyed while ", user->name, " needs it"));
        int_arrays().remove(array);
    });
}

} // namespace cann_double
