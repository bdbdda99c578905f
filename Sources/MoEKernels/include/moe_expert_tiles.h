/* What stands around the two GEMMs of an expert, on tiles of their int32 products while these are
 * in cache: dequantisation with SwiGLU behind the first, dequantisation with the weighted sum over
 * a token's slots behind the second.
 *
 * Every written operation is rounded once and nothing is contracted, so all instruction sets give
 * the same bits, those of the stages computed one by one (moe_dequant_swiglu_quant.h, moe_rows.h).
 */
#ifndef MOE_EXPERT_TILES_H
#define MOE_EXPERT_TILES_H

#include "moe_dequant_swiglu_quant.h"
#include "moe_isa.h"
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/* Products of a gate panel and of the up panel that belongs to it. */
typedef struct {
    size_t rows;
    size_t columns;      /* of each panel; products, scales and biases are padded to 16 */
    const int32_t *gate; /* rows * stride products */
    const int32_t *up;
    size_t stride;
    const float *gate_scale, *up_scale;                    /* [columns] */
    const float *_Nullable gate_bias, *_Nullable up_bias;  /* [columns], both or neither */
    const float *row_scale;                                /* [rows] */
    moe_swiglu swiglu;
    float *h; /* h_stride from one row to the next; `columns` of each are written */
    size_t h_stride;
} moe_activation_tile;

/* Products of a down panel, and which of them make up which token's output. */
typedef struct {
    size_t tokens, slots;
    size_t columns;              /* of the panel; products, scales and bias are padded to 16 */
    const int32_t *products;     /* one row of `product_stride` each */
    size_t product_stride;
    const int32_t *row_of;       /* [tokens, slots]: the row, or -1 for the token itself */
    const int32_t *expert_of;    /* [tokens, slots] */
    const int64_t *row_shift;    /* by expert: what a row's number is above its place in products */
    const float *row_scale;      /* by row */
    const float *channel_scale;  /* by expert, factor_stride from one to the next */
    const float *_Nullable bias; /* likewise, or none */
    size_t factor_stride;
    const float *weights; /* [tokens, slots] */
    const float *hidden;  /* [tokens, width], at the panel's first column */
    float *out;           /* likewise */
    size_t width;
} moe_slot_sum;

/* Products of a down panel for rows of one expert, each an output of its own. */
typedef struct {
    size_t rows;
    size_t columns;
    const int32_t *products;
    size_t product_stride;
    const float *row_scale;      /* [rows] */
    const float *channel_scale;  /* [columns] */
    const float *_Nullable bias; /* [columns], or none */
    float *out;                  /* [rows, width], at the panel's first column */
    size_t width;
} moe_output_rows;

typedef struct {
    /* h = SwiGLU((float(gate) * scale) * row_scale + bias, likewise of up). */
    void (*activate)(const moe_activation_tile *tile);

    /* out[t] = sum over j, in order, of weights[t, j] * y[row_of[t, j]] with
     * y[r] = (float(products[r]) * channel_scale) * row_scale[r] + bias. */
    void (*sum_slots)(const moe_slot_sum *sum);

    /* out[r] = y[r]. */
    void (*scale_rows)(const moe_output_rows *rows);

    /* sums[r] = factor * sum of the row's `count` bytes, wrapping. */
    void (*row_sums)(size_t rows, size_t count, const int8_t *values, int32_t factor,
                     int32_t *sums);
} moe_expert_tiles;

/* The kernels of an instruction set, or of the widest one it contains that has them. */
const moe_expert_tiles *moe_expert_tiles_for(moe_isa isa);

#pragma clang assume_nonnull end

#endif
