// Every function of CANN that the double stands in for, under its own name, and the library that
// has it. The prototypes are a second reading of CANN's documentation, made apart from the one
// behind `cann.h`; declarations.cpp compares the two.
#pragma once

#include "abi.hpp"

// The runtime: libascendcl.so, libacl_rt.so.
#define CANN_DOUBLE_RUNTIME(X)                                                                     \
    X(aclInit)                                                                                     \
    X(aclFinalize)                                                                                 \
    X(aclGetRecentErrMsg)                                                                          \
    X(aclrtGetSocName)                                                                             \
    X(aclrtGetVersion)                                                                             \
    X(aclsysGetVersionStr)                                                                         \
    X(aclGetDeviceCapability)                                                                      \
    X(aclrtGetDeviceCount)                                                                         \
    X(aclrtSetDevice)                                                                              \
    X(aclrtResetDevice)                                                                            \
    X(aclrtGetDevice)                                                                              \
    X(aclrtCreateContext)                                                                          \
    X(aclrtDestroyContext)                                                                         \
    X(aclrtSetCurrentContext)                                                                      \
    X(aclrtGetCurrentContext)                                                                      \
    X(aclrtCreateStream)                                                                           \
    X(aclrtCreateStreamWithConfig)                                                                 \
    X(aclrtDestroyStream)                                                                          \
    X(aclrtSynchronizeStream)                                                                      \
    X(aclrtSynchronizeStreamWithTimeout)                                                           \
    X(aclrtMalloc)                                                                                 \
    X(aclrtFree)                                                                                   \
    X(aclrtMallocHost)                                                                             \
    X(aclrtFreeHost)                                                                               \
    X(aclrtMemcpy)                                                                                 \
    X(aclrtMemcpyAsync)                                                                            \
    X(aclrtMemset)                                                                                 \
    X(aclrtMemsetAsync)                                                                            \
    X(aclrtGetMemInfo)                                                                             \
    X(aclrtCreateEvent)                                                                            \
    X(aclrtCreateEventExWithFlag)                                                                  \
    X(aclrtDestroyEvent)                                                                           \
    X(aclrtRecordEvent)                                                                            \
    X(aclrtStreamWaitEvent)                                                                        \
    X(aclrtSynchronizeEvent)                                                                       \
    X(aclrtQueryEventStatus)                                                                       \
    X(aclrtEventElapsedTime)

// Tensors, lists, arrays and executors: libnnopbase.so.
#define CANN_DOUBLE_META(X)                                                                        \
    X(aclCreateTensor)                                                                             \
    X(aclDestroyTensor)                                                                            \
    X(aclCreateTensorList)                                                                         \
    X(aclDestroyTensorList)                                                                        \
    X(aclCreateIntArray)                                                                           \
    X(aclDestroyIntArray)                                                                          \
    X(aclSetAclOpExecutorRepeatable)                                                               \
    X(aclDestroyAclOpExecutor)                                                                     \
    X(aclSetTensorAddr)                                                                            \
    X(aclSetInputTensorAddr)                                                                       \
    X(aclSetOutputTensorAddr)                                                                      \
    X(aclSetDynamicInputTensorAddr)                                                                \
    X(aclSetDynamicOutputTensorAddr)                                                               \
    X(aclSetRawTensorAddr)                                                                         \
    X(aclnnInit)                                                                                   \
    X(aclnnFinalize)

// Operators, each two functions: libopapi.so, or its parts in newer releases.
#define CANN_DOUBLE_OPERATORS_NN(X)                                                                \
    X(aclnnDequantSwigluQuant)                                                                     \
    X(aclnnDequantSwigluQuantV2)                                                                   \
    X(aclnnDynamicQuant)
#define CANN_DOUBLE_OPERATORS_TRANSFORMER(X)                                                       \
    X(aclnnGroupedMatmulV4)                                                                        \
    X(aclnnGroupedMatmulV5)                                                                        \
    X(aclnnGroupedMatmulWeightNz)                                                                  \
    X(aclnnMoeInitRoutingV3)                                                                       \
    X(aclnnMoeTokenUnpermute)                                                                      \
    X(aclnnMoeFinalizeRoutingV2)                                                                   \
    X(aclnnMoeGatingTopKSoftmaxV2)                                                                 \
    X(aclnnMoeGatingTopK)
#define CANN_DOUBLE_OPERATORS_MATH(X) X(aclnnNpuFormatCast)

namespace cann_double {

Status aclInit(const char *config_path);
Status aclFinalize(void);
const char *aclGetRecentErrMsg(void);
const char *aclrtGetSocName(void);
Status aclrtGetVersion(int32_t *major, int32_t *minor, int32_t *patch);
Status aclsysGetVersionStr(char *package, char *version);
Status aclGetDeviceCapability(uint32_t device, int32_t info, int64_t *value);
Status aclrtGetDeviceCount(uint32_t *count);
Status aclrtSetDevice(int32_t device);
Status aclrtResetDevice(int32_t device);
Status aclrtGetDevice(int32_t *device);
Status aclrtCreateContext(void **context, int32_t device);
Status aclrtDestroyContext(void *context);
Status aclrtSetCurrentContext(void *context);
Status aclrtGetCurrentContext(void **context);
Status aclrtCreateStream(void **stream);
Status aclrtCreateStreamWithConfig(void **stream, uint32_t priority, uint32_t flag);
Status aclrtDestroyStream(void *stream);
Status aclrtSynchronizeStream(void *stream);
Status aclrtSynchronizeStreamWithTimeout(void *stream, int32_t milliseconds);
Status aclrtMalloc(void **block, size_t size, int32_t policy);
Status aclrtFree(void *block);
Status aclrtMallocHost(void **block, size_t size);
Status aclrtFreeHost(void *block);
Status aclrtMemcpy(void *to, size_t capacity, const void *from, size_t count, int32_t kind);
Status aclrtMemcpyAsync(void *to, size_t capacity, const void *from, size_t count, int32_t kind,
                        void *stream);
Status aclrtMemset(void *block, size_t capacity, int32_t value, size_t count);
Status aclrtMemsetAsync(void *block, size_t capacity, int32_t value, size_t count, void *stream);
Status aclrtGetMemInfo(int32_t attribute, size_t *free, size_t *total);
Status aclrtCreateEvent(void **event);
Status aclrtCreateEventExWithFlag(void **event, uint32_t flag);
Status aclrtDestroyEvent(void *event);
Status aclrtRecordEvent(void *event, void *stream);
Status aclrtStreamWaitEvent(void *stream, void *event);
Status aclrtSynchronizeEvent(void *event);
Status aclrtQueryEventStatus(void *event, int32_t *status);
Status aclrtEventElapsedTime(float *milliseconds, void *start, void *end);

aclTensor *aclCreateTensor(const int64_t *view_dims, uint64_t view_dims_count, int32_t type,
                           const int64_t *strides, int64_t offset, int32_t format,
                           const int64_t *storage_dims, uint64_t storage_dims_count, void *data);
Status aclDestroyTensor(const aclTensor *tensor);
aclTensorList *aclCreateTensorList(const aclTensor *const *tensors, uint64_t count);
Status aclDestroyTensorList(const aclTensorList *list);
aclIntArray *aclCreateIntArray(const int64_t *values, uint64_t count);
Status aclDestroyIntArray(const aclIntArray *array);
Status aclSetAclOpExecutorRepeatable(aclOpExecutor *executor);
Status aclDestroyAclOpExecutor(aclOpExecutor *executor);
Status aclSetTensorAddr(aclOpExecutor *executor, const size_t index, aclTensor *tensor,
                        void *address);
Status aclSetInputTensorAddr(aclOpExecutor *executor, const size_t index, aclTensor *tensor,
                             void *address);
Status aclSetOutputTensorAddr(aclOpExecutor *executor, const size_t index, aclTensor *tensor,
                              void *address);
Status aclSetDynamicInputTensorAddr(aclOpExecutor *executor, size_t parameter, const size_t member,
                                    aclTensorList *list, void *address);
Status aclSetDynamicOutputTensorAddr(aclOpExecutor *executor, size_t parameter, const size_t member,
                                     aclTensorList *list, void *address);
Status aclSetRawTensorAddr(aclTensor *tensor, void *address);
Status aclnnInit(const char *config_path);
Status aclnnFinalize(void);

// The second phase, alike for all operators.
#define DECLARE(name)                                                                              \
    Status name(void *workspace, uint64_t workspace_size, aclOpExecutor *executor, void *stream);
CANN_DOUBLE_OPERATORS_NN(DECLARE)
CANN_DOUBLE_OPERATORS_TRANSFORMER(DECLARE)
CANN_DOUBLE_OPERATORS_MATH(DECLARE)
#undef DECLARE

Status aclnnDequantSwigluQuantGetWorkspaceSize(
    const aclTensor *x, const aclTensor *weight_scale, const aclTensor *activation_scale,
    const aclTensor *bias, const aclTensor *quant_scale, const aclTensor *quant_offset,
    const aclTensor *group_index, bool activate_left, char *quant_mode, const aclTensor *y,
    const aclTensor *scale, uint64_t *workspace_size, aclOpExecutor **executor);
Status aclnnDequantSwigluQuantV2GetWorkspaceSize(
    const aclTensor *x, const aclTensor *weight_scale, const aclTensor *activation_scale,
    const aclTensor *bias, const aclTensor *quant_scale, const aclTensor *quant_offset,
    const aclTensor *group_index, bool activate_left, char *quant_mode, int64_t dst_type,
    char *round_mode, int64_t activate_dim, int64_t swiglu_mode, double clamp_limit,
    double glu_alpha, double glu_bias, const aclTensor *y, const aclTensor *scale,
    uint64_t *workspace_size, aclOpExecutor **executor);
Status aclnnDynamicQuantGetWorkspaceSize(const aclTensor *x, const aclTensor *smooth_scales,
                                         const aclTensor *y, const aclTensor *scale,
                                         uint64_t *workspace_size, aclOpExecutor **executor);

Status aclnnGroupedMatmulV4GetWorkspaceSize(
    const aclTensorList *x, const aclTensorList *weight, const aclTensorList *bias,
    const aclTensorList *scale, const aclTensorList *offset, const aclTensorList *antiquant_scale,
    const aclTensorList *antiquant_offset, const aclTensorList *per_token_scale,
    const aclTensor *group_list, const aclTensorList *activation_input,
    const aclTensorList *activation_quant_scale, const aclTensorList *activation_quant_offset,
    int64_t split_item, int64_t group_type, int64_t group_list_type, int64_t act_type,
    aclTensorList *out, aclTensorList *activation_feature_out, aclTensorList *dyn_quant_scale_out,
    uint64_t *workspace_size, aclOpExecutor **executor);
Status aclnnGroupedMatmulV5GetWorkspaceSize(
    const aclTensorList *x, const aclTensorList *weight, const aclTensorList *bias,
    const aclTensorList *scale, const aclTensorList *offset, const aclTensorList *antiquant_scale,
    const aclTensorList *antiquant_offset, const aclTensorList *per_token_scale,
    const aclTensor *group_list, const aclTensorList *activation_input,
    const aclTensorList *activation_quant_scale, const aclTensorList *activation_quant_offset,
    int64_t split_item, int64_t group_type, int64_t group_list_type, int64_t act_type,
    aclIntArray *tuning_config, aclTensorList *out, aclTensorList *activation_feature_out,
    aclTensorList *dyn_quant_scale_out, uint64_t *workspace_size, aclOpExecutor **executor);
Status aclnnGroupedMatmulWeightNzGetWorkspaceSize(
    const aclTensorList *x, const aclTensorList *weight, const aclTensorList *bias,
    const aclTensorList *scale, const aclTensorList *offset, const aclTensorList *antiquant_scale,
    const aclTensorList *antiquant_offset, const aclTensorList *per_token_scale,
    const aclTensor *group_list, const aclTensorList *activation_input,
    const aclTensorList *activation_quant_scale, const aclTensorList *activation_quant_offset,
    int64_t split_item, int64_t group_type, int64_t group_list_type, int64_t act_type,
    aclIntArray *tuning_config, int64_t quant_group_size, aclTensorList *out,
    aclTensorList *activation_feature_out, aclTensorList *dyn_quant_scale_out,
    uint64_t *workspace_size, aclOpExecutor **executor);
Status aclnnMoeInitRoutingV3GetWorkspaceSize(
    const aclTensor *x, const aclTensor *expert_idx, const aclTensor *scale,
    const aclTensor *offset, int64_t active_num, int64_t expert_capacity, int64_t expert_num,
    int64_t drop_pad_mode, int64_t expert_tokens_num_type, bool expert_tokens_num_flag,
    int64_t quant_mode, const aclIntArray *active_expert_range, int64_t row_idx_type,
    const aclTensor *expanded_x, const aclTensor *expanded_row_idx,
    const aclTensor *expert_tokens_count_or_cumsum, const aclTensor *expanded_scale,
    uint64_t *workspace_size, aclOpExecutor **executor);
Status aclnnMoeTokenUnpermuteGetWorkspaceSize(const aclTensor *permuted_tokens,
                                              const aclTensor *sorted_indices,
                                              const aclTensor *probs, bool padded_mode,
                                              const aclIntArray *restore_shape, aclTensor *out,
                                              uint64_t *workspace_size, aclOpExecutor **executor);
Status aclnnMoeFinalizeRoutingV2GetWorkspaceSize(
    const aclTensor *expanded_x, const aclTensor *expanded_row_idx, const aclTensor *x1,
    const aclTensor *x2, const aclTensor *bias, const aclTensor *scales,
    const aclTensor *expert_idx, int64_t drop_pad_mode, const aclTensor *out,
    uint64_t *workspace_size, aclOpExecutor **executor);
Status aclnnMoeGatingTopKSoftmaxV2GetWorkspaceSize(
    const aclTensor *x, const aclTensor *finished, int64_t k, int64_t renorm,
    bool output_softmax_result_flag, const aclTensor *y, const aclTensor *expert_idx,
    const aclTensor *softmax_result, uint64_t *workspace_size, aclOpExecutor **executor);
Status aclnnMoeGatingTopKGetWorkspaceSize(
    const aclTensor *x, const aclTensor *bias, int64_t k, int64_t k_group, int64_t group_count,
    int64_t group_select_mode, int64_t renorm, int64_t norm_type, bool out_flag,
    double routed_scaling_factor, double eps, const aclTensor *y, const aclTensor *expert_idx,
    const aclTensor *out, uint64_t *workspace_size, aclOpExecutor **executor);
Status aclnnNpuFormatCastGetWorkspaceSize(const aclTensor *source, aclTensor *destination,
                                          uint64_t *workspace_size, aclOpExecutor **executor);

} // namespace cann_double
