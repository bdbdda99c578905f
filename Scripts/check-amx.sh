#!/usr/bin/env bash
# Runs the AMX kernel with tiles in plain C: no processor at hand has them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ $(uname -m) != x86_64 ]]; then
    echo "check-amx: skipped, the kernel is for x86-64 and this is $(uname -m)"
    exit 0
fi
build=.build-amx
mkdir -p "$build"
objects=()
for source in Sources/MoEKernels/*.c Sources/MoEKernels/*/*.c Tests/CrossKernels/check_gemm.c; do
    object=$build/$(basename "$source").o
    clang -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -ISources/MoEKernels/include \
        -DMOE_STANDS_IN_FOR=MOE_ISA_AMX \
        "-DMOE_PLAIN_TILES=\"$PWD/Tests/CrossKernels/plain_tiles.h\"" -c "$source" -o "$object"
    objects+=("$object")
done
clang "${objects[@]}" -lm -o "$build/check_gemm"
"$build/check_gemm"
