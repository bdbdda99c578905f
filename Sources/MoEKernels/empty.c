#include "moe_kernels.h"
typedef int moe_translation_unit;
