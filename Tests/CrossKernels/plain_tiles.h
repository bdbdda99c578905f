/* AMX's tiles in plain C, so that its kernel can be checked where no processor has them: the
 * instructions as Intel's manual describes them, under the names of their intrinsics. What the
 * manual makes a fault ends the program. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    size_t lines, line_bytes;
    uint8_t data[16][64];
} plain_tile;

static plain_tile plain_tiles[8];
static int plain_tiles_configured;

static inline void plain_tiles_demand(int holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "tiles: %s\n", what);
    abort();
}

static inline plain_tile *plain_tile_at(int index) {
    plain_tiles_demand(plain_tiles_configured, "used without a configuration");
    plain_tiles_demand(plain_tiles[index].lines > 0, "one without lines is used");
    return &plain_tiles[index];
}

static inline void _tile_loadconfig(const void *memory) {
    const uint8_t *bytes = memory;
    plain_tiles_demand(bytes[0] == 1, "a palette other than 1");
    for (int i = 1; i < 16; i++) plain_tiles_demand(bytes[i] == 0, "a reserved byte that is not 0");
    for (int i = 0; i < 8; i++) {
        uint16_t line_bytes;
        memcpy(&line_bytes, bytes + 16 + 2 * i, 2);
        const size_t lines = bytes[48 + i];
        plain_tiles_demand(lines <= 16 && line_bytes <= 64, "a tile larger than 16 lines of 64");
        plain_tiles_demand((lines == 0) == (line_bytes == 0), "lines without bytes");
        plain_tiles[i] = (plain_tile){.lines = lines, .line_bytes = line_bytes};
    }
    plain_tiles_configured = 1;
}

static inline void _tile_release(void) { plain_tiles_configured = 0; }

static inline void _tile_zero(int index) {
    memset(plain_tile_at(index)->data, 0, sizeof plain_tiles[index].data);
}

static inline void _tile_loadd(int index, const void *memory, size_t stride) {
    plain_tile *tile = plain_tile_at(index);
    memset(tile->data, 0, sizeof tile->data);
    for (size_t line = 0; line < tile->lines; line++)
        memcpy(tile->data[line], (const uint8_t *)memory + line * stride, tile->line_bytes);
}

static inline void _tile_stored(int index, void *memory, size_t stride) {
    const plain_tile *tile = plain_tile_at(index);
    for (size_t line = 0; line < tile->lines; line++)
        memcpy((uint8_t *)memory + line * stride, tile->data[line], tile->line_bytes);
}

/* sums[m][n] += a[m][4k + i] * b[k][4n + i], signed bytes */
static inline void _tile_dpbssd(int sums, int left, int right) {
    plain_tile *c = plain_tile_at(sums);
    const plain_tile *a = plain_tile_at(left), *b = plain_tile_at(right);
    plain_tiles_demand(c->lines == a->lines && c->line_bytes == b->line_bytes &&
                           a->line_bytes == 4 * b->lines, "tiles that do not fit");
    for (size_t m = 0; m < c->lines; m++) {
        for (size_t n = 0; n < c->line_bytes / 4; n++) {
            int32_t sum;
            memcpy(&sum, &c->data[m][4 * n], 4);
            for (size_t k = 0; k < a->line_bytes; k++)
                sum += (int32_t)(int8_t)a->data[m][k] * (int8_t)b->data[k / 4][4 * n + k % 4];
            memcpy(&c->data[m][4 * n], &sum, 4);
        }
    }
}
