// What operators are called with: tensors, lists, arrays, executors. Library libnnopbase.so.
#pragma once

#include "cann_types.h"

// Strides and offset are counted in elements; stride NULL means contiguous. NULL on failure.
typedef aclTensor *(*cann_aclCreateTensor)(
    const int64_t *view_dims, uint64_t view_dims_num, int32_t data_type, const int64_t *stride,
    int64_t offset, int32_t format, const int64_t *storage_dims, uint64_t storage_dims_num,
    void *tensor_data);
typedef cann_status (*cann_aclDestroyTensor)(const aclTensor *tensor);

// A list owns its tensors: destroying it destroys them.
typedef aclTensorList *(*cann_aclCreateTensorList)(const aclTensor *const *value, uint64_t size);
typedef cann_status (*cann_aclDestroyTensorList)(const aclTensorList *list);

typedef aclIntArray *(*cann_aclCreateIntArray)(const int64_t *value, uint64_t size);
typedef cann_status (*cann_aclDestroyIntArray)(const aclIntArray *array);

typedef cann_status (*cann_aclSetAclOpExecutorRepeatable)(aclOpExecutor *executor);
typedef cann_status (*cann_aclDestroyAclOpExecutor)(aclOpExecutor *executor);
