/* Kernels of dequantise, SwiGLU, quantise: one row, or one half of a row, a call; rows of products
 * all in one.
 *
 * Every function is exact, which means that each written operation is rounded once to binary32
 * and nothing is contracted or flushed to zero, so that all instruction sets give the same bits.
 * `exp` is within one unit in the last place of the correctly rounded value. Nothing is read or
 * written outside the n elements that are named. n may be 0. */
#ifndef MOE_DEQUANT_SWIGLU_QUANT_H
#define MOE_DEQUANT_SWIGLU_QUANT_H

#include "moe_isa.h"
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/* What happens between the two GEMMs. The first three are the operator's. */
typedef enum {
    MOE_SWIGLU_PLAIN = 0,         /* act / (1 + exp(-act)) * lin */
    MOE_SWIGLU_CLAMPED = 1,       /* act and lin first; alpha in the exponent, bias on lin */
    MOE_SWIGLU_CLAMPED_AFTER = 2, /* silu(act) from above, lin from both sides */
    MOE_SWIGLU_SOFTCAPPED = 3,    /* cap(act) / (1 + exp(-act)) * cap(lin), cap(x) = c tanh(x / c) */
    MOE_GELU_TANH = 4,            /* gelu(act) * lin, the GELU by its approximation with tanh */
    MOE_SQUARED_RELU = 5          /* max(lin, 0)^2; there is no act */
} moe_activation_kind;

/* An activation with its numbers; those that its kind does not use are ignored. Of a soft-capped
 * SwiGLU `limit` is act's cap and `up_limit` lin's. */
typedef struct {
    moe_activation_kind kind;
    float limit, alpha, bias, up_limit;
} moe_activation;

/* Rows of int32 products, gate columns and up columns, and what they are multiplied with. An
 * activation without a gate reads nothing of the gate's. */
typedef struct {
    const int32_t *gate, *up; /* `stride` from one row to the next */
    size_t stride;
    const float *gate_scale, *up_scale;                   /* [columns] */
    const float *_Nullable gate_bias, *_Nullable up_bias; /* [columns], both or neither */
    const float *_Nullable row_scale;                     /* [rows], or 1 */
    moe_activation activation;
} moe_gate_up;

/* How the scale of a dynamically quantised row is rounded, and how it is applied. */
typedef enum {
    MOE_SCALE_DIVIDED = 0,   /* m / 127, v / scale: the definition */
    MOE_SCALE_MULTIPLIED = 1, /* m * f32(1/127), v / scale: Atlas with groups */
    MOE_SCALE_INVERTED = 2   /* m / 127, v * f32(1/scale): Atlas without groups */
} moe_scale_rounding;

/* Factors of a row: element i uses values[i * step]; step is 1, or 0 for one factor for all.
 * Null values mean that there are none. */
typedef struct {
    const float *_Nullable values;
    int64_t step;
} moe_row_factors;

/* Rows of products on their way to int8: D3-D5, the activation, Q1-Q6. */
typedef struct {
    size_t rows, columns; /* columns >= 1 */
    moe_gate_up products;
    moe_row_factors smooth;
    moe_scale_rounding rounding;
    float *scratch; /* [2, columns] */
    int8_t *y;      /* y_stride from one row to the next; `columns` of each are written */
    size_t y_stride;
    float *scale; /* [rows] */
} moe_product_rows;

typedef struct {
    /* out[i] = (float(x[j] + int_bias[j]) * weight_scale[j]) * activation_scale + float_bias[j]
     * with j = i * step and step 1 or 2; either bias may be null. The integer sum wraps. */
    void (*dequantize)(int64_t n, int64_t step, const int32_t *x, const float *weight_scale,
                       float activation_scale, const int32_t *_Nullable int_bias,
                       const float *_Nullable float_bias, float *out);

    /* out[i] = float(x[i * step]), step 1 or 2. */
    void (*widen_f16)(int64_t n, int64_t step, const uint16_t *x, float *out);
    void (*widen_bf16)(int64_t n, int64_t step, const uint16_t *x, float *out);

    /* v[i] = activation(act[i], lin[i]); v may be act or lin, and must not overlap them otherwise.
     * An activation without act reads lin alone. */
    void (*activate)(int64_t n, moe_activation activation, const float *act, const float *lin,
                     float *v);

    /* v[i] = v[i] * factors[i]. */
    void (*multiply)(int64_t n, moe_row_factors factors, float *v);

    /* Quantises a row by its own maximum m and returns the scale. A row whose scale is 0, or that
     * holds an infinity or a NaN, becomes zeros, and its scale is 0, infinite or NaN. */
    float (*quantize)(int64_t n, const float *v, moe_scale_rounding rounding, int8_t *y);

    /* All of the above for rows that come from memory: the next ones are fetched meanwhile. */
    void (*quantize_products)(const moe_product_rows *rows);

    /* y[i] = rint(v[i] / divisors[i] + offsets[i]), saturated to -128...127, 0 for NaN.
     * Both have the same step, or are null. With `invert` one divisor for all is applied as a
     * product with its rounded reciprocal. */
    void (*quantize_static)(int64_t n, const float *v, moe_row_factors divisors, bool invert,
                            moe_row_factors offsets, int8_t *y);

    /* out[i] = exp(x[i]): +infinity above 88.7228, gradual underflow to 0 below -87.3, NaN kept. */
    void (*exp)(int64_t n, const float *x, float *out);
} moe_dsq_kernels;

/* The kernels of an instruction set; those of plain C for one of another architecture. */
const moe_dsq_kernels *moe_dsq_kernels_for(moe_isa isa);

#pragma clang assume_nonnull end

#endif
