// What the Ascend backend knows of CANN: types, constants and the types of the functions it calls.
//
// No vendor header and no vendor symbol: every function is found at run time, by the name that its
// type here has after the prefix `cann_`. The names of constants carry a prefix too, so that this
// file and CANN's own headers can be read in one translation unit; `make check-cann-abi` does that
// and compares them. Parameters that are enumerations there are `int32_t` here, their size.
#pragma once

#include "cann_constants.h"
#include "cann_meta.h"
#include "cann_operators.h"
#include "cann_runtime.h"
#include "cann_types.h"
