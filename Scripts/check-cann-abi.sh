#!/usr/bin/env bash
# Compares what Sources/CANN declares with CANN's own headers, function by function and constant by
# constant, and with the table of the functions that no public header has.
#
#   check-cann-abi.sh              the newest torch-npu wheel from PyPI carries the headers
#   check-cann-abi.sh FILE.whl     a wheel that is there already
#
# Nothing of the wheel is kept in the repository. Without a network the first part is skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
    echo "check-cann-abi: $1" >&2
    exit 1
}

build=.build-cann-abi
ours=Sources/CANN/include
table=Tests/MoEAscendTests/ABI/prototypes.h
mkdir -p "$build"

# The functions whose types our headers declare, and the constants, by CANN's own names. `aclnn` is
# the second phase of every operator.
functions() { sed -nE 's/^.*\(\*cann_(acl[A-Za-z0-9]+)\)\(.*$/\1/p' "$@" | grep -vx aclnn; }
constants() { sed -nE 's/^ *CANN_([A-Z0-9_]+) = .*$/\1/p' $ours/cann_constants.h; }

# Our types and theirs in one translation unit; theirs with enumerations as the int32_t that they are.
start_unit() {
    cat <<'END'
#include <type_traits>
#include "cann.h"

template <class T, bool = std::is_enum<T>::value> struct plain { using type = T; };
template <class T> struct plain<T, true> {
    static_assert(sizeof(T) == 4, "an enumeration is 32 bits");
    using type = int32_t;
};
template <class R, class... A> struct plain<R(A...), false> {
    using type = typename plain<R>::type(typename plain<A>::type...);
};
template <class F> struct plain<F *, false> {
    using type = typename plain<F>::type *;
};
#define SAME_FUNCTION(name, ...)                                                                   \
    static_assert(std::is_same<plain<__VA_ARGS__>::type, cann_##name>::value, #name " differs")
#define SAME_CONSTANT(name) static_assert(CANN_##name == name, #name " differs")
END
}

compile() { clang++ -x c++ -std=c++17 -fsyntax-only -Wall -Werror "-I$ours" "$@"; }

# 1: the functions that are in no public header.
{
    start_unit
    echo "extern \"C\" {"
    echo "#include \"$PWD/$table\""
    echo "}"
    for name in $(functions $ours/cann_meta.h $ours/cann_operators.h); do
        echo "SAME_FUNCTION($name, decltype(&$name));"
    done
    echo "SAME_FUNCTION(aclnn, decltype(&aclnnX));"
} >"$build/table.cpp"
compile "$build/table.cpp" || fail "Sources/CANN differs from $table"
count=$(grep -c '^SAME_FUNCTION' "$build/table.cpp")
((count >= 18)) || fail "only $count functions found in $ours"
echo "check-cann-abi: $count functions agree with $table"

# 2: CANN's own headers.
wheel=${1-}
if [[ -z $wheel ]]; then
    command -v python3 >/dev/null && python3 -m pip --version >/dev/null 2>&1 || {
        echo "check-cann-abi: skipped: CANN's own headers; there is no pip to get torch-npu with"
        exit 0
    }
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
        --dest "$build" torch-npu >"$build/pip.log" 2>&1 || true
    wheel=$(find "$build" -name 'torch_npu-*.whl' -printf '%T@ %p\n' | sort -n | tail -1 | cut -d' ' -f2-)
    [[ -n $wheel ]] || {
        echo "check-cann-abi: skipped: CANN's own headers; torch-npu cannot be got from PyPI:"
        tail -1 "$build/pip.log"
        exit 0
    }
fi
[[ -r $wheel ]] || fail "$wheel: no such file"
rm -rf "$build/wheel"
python3 -m zipfile -e "$wheel" "$build/wheel"
acl=$build/wheel/torch_npu/include/third_party/acl/inc
[[ -d $acl/acl ]] || fail "$wheel has no $acl/acl"

# One header of the wheel also has function types of the operator base library, amid code that
# needs PyTorch: its typedefs alone are read.
base=$build/wheel/torch_npu/include/third_party/op-plugin/op_plugin/utils/op_api_common_base.h
if [[ -r $base ]]; then
    sed -nE '/^typedef struct acl/p; /^typedef .*\(\*_acl/,/;/p' "$base" >"$build/base.h"
else
    : >"$build/base.h"
fi

missing=()
{
    start_unit
    echo "#include \"acl/acl.h\""
    echo "#include \"$PWD/$build/base.h\""
    for name in $(functions $ours/cann_runtime.h); do
        if grep -rqE "\b$name\(" "$acl/acl"; then
            echo "SAME_FUNCTION($name, decltype(&$name));"
        else
            missing+=("$name")
        fi
    done
    for name in $(functions $ours/cann_meta.h); do
        if grep -qE "\(\*_$name\)" "$build/base.h"; then
            echo "SAME_FUNCTION($name, _$name);"
        fi
    done
    for name in $(constants); do
        # The statuses of operators are in no public header.
        [[ $name == ACLNN_* ]] && continue
        if grep -rqE "\b$name\b" "$acl/acl"; then
            echo "SAME_CONSTANT($name);"
        else
            missing+=("$name")
        fi
    done
} >"$build/wheel.cpp"
((${#missing[@]} == 0)) || fail "$(basename "$wheel") does not declare ${missing[*]}"
compile "-I$acl" "-I$acl/acl" "$build/wheel.cpp" ||
    fail "Sources/CANN differs from the headers in $(basename "$wheel")"
echo "check-cann-abi: $(grep -c '^SAME_FUNCTION' "$build/wheel.cpp") functions and" \
    "$(grep -c '^SAME_CONSTANT' "$build/wheel.cpp") constants agree with $(basename "$wheel")"
