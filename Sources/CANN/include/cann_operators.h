// The operators, each in two phases: aclnnXGetWorkspaceSize checks, plans and makes an executor;
// aclnnX puts the kernels on a stream. Absent tensors, lists and arrays are NULL.
#pragma once

#include "cann_types.h"

// The second phase, alike for every operator.
typedef cann_status (*cann_aclnn)(
    void *workspace, uint64_t workspace_size, aclOpExecutor *executor, cann_stream stream);

typedef cann_status (*cann_aclnnMoeInitRoutingV3GetWorkspaceSize)(
    const aclTensor *x, const aclTensor *expert_idx, const aclTensor *scale,
    const aclTensor *offset, int64_t active_num, int64_t expert_capacity, int64_t expert_num,
    int64_t drop_pad_mode, int64_t expert_tokens_num_type, bool expert_tokens_num_flag,
    int64_t quant_mode, const aclIntArray *active_expert_range, int64_t row_idx_type,
    const aclTensor *expanded_x_out, const aclTensor *expanded_row_idx_out,
    const aclTensor *expert_tokens_count_or_cumsum_out, const aclTensor *expanded_scale_out,
    uint64_t *workspace_size, aclOpExecutor **executor);

typedef cann_status (*cann_aclnnGroupedMatmulV4GetWorkspaceSize)(
    const aclTensorList *x, const aclTensorList *weight, const aclTensorList *bias,
    const aclTensorList *scale, const aclTensorList *offset, const aclTensorList *antiquant_scale,
    const aclTensorList *antiquant_offset, const aclTensorList *per_token_scale,
    const aclTensor *group_list, const aclTensorList *activation_input,
    const aclTensorList *activation_quant_scale, const aclTensorList *activation_quant_offset,
    int64_t split_item, int64_t group_type, int64_t group_list_type, int64_t act_type,
    aclTensorList *out, aclTensorList *activation_feature_out, aclTensorList *dyn_quant_scale_out,
    uint64_t *workspace_size, aclOpExecutor **executor);

typedef cann_status (*cann_aclnnGroupedMatmulV5GetWorkspaceSize)(
    const aclTensorList *x, const aclTensorList *weight, const aclTensorList *bias,
    const aclTensorList *scale, const aclTensorList *offset, const aclTensorList *antiquant_scale,
    const aclTensorList *antiquant_offset, const aclTensorList *per_token_scale,
    const aclTensor *group_list, const aclTensorList *activation_input,
    const aclTensorList *activation_quant_scale, const aclTensorList *activation_quant_offset,
    int64_t split_item, int64_t group_type, int64_t group_list_type, int64_t act_type,
    aclIntArray *tuning_config, aclTensorList *out, aclTensorList *activation_feature_out,
    aclTensorList *dyn_quant_scale_out, uint64_t *workspace_size, aclOpExecutor **executor);

typedef cann_status (*cann_aclnnGroupedMatmulWeightNzGetWorkspaceSize)(
    const aclTensorList *x, const aclTensorList *weight, const aclTensorList *bias,
    const aclTensorList *scale, const aclTensorList *offset, const aclTensorList *antiquant_scale,
    const aclTensorList *antiquant_offset, const aclTensorList *per_token_scale,
    const aclTensor *group_list, const aclTensorList *activation_input,
    const aclTensorList *activation_quant_scale, const aclTensorList *activation_quant_offset,
    int64_t split_item, int64_t group_type, int64_t group_list_type, int64_t act_type,
    aclIntArray *tuning_config, int64_t quant_group_size, aclTensorList *out,
    aclTensorList *activation_feature_out, aclTensorList *dyn_quant_scale_out,
    uint64_t *workspace_size, aclOpExecutor **executor);

typedef cann_status (*cann_aclnnDequantSwigluQuantGetWorkspaceSize)(
    const aclTensor *x, const aclTensor *weight_scale, const aclTensor *activation_scale,
    const aclTensor *bias, const aclTensor *quant_scale, const aclTensor *quant_offset,
    const aclTensor *group_index, bool activate_left, char *quant_mode, const aclTensor *y_out,
    const aclTensor *scale_out, uint64_t *workspace_size, aclOpExecutor **executor);

typedef cann_status (*cann_aclnnDequantSwigluQuantV2GetWorkspaceSize)(
    const aclTensor *x, const aclTensor *weight_scale, const aclTensor *activation_scale,
    const aclTensor *bias, const aclTensor *quant_scale, const aclTensor *quant_offset,
    const aclTensor *group_index, bool activate_left, char *quant_mode, int64_t dst_type,
    char *round_mode, int64_t activate_dim, int64_t swiglu_mode, double clamp_limit,
    double glu_alpha, double glu_bias, const aclTensor *y_out, const aclTensor *scale_out,
    uint64_t *workspace_size, aclOpExecutor **executor);

typedef cann_status (*cann_aclnnMoeTokenUnpermuteGetWorkspaceSize)(
    const aclTensor *permuted_tokens, const aclTensor *sorted_indices, const aclTensor *probs,
    bool padded_mode, const aclIntArray *restore_shape, aclTensor *out, uint64_t *workspace_size,
    aclOpExecutor **executor);

typedef cann_status (*cann_aclnnMoeFinalizeRoutingV2GetWorkspaceSize)(
    const aclTensor *expanded_x, const aclTensor *expanded_row_idx, const aclTensor *x1,
    const aclTensor *x2, const aclTensor *bias, const aclTensor *scales,
    const aclTensor *expert_idx, int64_t drop_pad_mode, const aclTensor *out,
    uint64_t *workspace_size, aclOpExecutor **executor);

typedef cann_status (*cann_aclnnMoeGatingTopKGetWorkspaceSize)(
    const aclTensor *x, const aclTensor *bias, int64_t k, int64_t k_group, int64_t group_count,
    int64_t group_select_mode, int64_t renorm, int64_t norm_type, bool out_flag,
    double routed_scaling_factor, double eps, const aclTensor *y_out,
    const aclTensor *expert_idx_out, const aclTensor *out_out, uint64_t *workspace_size,
    aclOpExecutor **executor);
