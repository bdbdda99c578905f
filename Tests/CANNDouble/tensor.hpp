// Tensors, lists of them, and arrays of integers.
#pragma once

#include "registry.hpp"

#include <set>
#include <vector>

namespace cann_double {

/// The description of a tensor and where its elements are.
struct Tensor {
    int device;
    std::vector<int64_t> dims;
    std::vector<int64_t> strides;
    std::vector<int64_t> storage;
    int64_t offset;
    int32_t type;
    int32_t format;
    void *data;
    /// The list that destroys it.
    const aclTensorList *list = nullptr;

    int64_t count() const;
    /// Bytes from `data` to the end of what the tensor describes.
    size_t bytes() const;
    bool is_contiguous() const;
};

struct TensorList {
    int device;
    std::vector<const aclTensor *> tensors;
};

struct IntArray {
    int device;
    std::vector<int64_t> values;
};

Registry<Tensor> &tensors();
Registry<TensorList> &tensor_lists();
Registry<IntArray> &int_arrays();

/// Bytes of an element; 0 for a type that the double does not know.
size_t type_size(int32_t type);
/// Strides of a contiguous tensor.
std::vector<int64_t> contiguous_strides(const std::vector<int64_t> &dims);
/// The address for a tensor, which may be NULL; records what is wrong with it.
void look_at_address(const Tensor &tensor, const void *address);

} // namespace cann_double
