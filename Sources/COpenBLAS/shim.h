/* The system's OpenBLAS, as pkg-config finds it. */
#include <cblas.h>
