// Two readings of CANN's documentation, the double's and the library's, say the same.
#include "cann.h"

#include "abi.hpp"
#include "functions.hpp"

#include <type_traits>

namespace cann_double {

#define SAME(name)                                                                                 \
    static_assert(std::is_same_v<decltype(&cann_double::name), cann_##name>, #name);
#define SAME_PHASES(name)                                                                          \
    static_assert(std::is_same_v<decltype(&cann_double::name), cann_aclnn>, #name);                \
    SAME(name##GetWorkspaceSize)

SAME(aclInit)
SAME(aclGetRecentErrMsg)
SAME(aclrtGetDeviceCount)
SAME(aclrtSetDevice)
SAME(aclrtResetDevice)
SAME(aclrtGetSocName)
SAME(aclrtGetVersion)
SAME(aclsysGetVersionStr)
SAME(aclrtCreateContext)
SAME(aclrtDestroyContext)
SAME(aclrtSetCurrentContext)
SAME(aclrtCreateStream)
SAME(aclrtDestroyStream)
SAME(aclrtSynchronizeStream)
SAME(aclrtMalloc)
SAME(aclrtFree)
SAME(aclrtMallocHost)
SAME(aclrtFreeHost)
SAME(aclrtMemcpy)
SAME(aclrtMemcpyAsync)
SAME(aclrtMemset)
SAME(aclrtGetMemInfo)
SAME(aclCreateTensor)
SAME(aclDestroyTensor)
SAME(aclCreateTensorList)
SAME(aclDestroyTensorList)
SAME(aclCreateIntArray)
SAME(aclDestroyIntArray)
SAME(aclSetAclOpExecutorRepeatable)
SAME(aclDestroyAclOpExecutor)
SAME_PHASES(aclnnDequantSwigluQuant)
SAME_PHASES(aclnnDequantSwigluQuantV2)
SAME_PHASES(aclnnGroupedMatmulV4)
SAME_PHASES(aclnnGroupedMatmulV5)
SAME_PHASES(aclnnGroupedMatmulWeightNz)
SAME_PHASES(aclnnMoeInitRoutingV3)
SAME_PHASES(aclnnMoeTokenUnpermute)
SAME_PHASES(aclnnMoeFinalizeRoutingV2)
SAME_PHASES(aclnnMoeGatingTopK)

static_assert(CANN_ACL_FLOAT == FLOAT && CANN_ACL_FLOAT16 == FLOAT16 && CANN_ACL_BF16 == BF16);
static_assert(CANN_ACL_INT8 == INT8 && CANN_ACL_INT32 == INT32 && CANN_ACL_INT64 == INT64);
static_assert(CANN_ACL_FORMAT_ND == ND && CANN_ACL_FORMAT_FRACTAL_NZ == FRACTAL_NZ);
static_assert(CANN_ACL_MEMCPY_HOST_TO_DEVICE == HOST_TO_DEVICE &&
              CANN_ACL_MEMCPY_DEVICE_TO_HOST == DEVICE_TO_HOST && CANN_ACL_HBM_MEM == HBM_MEM);
static_assert(CANN_ACL_ERROR_REPEAT_INITIALIZE == REPEAT_INITIALIZE &&
              CANN_ACL_ERROR_RT_CONTEXT_NULL == RT_CONTEXT_NULL &&
              CANN_ACL_ERROR_RT_MEMORY_ALLOCATION == RT_MEMORY_ALLOCATION &&
              CANN_ACL_ERROR_RT_STREAM_SYNC_TIMEOUT == RT_STREAM_SYNC_TIMEOUT &&
              CANN_ACL_ERROR_RT_DRV_INTERNAL_ERROR == DRV_INTERNAL_ERROR &&
              CANN_ACLNN_ERR_PARAM_NULLPTR == NULLPTR && CANN_ACLNN_ERR_PARAM_INVALID == INVALID &&
              CANN_ACLNN_ERR_INNER == INNER && CANN_ACLNN_ERR_INNER_TILING_ERROR == TILING);

} // namespace cann_double
