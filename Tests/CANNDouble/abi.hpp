// CANN's types and numbers, as its documentation gives them.
#pragma once

#include <cstddef>
#include <cstdint>

struct aclTensor;
struct aclTensorList;
struct aclIntArray;
struct aclOpExecutor;

namespace cann_double {

/// aclError and aclnnStatus.
using Status = int32_t;

constexpr Status SUCCESS = 0;
constexpr Status INVALID_PARAM = 100000;
constexpr Status UNINITIALIZE = 100001;
constexpr Status REPEAT_INITIALIZE = 100002;
constexpr Status REPEAT_FINALIZE = 100037;
constexpr Status RT_PARAM_INVALID = 107000;
constexpr Status RT_INVALID_DEVICEID = 107001;
constexpr Status RT_CONTEXT_NULL = 107002;
constexpr Status RT_STREAM_CONTEXT = 107003;
constexpr Status RT_ADDR_UNALIGNED = 107008;
constexpr Status RT_INVALID_HANDLE = 107017;
constexpr Status NULLPTR = 161001;
constexpr Status INVALID = 161002;
constexpr Status RT_FEATURE_NOT_SUPPORT = 207000;
constexpr Status RT_MEMORY_ALLOCATION = 207001;
constexpr Status RUNTIME_ERROR = 361001;
constexpr Status INTERNAL_ERROR = 500000;
constexpr Status RT_AICORE_EXCEPTION = 507015;
constexpr Status RT_STREAM_SYNC_TIMEOUT = 507046;
constexpr Status DRV_INTERNAL_ERROR = 507899;
constexpr Status INNER = 561000;
constexpr Status TILING = 561002;
constexpr Status FIND_KERNEL = 561003;
constexpr Status INNER_NULLPTR = 561103;

/// aclDataType.
constexpr int32_t FLOAT = 0;
constexpr int32_t FLOAT16 = 1;
constexpr int32_t INT8 = 2;
constexpr int32_t INT32 = 3;
constexpr int32_t UINT8 = 4;
constexpr int32_t INT64 = 9;
constexpr int32_t UINT64 = 10;
constexpr int32_t BOOL = 12;
constexpr int32_t BF16 = 27;

/// aclFormat.
constexpr int32_t ND = 2;
constexpr int32_t FRACTAL_NZ = 29;

/// aclrtMemcpyKind.
constexpr int32_t HOST_TO_HOST = 0;
constexpr int32_t HOST_TO_DEVICE = 1;
constexpr int32_t DEVICE_TO_HOST = 2;
constexpr int32_t DEVICE_TO_DEVICE = 3;

/// aclrtMemAttr.
constexpr int32_t HBM_MEM = 1;

/// Flags of events.
constexpr uint32_t EVENT_SYNC = 0x1;
constexpr uint32_t EVENT_TIME_LINE = 0x8;

} // namespace cann_double
