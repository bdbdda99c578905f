// CANN's numbers, each under its own name with the prefix `CANN_`.
#pragma once

// aclDataType: the element types of tensors.
enum {
    CANN_ACL_FLOAT = 0,
    CANN_ACL_FLOAT16 = 1,
    CANN_ACL_INT8 = 2,
    CANN_ACL_INT32 = 3,
    CANN_ACL_INT64 = 9,
    CANN_ACL_BF16 = 27,
};

// aclFormat: plain row-major tensors, and the blocks in which the cube unit reads weights.
enum {
    CANN_ACL_FORMAT_ND = 2,
    CANN_ACL_FORMAT_FRACTAL_NZ = 29,
};

// aclrtMemMallocPolicy.
enum {
    CANN_ACL_MEM_MALLOC_HUGE_FIRST = 0,
};

// aclrtMemcpyKind.
enum {
    CANN_ACL_MEMCPY_HOST_TO_DEVICE = 1,
    CANN_ACL_MEMCPY_DEVICE_TO_HOST = 2,
};

// aclrtMemAttr.
enum {
    CANN_ACL_HBM_MEM = 1,
};

// Statuses that the backend treats by themselves; all others are reported by number.
enum {
    CANN_ACL_SUCCESS = 0,
    CANN_ACL_ERROR_REPEAT_INITIALIZE = 100002,
    CANN_ACL_ERROR_COMPILING_STUB_MODE = 100039,
    CANN_ACL_ERROR_RT_CONTEXT_NULL = 107002,
    CANN_ACL_ERROR_BAD_ALLOC = 200000,
    CANN_ACL_ERROR_RT_MEMORY_ALLOCATION = 207001,
    CANN_ACL_ERROR_RT_DEVICE_OOM = 207018,
    CANN_ACL_ERROR_RT_INTERNAL_ERROR = 507000,
    CANN_ACL_ERROR_RT_STREAM_SYNC_TIMEOUT = 507046,
    CANN_ACL_ERROR_RT_DRV_INTERNAL_ERROR = 507899,
    CANN_ACLNN_ERR_PARAM_NULLPTR = 161001,
    CANN_ACLNN_ERR_PARAM_INVALID = 161002,
    CANN_ACLNN_ERR_INNER = 561000,
    CANN_ACLNN_ERR_INNER_TILING_ERROR = 561002,
};
