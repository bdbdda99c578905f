/* Kernels over rows of a batch: router logits and their greatest, widening, epilogues and the combine.
 *
 * Every function gives the same bits on every instruction set: lanes and the order of sums are
 * fixed by the source, and multiply-adds are fused where it says so and nowhere else. Rows need no
 * alignment.
 */
#ifndef MOE_ROWS_H
#define MOE_ROWS_H

#include "moe_isa.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Logits of tokens for experts; strides are elements from one row to the next. */
typedef struct {
    size_t tokens, experts, width;
    const float *x;
    size_t x_stride;
    const void *weight; /* rows of floats, or of the upper halves of floats: bfloat16 */
    size_t weight_stride;
    bool weight_is_bf16;
    float *logits; /* [tokens, experts] */
    size_t logits_stride;
} moe_logits_tile;

typedef struct {
    /* logits[t, e] = sum over d of x[t, d] * weight[e, d]: sixteen partial sums, of every
     * sixteenth product from the first to the last by fused multiply-adds, are added as a tree. */
    void (*logits)(const moe_logits_tile *tile);

    /* The columns of the k greatest of `count` values, the greatest first; of equal ones the lower
     * column first. A NaN counts as -infinity. k is at most count; the values are overwritten. */
    void (*top_k)(size_t count, float *values, size_t k, int32_t *columns);

    /* out[r * out_stride + i] = float(in[r * in_stride + i]) for i < count, rows of a matrix. */
    void (*widen_s8)(size_t rows, size_t count, const int8_t *in, size_t in_stride, float *out,
                     size_t out_stride);

    /* sum[i] = int32(value[i]), or += if add is not 0; the values are integers within 2^24. */
    void (*collect_s32)(size_t count, const float *value, int32_t *sum, int add);

    /* out[i] = (float(in[i]) * channel_scale[i]) * row_scale, plus bias[i] unless bias is NULL. */
    void (*scale_s32)(size_t count, const int32_t *in, const float *channel_scale, float row_scale,
                      const float *bias, float *out);

    /* out[i] += weight * in[i]; the product is rounded before the sum. */
    void (*accumulate)(size_t count, float weight, const float *in, float *out);

    /* out[i] += in[i]. */
    void (*add)(size_t count, const float *in, float *out);
} moe_row_kernels;

/* The row kernels of an instruction set, or of the widest one it contains that has them. */
const moe_row_kernels *moe_row_kernels_for(moe_isa isa);

#endif
