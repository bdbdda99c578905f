#!/usr/bin/env bash
# Builds the coverage-guided fuzz targets of Tests/Fuzz with libFuzzer and the address sanitizer, and
# runs them one after the other:
#
#   Scripts/fuzz.sh [SECONDS [TARGET...]]     60 seconds each, all targets
#
# New inputs are collected in .build-fuzz/corpus/TARGET. An input that crashes, takes more than ten
# seconds or asks for more than 64 MB at once ends the run, and lies in .build-fuzz/findings.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${1:-60}
shift || true
targets=("$@")
((${#targets[@]})) || targets=(Safetensors Configuration Index GGUF Packed)

build=.build-fuzz
mkdir -p "$build"/findings

# The module under test is watched edge by edge; what it calls in MoE only for bad accesses.
flags=(-swift-version 6 -O -g -wmo -parse-as-library -package-name swift_moe
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault
    -enable-upcoming-feature MemberImportVisibility -enable-experimental-feature Lifetimes
    -I "$build" -I Sources/MoEKernels/include)

module() {
    local name=$1 sanitizers=$2 sources
    mapfile -t sources < <(find "Sources/$name" -name '*.swift')
    swiftc "${flags[@]}" -sanitize="$sanitizers" -module-name "$name" -emit-module \
        -emit-module-path "$build/$name.swiftmodule" -emit-object -o "$build/$name.o" \
        "${sources[@]}"
}

build_all() {
    local source name target
    while read -r source; do
        name=$(basename "$source" .c)
        clang -std=c11 -D_GNU_SOURCE -O2 -g -fsanitize=address -ISources/MoEKernels/include \
            -c "$source" -o "$build/kernel-$name.o"
    done < <(find Sources/MoEKernels -name '*.c')
    clang -std=c11 -D_GNU_SOURCE -O2 -c Tests/Fuzz/watched_open.c -o "$build/watched_open.o"
    module MoE address
    module MoECheckpoint fuzzer,address
    for target in "${targets[@]}"; do
        swiftc "${flags[@]}" -sanitize=fuzzer,address -module-name "Fuzz$target" -emit-object \
            -o "$build/Fuzz$target.o" "Tests/Fuzz/$target.swift" \
            Tests/Fuzz/{ScratchFile,LoadedLayers}.swift
        # Of the linkers only lld lets an executable's own open stand before the system's here.
        swiftc -use-ld=lld -sanitize=fuzzer,address -o "$build/$target" "$build/Fuzz$target.o" \
            "$build"/{MoECheckpoint,MoE,watched_open}.o "$build"/kernel-*.o
    done
}

# The header of a safetensors file.
header() {
    local length
    length=$(od -An -t u8 -N 8 "$1" | tr -d ' ')
    dd if="$1" bs=64k iflag=skip_bytes,count_bytes skip=8 count="$length" status=none
}

# What the repository has of each kind, as inputs to begin with.
seed() {
    local corpus=$build/corpus/$1 file name
    mkdir -p "$corpus"
    for file in Tests/Fuzz/Corpus/"$1"/*; do
        [[ -e $file ]] && cp "$file" "$corpus"
    done
    case $1 in
    Safetensors)
        for file in Tests/Vectors/safetensors/*.safetensors Tests/Vectors/Formats/*.safetensors \
            Tests/Vectors/Blocks/*/golden.safetensors; do
            name=$(echo "$file" | tr / -)
            { header "$file"; printf '\1\0'; } >"$corpus/$name"
        done
        { printf '\377'; cat Tests/Vectors/safetensors/reference.safetensors; } >"$corpus/whole"
        ;;
    Configuration)
        for file in Tests/Vectors/Blocks/*/model.safetensors; do
            name=$(basename "$(dirname "$file")")
            { cat "$(dirname "$file")/config.json"; printf '\0'; header "$file"; } >"$corpus/$name"
        done
        ;;
    Index)
        cp Tests/Vectors/Blocks/qwen3_moe/model.safetensors.index.json "$corpus"
        for name in x y ../x sub/x '~x' c:x; do
            printf '{"weight_map":{"a":"%s.safetensors"}}' "$name" \
                >"$corpus/shard-${name//\//-}"
        done
        ;;
    GGUF) head -c 4096 Tests/Vectors/Formats/qwen2moe.gguf >"$corpus/short"
        cp Tests/Vectors/Formats/*.gguf "$corpus" ;;
    Packed) "$build/Packed" -runs=0 2>"$build/Packed.log"
        cp "$FUZZ_FOLDER/directory" "$corpus" ;;
    esac
}

build_all
# The words that the code itself knows: keys, names, types.
grep -rhoE '"[A-Za-z0-9_.{}-]{2,40}"' Sources/MoECheckpoint | sort -u >"$build/words"
# Files that are written anew for every input belong in memory.
FUZZ_FOLDER=$(mktemp -d -p "$([[ -d /dev/shm ]] && echo /dev/shm || echo "${TMPDIR:-/tmp}")")
export FUZZ_FOLDER
# libFuzzer reports crashes itself; Swift's own report gets in the sanitizer's way.
export SWIFT_BACKTRACE=enable=no
trap 'rm -rf "$FUZZ_FOLDER"' EXIT
for target in "${targets[@]}"; do
    seed "$target"
    printf '\n=== %s for %s s\n' "$target" "$seconds"
    time nice -n 10 "$build/$target" "$build/corpus/$target" -max_total_time="$seconds" -timeout=10 \
        -malloc_limit_mb=64 -rss_limit_mb=2048 -print_final_stats=1 -use_value_profile=1 \
        -dict="$build/words" -artifact_prefix="$build/findings/$target-" \
        2>&1 | tee "$build/$target.log" | grep -E 'ERROR|SUMMARY|DONE|Fatal|panicked|stat::|Test unit'
done
