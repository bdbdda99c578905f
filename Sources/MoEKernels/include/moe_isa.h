/* Instruction sets a kernel may be compiled for, and which of them this processor has.
 *
 * A kernel is one C file per (operation, instruction set); a portable body that the compiler
 * vectorises itself stands in portable/ as an .inc file, and the files of an instruction set
 * include it under their own target attribute. */
#ifndef MOE_ISA_H
#define MOE_ISA_H

#include <stdbool.h>

/* From plain C to the widest; a higher value of one architecture is preferred to a lower one. */
typedef enum {
    MOE_ISA_SCALAR = 0, /* what the compiler assumes of every machine of the architecture */
    MOE_ISA_AVX2 = 1,   /* AVX2 with FMA and F16C */
    MOE_ISA_AVX512 = 2, /* AVX-512 F, BW, DQ, VL */
    MOE_ISA_COUNT = 3
} moe_isa;

/* Whether this processor and its operating system can run an instruction set. */
bool moe_isa_available(moe_isa isa);

/* The name of an instruction set, such as "avx2". */
const char *moe_isa_name(moe_isa isa);

#endif
