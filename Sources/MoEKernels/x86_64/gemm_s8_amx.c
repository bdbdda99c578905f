/* int8 GEMM with AMX: tdpbssd adds the products of a tile of 16 rows by 64 signed bytes with one
 * of 64 by 16 to a tile of 16 x 16 int32, wrapping.
 *
 *     panel  [K/4][32][4] signed              a tile of weights is 16 lines of 64 bytes
 *     block  32 rows x 32 columns = 4 tiles of sums, 2 of activations, 2 of weights
 *
 * Rows that lie evenly in memory are loaded as they are; others, and the last bytes of K, are
 * gathered first, so nothing past a row's end is read.
 *
 * Nobody has run this on a processor that has AMX: it is compiled, and checked with tiles in plain
 * C (Tests/CrossKernels). It is used where MOE_ISA asks for it, and not chosen otherwise. */
#if defined(__x86_64__)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,amx-tile,amx-int8"))), \
    apply_to = function)

#include "../include/moe_gemm.h"
#if defined(MOE_PLAIN_TILES)
#include MOE_PLAIN_TILES
#else
#include <immintrin.h>
#endif

enum { TILE_ROWS = 16, LANES = 16, VECTORS = 2, COLUMNS = VECTORS * LANES, MAX_ROWS = 32, DEPTH = 64 };

#define PACK_FLIP 0u
#include "../portable/gemm_pack.inc"

/* K is padded with zeros, which both factors then have: products of the padding add nothing. */
static void pack_tiles(size_t used, size_t columns, size_t depth, const int8_t *weights,
                       size_t stride, uint8_t *panel) {
    const size_t last = depth / DEPTH * DEPTH;
    if (last < depth) memset(panel + last * columns, 0, DEPTH * columns);
    pack(used, columns, depth, weights, stride, panel);
}

/* Tiles 0 to 3: sums of (upper, lower) rows and (left, right) columns; 4 and 5: activations of the
 * upper and the lower rows; 6 and 7: weights of the left and the right columns. */
static void configure(size_t upper, size_t lower) {
    struct {
        uint8_t palette, start_row, reserved[14];
        uint16_t line_bytes[16];
        uint8_t lines[16];
    } tiles = {.palette = 1};
    const size_t lines[8] = {upper, upper, lower, lower, upper, lower, 16, 16};
    for (int i = 0; i < 8; i++) {
        tiles.lines[i] = (uint8_t)lines[i];
        tiles.line_bytes[i] = lines[i] ? 64 : 0;
    }
    _tile_loadconfig(&tiles);
}

/* Where the activations of up to 16 rows are, for one step of 64 k. */
typedef struct {
    const int8_t *at;
    size_t stride;
} lines_of_rows;

/* The distance from row to row, or 0 where it differs. */
static size_t even_stride(const int8_t *const *rows, size_t count) {
    if (count == 1) return DEPTH;
    const intptr_t stride = (intptr_t)rows[1] - (intptr_t)rows[0];
    for (size_t r = 2; r < count; r++)
        if ((intptr_t)rows[r] - (intptr_t)rows[r - 1] != stride) return 0;
    return stride > 0 ? (size_t)stride : 0;
}

static lines_of_rows find_lines(const int8_t *const *rows, size_t count, size_t stride, size_t k,
                                size_t bytes, int8_t gathered[TILE_ROWS][DEPTH]) {
    if (stride && bytes == DEPTH) return (lines_of_rows){rows[0] + k, stride};
    for (size_t r = 0; r < count; r++) {
        memset(gathered[r], 0, DEPTH);
        memcpy(gathered[r], rows[r] + k, bytes);
    }
    return (lines_of_rows){gathered[0], DEPTH};
}

/* Up to 32 rows of the tile from `first` on, all columns of the panel. */
static void multiply_rows(const moe_gemm_s8_tile *tile, size_t first, size_t count) {
    const size_t upper = count < TILE_ROWS ? count : TILE_ROWS, lower = count - upper;
    const bool two = tile->columns > LANES;
    const int8_t *const *rows = tile->rows + first;
    int32_t *out = tile->out + first * tile->stride, *below = out + upper * tile->stride;
    for (size_t r = 0; r < count; r++)
        for (size_t n = 0; n < tile->columns; n++) out[r * tile->stride + n] = tile->start[first + r];

    const size_t out_stride = 4 * tile->stride, line = 4 * tile->columns;
    const size_t upper_stride = even_stride(rows, upper);
    const size_t lower_stride = lower ? even_stride(rows + upper, lower) : 0;
    _Alignas(64) int8_t gathered[2][TILE_ROWS][DEPTH];
    configure(upper, lower);
    _tile_loadd(0, out, out_stride);
    if (two) _tile_loadd(1, out + LANES, out_stride);
    if (lower) _tile_loadd(2, below, out_stride);
    if (lower && two) _tile_loadd(3, below + LANES, out_stride);
    for (size_t k = 0; k < tile->depth; k += DEPTH) {
        const size_t bytes = tile->depth - k < DEPTH ? tile->depth - k : DEPTH;
        const uint8_t *weights = tile->panel + k * tile->columns;
        const lines_of_rows x = find_lines(rows, upper, upper_stride, k, bytes, gathered[0]);
        _tile_loadd(6, weights, line);
        _tile_loadd(4, x.at, x.stride);
        _tile_dpbssd(0, 4, 6);
        if (two) {
            _tile_loadd(7, weights + DEPTH, line);
            _tile_dpbssd(1, 4, 7);
        }
        if (lower) {
            const lines_of_rows y =
                find_lines(rows + upper, lower, lower_stride, k, bytes, gathered[1]);
            _tile_loadd(5, y.at, y.stride);
            _tile_dpbssd(2, 5, 6);
            if (two) _tile_dpbssd(3, 5, 7);
        }
    }
    _tile_stored(0, out, out_stride);
    if (two) _tile_stored(1, out + LANES, out_stride);
    if (lower) _tile_stored(2, below, out_stride);
    if (lower && two) _tile_stored(3, below + LANES, out_stride);
    _tile_release();
}

static void multiply(const moe_gemm_s8_tile *tile) {
    for (size_t first = 0; first < tile->row_count; first += MAX_ROWS) {
        const size_t left = tile->row_count - first;
        multiply_rows(tile, first, left < MAX_ROWS ? left : MAX_ROWS);
    }
}

static uint64_t multiply_registers(size_t rounds) {
    _Alignas(64) static const int8_t ones[TILE_ROWS][DEPTH];
    configure(TILE_ROWS, TILE_ROWS);
    _tile_zero(0); _tile_zero(1); _tile_zero(2); _tile_zero(3);
    _tile_loadd(4, ones, DEPTH); _tile_loadd(5, ones, DEPTH);
    _tile_loadd(6, ones, DEPTH); _tile_loadd(7, ones, DEPTH);
    for (size_t round = 0; round < rounds; round++) {
        _tile_dpbssd(0, 4, 6); _tile_dpbssd(1, 4, 7);
        _tile_dpbssd(2, 5, 6); _tile_dpbssd(3, 5, 7);
    }
    _tile_release();
    return (uint64_t)rounds * 4 * TILE_ROWS * LANES * DEPTH;
}

const moe_gemm_s8 moe_gemm_s8__amx = {
    .isa = MOE_ISA_AMX, .rows = MAX_ROWS, .columns = COLUMNS, .lanes = LANES, .group = DEPTH,
    .offset = 0, .pack = pack_tiles, .multiply = multiply,
    .multiply_registers = multiply_registers,
};

#pragma clang attribute pop
#endif
