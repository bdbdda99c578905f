/* Products of int8 rows with packed int8 weights, exact in int32 for all of int8.
 *
 * Weights are packed once, in panels of a few dozen output channels (columns of the result):
 *
 *     weights [N, K]  ──pack──▶  panel 0 │ panel 1 │ … │ last panel, as wide as is left
 *
 * A panel is read from its first byte to its last by every tile of rows, so one row streams the
 * weights as memory likes it best, and many rows find the panel in the second-level cache. How
 * the bytes lie inside a panel is each kernel's own affair; K is padded to the kernel's group and
 * the columns of the last panel to its lanes, with weights that are 0.
 *
 * Kernels whose instruction multiplies unsigned with signed bytes store weight + 128. The sum is
 * then too large by 128 times the sum of the row's activations, whatever the column: `start`
 * takes it off. Additions wrap, so no intermediate sum can overflow.
 *
 * A kernel that decides at packing how weights are multiplied writes that beside them: a header
 * for every `lanes` columns of every block of K. Its corrections stand there and offset is 0. */
#ifndef MOE_GEMM_H
#define MOE_GEMM_H

#include "moe_isa.h"
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/* Rows of activations times one panel: out[r * stride + n] = start[r] + sum of
 * rows[r][k] * (weight[n][k] + offset) over k < depth, for n < columns. */
typedef struct {
    const int8_t *_Nonnull const *_Nonnull rows; /* where each row starts; nothing past depth is read */
    const int32_t *start;               /* -offset times the sum of the row, moe_gemm_s8.offset */
    size_t row_count;                   /* any number; tiles of rows are cut inside */
    size_t depth;                       /* K */
    const uint8_t *panel;               /* packed weights, aligned to 64 bytes */
    size_t columns;                     /* of the panel, a multiple of the kernel's lanes */
    int32_t *out;                       /* row_count rows, `columns` of each are written */
    size_t stride;                      /* from one row of out to the next, in elements */
    const uint8_t *_Nullable next;      /* the panel that is read next, fetched meanwhile */
    const int8_t *_Nonnull const *_Nullable next_rows; /* and the rows it is multiplied with, */
    size_t next_row_count;              /* of which the first are fetched */
} moe_gemm_s8_tile;

/* One kernel: an instruction set with its tile and the layout of its panels. */
typedef struct {
    moe_isa isa;
    size_t rows;    /* rows of activations whose sums the registers hold */
    size_t columns; /* columns of a whole panel */
    size_t lanes;   /* the last panel's columns are padded to a multiple of this */
    size_t group;   /* K is padded to a multiple of this */
    int32_t offset; /* what packing adds to a weight: 128 or 0 */
    size_t block;   /* K of a block that has headers; 0 where panels are weights alone */
    size_t header_bytes; /* of every `lanes` columns of a block, a multiple of 64 */

    /* Packs rows of weights, `depth` elements every `stride`, into a panel of `columns` columns,
     * of which the first `used` are there; panel holds moe_gemm_s8_panel_bytes. */
    void (*pack)(size_t used, size_t columns, size_t depth, const int8_t *weights, size_t stride,
                 uint8_t *panel);
    void (*multiply)(const moe_gemm_s8_tile *tile);

    /* Multiplies registers with registers, `rounds` times, and returns how many multiply-adds
     * that were: what the multiplier can do where nothing else is a limit. */
    uint64_t (*multiply_registers)(size_t rounds);
} moe_gemm_s8;

/* Bytes of a panel; panels start at cache lines, whatever the depth. */
static inline size_t moe_gemm_s8_panel_bytes(const moe_gemm_s8 *gemm, size_t columns, size_t depth) {
    const size_t padded = (depth + gemm->group - 1) / gemm->group * gemm->group;
    const size_t blocks = gemm->block ? (depth + gemm->block - 1) / gemm->block : 0;
    const size_t bytes = columns * padded + columns / gemm->lanes * blocks * gemm->header_bytes;
    return (bytes + 63) / 64 * 64;
}

/* The kernel of an instruction set, or of the widest one it contains that has a kernel. */
const moe_gemm_s8 *moe_gemm_s8_for(moe_isa isa);

#pragma clang assume_nonnull end

#endif
