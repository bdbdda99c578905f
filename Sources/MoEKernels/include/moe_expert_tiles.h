/* What stands around the two GEMMs of an expert, on tiles of their int32 products while these are
 * in cache: dequantisation with the activation behind the first, dequantisation with the weighted sum over
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

/* Products of a gate panel and of the up panel that belongs to it; products, scales and biases are
 * padded to 16 columns. */
typedef struct {
    size_t rows;
    size_t columns; /* of each panel */
    moe_gate_up products;
    float *h; /* h_stride from one row to the next; `columns` of each are written */
    size_t h_stride;
} moe_activation_tile;

/* Products of a down panel for rows of one expert. */
typedef struct {
    size_t rows;
    size_t columns;
    const int32_t *products;
    size_t product_stride;
    const float *row_scale;      /* [rows] */
    const float *channel_scale;  /* [columns] */
    const float *_Nullable bias; /* [columns], or none */
    void *out;                   /* floats, out_stride from one row to the next; or the products */
    size_t out_stride;
} moe_output_rows;

/* Columns of output rows, and which rows make up which token. */
typedef struct {
    size_t tokens, slots;
    size_t columns; /* rows are padded to 16 */
    const void *rows; /* floats, row_stride from one row to the next */
    size_t row_stride;
    const int32_t *row_of; /* [tokens, slots]: the row, or -1 for the token itself */
    const float *weights;  /* [tokens, slots] */
    const float *hidden;   /* [tokens, width], at the first column */
    float *out;            /* likewise */
    size_t width;
} moe_slot_sum;

typedef struct {
    /* h = activation((float(gate) * scale) * row_scale + bias, likewise of up). */
    void (*activate)(const moe_activation_tile *tile);

    /* out[r] = (float(products[r]) * channel_scale) * row_scale[r] + bias. */
    void (*scale_rows)(const moe_output_rows *rows);

    /* out[t] = sum over j, in order, of weights[t, j] * rows[row_of[t, j]]. */
    void (*sum_slots)(const moe_slot_sum *sum);

    /* sums[r] = factor * sum of the row's `count` bytes, wrapping. */
    void (*row_sums)(size_t rows, size_t count, const int8_t *values, int32_t factor,
                     int32_t *sums);
} moe_expert_tiles;

/* Fetches factors to cache that are needed when a panel has been multiplied: those of different
 * experts lie far from each other, so the processor does not foresee them. */
static inline void moe_fetch_factors(const float *factors, size_t count) {
    for (size_t i = 0; i < count; i += 16) __builtin_prefetch(factors + i, 0, 3);
}

/* The kernels of an instruction set, or of the widest one it contains that has them. */
const moe_expert_tiles *moe_expert_tiles_for(moe_isa isa);

#pragma clang assume_nonnull end

#endif
