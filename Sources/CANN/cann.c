// The package manager wants a C file of every C target, and a compiler that has read the header.
#include "cann.h"
