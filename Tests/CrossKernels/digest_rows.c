/* Prints a digest of what every kernel beside the GEMMs makes of the same inputs, a line each, so
 * that two architectures can be compared: all of them promise the same bits. NaNs count as one. */
#include "moe_dequant_swiglu_quant.h"
#include "moe_expert_tiles.h"
#include "moe_rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 7, COLUMNS = 150, STRIDE = 160, COUNT = ROWS * STRIDE };

static uint64_t state = 1;

static uint32_t random_bits(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 32);
}

static float random_float(float scale) {
    return scale * ((float)(int32_t)random_bits() * 0x1p-31f);
}

static void fill(float *values, size_t count, float scale) {
    for (size_t i = 0; i < count; i++) values[i] = random_float(scale);
}

static void fill_integers(int32_t *values, size_t count) {
    for (size_t i = 0; i < count; i++) values[i] = (int32_t)random_bits() >> 18;
}

static uint64_t digest(const void *memory, size_t bytes) {
    const uint8_t *at = memory;
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < bytes; i++) hash = (hash ^ at[i]) * 0x100000001b3u;
    return hash;
}

static void print_floats(const char *name, int variant, float *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (isnan(values[i])) memset(values + i, 0xff, sizeof *values);
    printf("%s %d %016llx\n", name, variant,
           (unsigned long long)digest(values, count * sizeof *values));
}

static void print_bytes(const char *name, int variant, const void *values, size_t bytes) {
    printf("%s %d %016llx\n", name, variant, (unsigned long long)digest(values, bytes));
}

static const float row_scale[ROWS] = {0.01f, NAN, 0, 1, 0x1p-140f, INFINITY, 0.002f};
static int32_t gate[COUNT], up[COUNT];
static float factors[6][COUNT], out[2 * COUNT], scratch[2 * COUNT], scale[ROWS];
static int8_t integers[COUNT];

static moe_gate_up products(moe_activation_kind kind, bool biased) {
    return (moe_gate_up){
        .gate = gate, .up = up, .stride = STRIDE, .gate_scale = factors[0],
        .up_scale = factors[1], .gate_bias = biased ? factors[2] : 0,
        .up_bias = biased ? factors[3] : 0, .row_scale = row_scale,
        .activation = {.kind = kind, .limit = 3, .alpha = 1.5f, .bias = 1, .up_limit = 2}};
}

static void check_operator(const moe_dsq_kernels *kernels) {
    for (int step = 1; step <= 2; step++) {
        for (int bias = 0; bias < 3; bias++) {
            kernels->dequantize(COUNT / 2, step, gate, factors[0], 0.3f, bias == 1 ? up : 0,
                                bias == 2 ? factors[2] : 0, out);
            print_floats("dequantize", 3 * step + bias, out, COUNT / 2);
        }
        kernels->widen_f16(COUNT / 2, step, (const uint16_t *)gate, out);
        print_floats("widen_f16", step, out, COUNT / 2);
        kernels->widen_bf16(COUNT / 2, step, (const uint16_t *)gate, out);
        print_floats("widen_bf16", step, out, COUNT / 2);
    }
    kernels->exp(COUNT, factors[5], out);
    print_floats("exp", 0, out, COUNT);
    const moe_row_factors each = {factors[2], 1}, none = {0, 0};
    for (int kind = 0; kind < 6; kind++) {
        kernels->activate(COUNT, products((moe_activation_kind)kind, false).activation, factors[5],
                          factors[4], out);
        print_floats("activate", kind, out, COUNT);
        kernels->quantize_static(COUNT, out, each, false, none, integers);
        print_bytes("quantize_static", kind, integers, sizeof integers);
        for (int rounding = 0; rounding < 3; rounding++) {
            const moe_product_rows rows = {
                .rows = ROWS, .columns = COLUMNS,
                .products = products((moe_activation_kind)kind, rounding == 1),
                .smooth = rounding ? each : none, .rounding = (moe_scale_rounding)rounding,
                .scratch = scratch, .y = integers, .y_stride = COLUMNS, .scale = scale};
            kernels->quantize_products(&rows);
            print_bytes("quantize_products", 3 * kind + rounding, integers, ROWS * COLUMNS);
            print_floats("its scales", 3 * kind + rounding, scale, ROWS);
        }
    }
}

static void check_tiles(const moe_expert_tiles *kernels) {
    for (int kind = 0; kind < 6; kind++) {
        const moe_activation_tile tile = {.rows = ROWS, .columns = COLUMNS, .h = out, .h_stride = COLUMNS,
                                          .products = products((moe_activation_kind)kind, kind % 2)};
        kernels->activate(&tile);
        print_floats("tile", kind, out, ROWS * COLUMNS);
    }
    const moe_output_rows rows = {.rows = ROWS, .columns = COLUMNS, .products = up,
                                  .product_stride = STRIDE, .row_scale = row_scale,
                                  .channel_scale = factors[0], .bias = factors[2], .out = out,
                                  .out_stride = STRIDE};
    kernels->scale_rows(&rows);
    for (size_t r = 0; r < ROWS; r++) print_floats("scale_rows", (int)r, out + r * STRIDE, COLUMNS);
    static const int32_t row_of[] = {0, 3, -1, 6, 2, 0};
    static const float weights[] = {0.5f, 0.3f, 0.2f, 0.7f, 0.1f, 0.2f};
    const moe_slot_sum sum = {.tokens = 2, .slots = 3, .columns = COLUMNS, .rows = factors[4],
                              .row_stride = STRIDE, .row_of = row_of, .weights = weights,
                              .hidden = factors[3], .out = out, .width = COLUMNS};
    kernels->sum_slots(&sum);
    print_floats("sum_slots", 0, out, 2 * COLUMNS);
    int32_t sums[ROWS];
    kernels->row_sums(ROWS, COLUMNS, integers, -128, sums);
    print_bytes("row_sums", 0, sums, sizeof sums);
}

static void check_rows(const moe_row_kernels *kernels) {
    for (int bf16 = 0; bf16 < 2; bf16++) {
        const moe_logits_tile tile = {.tokens = ROWS, .experts = 3, .width = COLUMNS, .x = factors[3],
                                      .x_stride = STRIDE, .weight = factors[4], .weight_stride = STRIDE,
                                      .weight_is_bf16 = bf16, .logits = out, .logits_stride = 3};
        kernels->logits(&tile);
        print_floats("logits", bf16, out, ROWS * 3);
    }
    int32_t columns[9];
    memcpy(out, factors[3], sizeof factors[3]);
    kernels->top_k(COLUMNS, out, 9, columns);
    print_bytes("top_k", 0, columns, sizeof columns);
    kernels->scale_s32(COUNT, gate, factors[0], 0.3f, factors[2], out);
    print_floats("scale_s32", 0, out, COUNT);
    kernels->accumulate(COUNT, 0.7f, factors[3], out);
    print_floats("accumulate", 0, out, COUNT);
}

int main(void) {
    fill_integers(gate, COUNT);
    fill_integers(up, COUNT);
    static const float magnitudes[] = {0.01f, 0.01f, 0.5f, 3, 5, 95};
    for (size_t i = 0; i < 6; i++) fill(factors[i], COUNT, magnitudes[i]);
    factors[5][3] = NAN;
    factors[5][20] = -INFINITY;
    factors[5][37] = INFINITY;
    check_operator(moe_dsq_kernels_for(MOE_ISA_SCALAR));
    check_tiles(moe_expert_tiles_for(MOE_ISA_SCALAR));
    check_rows(moe_row_kernels_for(MOE_ISA_SCALAR));
}
