/* The kernels: pure functions over pointers and sizes. No allocation, no threads, no errors. */
#ifndef MOE_KERNELS_H
#define MOE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#endif
