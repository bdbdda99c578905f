/* Checks every int8 GEMM kernel that the processor has against plain loops, in C alone, so that
 * kernels of another architecture can be run under an emulator where there is no Swift for it.
 * Prints a line a kernel; the exit status tells whether all products were equal. */
#include "moe_gemm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static uint64_t state = 1;

static int8_t random_int8(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (int8_t)(state >> 56);
}

/* Memory that ends where the next byte cannot be read. */
typedef struct {
    uint8_t *end, *mapping;
    size_t mapped;
} guarded;

static guarded guarded_memory(size_t bytes) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), used = (bytes + page - 1) / page * page;
    uint8_t *mapping = mmap(0, used + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED || mprotect(mapping + used, page, PROT_NONE)) abort();
    return (guarded){mapping + used, mapping, used + page};
}

static size_t padded(size_t value, size_t step) { return (value + step - 1) / step * step; }

/* Products that differ, for one panel. */
static size_t check(const moe_gemm_s8 *gemm, size_t rows, size_t used, size_t depth) {
    const size_t columns = padded(used, gemm->lanes);
    guarded x = guarded_memory(rows * depth), w = guarded_memory(used * depth);
    guarded out = guarded_memory(rows * columns * 4);
    const size_t bytes = moe_gemm_s8_panel_bytes(gemm, columns, depth);
    guarded packed = guarded_memory(bytes);
    int8_t *values = (int8_t *)x.end - rows * depth, *weights = (int8_t *)w.end - used * depth;
    int32_t *products = (int32_t *)(out.end - rows * columns * 4);
    uint8_t *panel = packed.end - bytes;
    const int8_t **starts = malloc(rows * sizeof *starts);
    int32_t *corrections = calloc(rows, sizeof *corrections);
    for (size_t i = 0; i < rows * depth; i++) values[i] = i % 5 ? random_int8() : -128;
    for (size_t i = 0; i < used * depth; i++) weights[i] = i % 7 ? random_int8() : -128;
    for (size_t r = 0; r < rows; r++) {
        starts[r] = values + r * depth;
        for (size_t k = 0; k < depth; k++) corrections[r] -= gemm->offset * starts[r][k];
    }
    gemm->pack(used, columns, depth, weights, depth, panel);
    const moe_gemm_s8_tile tile = {.rows = starts, .start = corrections, .row_count = rows,
                                   .depth = depth, .panel = panel, .columns = columns,
                                   .out = products, .stride = columns};
    gemm->multiply(&tile);
    size_t wrong = 0;
    for (size_t r = 0; r < rows; r++) {
        for (size_t n = 0; n < columns; n++) {
            int32_t sum = 0;
            if (n < used)
                for (size_t k = 0; k < depth; k++)
                    sum += (int32_t)starts[r][k] * weights[n * depth + k];
            wrong += products[r * columns + n] != sum;
        }
    }
    free(starts);
    free(corrections);
    guarded all[] = {x, w, out, packed};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) munmap(all[i].mapping, all[i].mapped);
    return wrong;
}

/* Kernels of the processor, and one that was compiled with something in place of it. */
static bool can_run(moe_isa isa) {
#if defined(MOE_STANDS_IN_FOR)
    return isa == MOE_STANDS_IN_FOR;
#else
    return moe_isa_available(isa);
#endif
}

int main(void) {
    static const size_t rows[] = {1, 2, 3, 5, 7, 8, 15, 17, 33};
    static const size_t depths[] = {1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 33, 64, 127, 768};
    size_t total = 0;
    for (int isa = 0; isa < MOE_ISA_COUNT; isa++) {
        const moe_gemm_s8 *gemm = moe_gemm_s8_for((moe_isa)isa);
        if (!can_run((moe_isa)isa) || gemm->isa != (moe_isa)isa) continue;
        size_t wrong = 0, cases = 0;
        for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
            for (size_t d = 0; d < sizeof depths / sizeof *depths; d++)
                for (size_t used = 1; used <= gemm->columns; used += 1 + used / 3, cases++)
                    wrong += check(gemm, rows[r], used, depths[d]);
        printf("%-12s %zu cases, %zu products wrong\n", moe_isa_name((moe_isa)isa), cases, wrong);
        total += wrong;
    }
    return total != 0;
}
