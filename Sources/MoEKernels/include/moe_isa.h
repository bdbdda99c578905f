/* Instruction sets a kernel may be compiled for, and which of them this processor has.
 *
 * A kernel is one C file per (operation, instruction set); a portable body that the compiler
 * vectorises itself stands in portable/ as an .inc file, and the files of an instruction set
 * include it under their own target attribute.
 *
 * One list serves every operation. An operation need not have a kernel for each: its table then
 * gives the one of the widest set that the asked one contains (moe_isa_base). */
#ifndef MOE_ISA_H
#define MOE_ISA_H

#include <stdbool.h>

/* From plain C to the widest; a higher value of one architecture is preferred to a lower one. */
typedef enum {
    MOE_ISA_SCALAR = 0,     /* what the compiler assumes of every machine of the architecture */
    MOE_ISA_AVX2 = 1,       /* AVX2 with FMA and F16C */
    MOE_ISA_AVXVNNI = 2,    /* AVX2 with the 256-bit byte products of AVX-VNNI */
    MOE_ISA_AVX512 = 3,     /* AVX-512 F, BW, DQ, VL */
    MOE_ISA_AVX512VNNI = 4, /* AVX-512 with VNNI */
    MOE_ISA_AMX = 5,        /* AVX-512 with VNNI, and AMX's tiles of bytes */
    MOE_ISA_NEON = 6,       /* aarch64 as every machine has it */
    MOE_ISA_DOTPROD = 7,    /* aarch64 with the dot products of bytes */
    MOE_ISA_I8MM = 8,       /* aarch64 with dot products and the byte matrix products */
    MOE_ISA_COUNT = 9
} moe_isa;

/* Whether this processor and its operating system can run an instruction set. */
bool moe_isa_available(moe_isa isa);

/* The name of an instruction set, such as "avx2". */
const char *moe_isa_name(moe_isa isa);

/* The widest instruction set that another one contains; scalar contains only itself. */
moe_isa moe_isa_base(moe_isa isa);

#endif
