#!/usr/bin/env bash
# Installs what building swift-moe needs and this machine lacks; silent and instant if that is nothing.
set -euo pipefail

fail() {
    echo "setup: $1" >&2
    exit 1
}

# The Swift toolchain is never installed from here: which one, and where, is the user's choice.
check_swift() {
    local version
    command -v swift >/dev/null ||
        fail "swift is not on the PATH; get Swift 6.2 or newer from https://www.swift.org/install"
    version=$(swift --version 2>/dev/null || true)
    [[ $version =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]] ||
        fail "'swift --version' prints no version; get Swift 6.2 or newer from https://www.swift.org/install"
    ((BASH_REMATCH[1] > 6 || (BASH_REMATCH[1] == 6 && BASH_REMATCH[2] >= 2))) ||
        fail "Swift ${BASH_REMATCH[1]}.${BASH_REMATCH[2]} is too old; get Swift 6.2 or newer from https://www.swift.org/install"
}

# A C header that only libc's development package brings.
has_libc_headers() {
    echo '#include <stdlib.h>' | clang -E -x c - >/dev/null 2>&1
}

install_with_apt() {
    local missing=() as_root=()
    command -v pkg-config >/dev/null || missing+=(pkg-config)
    pkg-config --exists openblas 2>/dev/null || missing+=(libopenblas-dev)
    has_libc_headers || missing+=(libc6-dev)
    ((${#missing[@]} > 0)) || return 0

    if ((EUID != 0)); then
        command -v sudo >/dev/null ||
            fail "${missing[*]} must be installed by root, and there is no sudo; run: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    as_root+=(env DEBIAN_FRONTEND=noninteractive)
    echo "setup: installing ${missing[*]}" >&2
    { "${as_root[@]}" apt-get update -qq &&
        "${as_root[@]}" apt-get install -qq -y --no-install-recommends "${missing[@]}"; } </dev/null >&2 ||
        fail "apt-get could not install ${missing[*]}; 'make no-openblas' builds without OpenBLAS"
}

# Homebrew keeps openblas out of pkg-config's way; SwiftPM looks there by itself.
install_with_homebrew() {
    command -v brew >/dev/null ||
        fail "OpenBLAS comes from Homebrew, which is missing; get it from https://brew.sh"
    [[ -d $(brew --prefix)/opt/openblas ]] && return 0
    brew install --quiet openblas </dev/null >&2 ||
        fail "Homebrew could not install openblas; 'make no-openblas' builds without it"
}

check_swift
if [[ $(uname) == Darwin ]]; then
    install_with_homebrew
elif command -v apt-get >/dev/null; then
    install_with_apt
elif ! pkg-config --exists openblas 2>/dev/null; then
    fail "install OpenBLAS with its headers and pkg-config by this system's package manager"
fi
