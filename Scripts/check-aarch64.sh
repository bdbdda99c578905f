#!/usr/bin/env bash
# Compiles the kernels for aarch64 with the Swift toolchain's clang and runs them under qemu-user.
# On Debian it installs the cross compiler's libraries and the emulator; elsewhere it says what is
# missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
    echo "check-aarch64: $1" >&2
    exit 1
}

packages=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static)
if ! command -v aarch64-linux-gnu-gcc >/dev/null || ! command -v qemu-aarch64-static >/dev/null; then
    command -v apt-get >/dev/null || fail "needs an aarch64 cross gcc and qemu-user"
    as_root=()
    if ((EUID != 0)); then
        command -v sudo >/dev/null || fail "run as root: apt-get install ${packages[*]}"
        as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -qq </dev/null >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq -y --no-install-recommends "${packages[@]}" </dev/null >&2
fi

build=.build-aarch64
flags=(-std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -ISources/MoEKernels/include)
mkdir -p "$build"
objects=()
for source in Sources/MoEKernels/*.c Sources/MoEKernels/*/*.c Tests/CrossKernels/*.c; do
    object=$build/$(basename "$source").o
    clang --target=aarch64-linux-gnu -isystem /usr/aarch64-linux-gnu/include "${flags[@]}" \
        -c "$source" -o "$object"
    [[ $source == Tests/* ]] || objects+=("$object")
done
for program in check_gemm digest_rows; do
    aarch64-linux-gnu-gcc -static "${objects[@]}" "$build/$program.c.o" -lm -o "$build/$program"
done
qemu-aarch64-static -cpu max "$build/check_gemm"

# What stands beside the GEMMs: the same bits as here.
clang "${flags[@]}" Sources/MoEKernels/*.c Sources/MoEKernels/*/*.c Tests/CrossKernels/digest_rows.c \
    -lm -o "$build/digest_rows_here"
"$build/digest_rows_here" >"$build/here"
qemu-aarch64-static -cpu max "$build/digest_rows" >"$build/there"
diff "$build/here" "$build/there" >&2 || fail "the kernels beside the GEMMs have other bits than on $(uname -m)"
echo "others       $(wc -l <"$build/there") digests, all as on $(uname -m)"
