#!/usr/bin/env python3
"""Makes the golden blocks beside this file: tiny checkpoints in their families' published layouts, each with an input
and what the MoE block must compute for it.

    make_blocks.py [BLOCK ...]          all blocks if none is named; `make golden` sets up Python first
    make_blocks.py --every FOLDER       a block of every family instead, for check_blocks.py
"""
import argparse
import json
import pathlib
import random

from safetensors.torch import save

import golden
from families import FAMILIES
from synthetic import Layer, Sizes

HERE = pathlib.Path(__file__).parent
GOLDEN_LAYER = 1        # layer 0 is dense, or a different block that must not be used

# name: family, seed, stored type, sizes, then what is unusual about the files
BLOCKS = {
    "mixtral": ("mixtral", 1, "bf16", Sizes(tokens=9, hidden=32, width=14, experts=8, top_k=2)),
    "olmoe": ("olmoe", 2, "f16", Sizes(tokens=9, hidden=28, width=14, experts=8, top_k=3)),
    "qwen2_moe": ("qwen2_moe", 3, "bf16", Sizes(tokens=9, hidden=32, width=12, experts=8, top_k=3)),
    "qwen3_moe": ("qwen3_moe", 4, "bf16", Sizes(tokens=9, hidden=40, width=12, experts=8, top_k=3), "sharded"),
    "qwen3_moe-fused": ("qwen3_moe", 5, "f32", Sizes(tokens=9, hidden=32, width=12, experts=6, top_k=2), "fused"),
    "deepseek_v2_lite": ("deepseek_v2_lite", 6, "bf16", Sizes(tokens=9, hidden=36, width=16, experts=8, top_k=3)),
    "deepseek_v2": ("deepseek_v2", 7, "bf16", Sizes(tokens=9, hidden=32, width=12, experts=16, top_k=3)),
    "deepseek_v3": ("deepseek_v3", 8, "bf16", Sizes(tokens=9, hidden=32, width=12, experts=16, top_k=4)),
    "kimi_k2": ("kimi_k2", 9, "bf16", Sizes(tokens=9, hidden=32, width=20, experts=8, top_k=2)),
    "glm4_moe": ("glm4_moe", 10, "f32", Sizes(tokens=9, hidden=32, width=9, experts=8, top_k=3)),
    "minimax_m2": ("minimax_m2", 11, "bf16", Sizes(tokens=9, hidden=32, width=12, experts=5, top_k=2)),
    "lfm2_moe": ("lfm2_moe", 12, "bf16", Sizes(tokens=9, hidden=32, width=12, experts=8, top_k=3)),
    "ernie4_5_moe": ("ernie4_5_moe", 13, "bf16", Sizes(tokens=9, hidden=32, width=12, experts=7, top_k=3)),
    "ernie4_5_vl_moe-text": ("ernie4_5_vl_moe_text", 24, "bf16",
                             Sizes(tokens=9, hidden=32, width=12, experts=6, top_k=2)),
    "ernie4_5_vl_moe-vision": ("ernie4_5_vl_moe_vision", 25, "bf16",
                               Sizes(tokens=9, hidden=32, width=12, experts=6, top_k=2)),
    "inkling": ("inkling", 26, "bf16", Sizes(tokens=9, hidden=32, width=12, experts=6, top_k=2)),
    "longcat_flash": ("longcat_flash", 14, "bf16", Sizes(tokens=9, hidden=32, width=12, experts=5, top_k=2)),
    "nemotron_h": ("nemotron_h", 15, "bf16", Sizes(tokens=9, hidden=32, width=12, experts=8, top_k=3)),
    "nemotron_h_latent": ("nemotron_h_latent", 23, "bf16",
                          Sizes(tokens=9, hidden=32, width=12, experts=8, top_k=3)),
    "phimoe": ("phimoe", 16, "bf16", Sizes(tokens=9, hidden=32, width=12, experts=5, top_k=2)),
    "gpt_oss": ("gpt_oss", 17, "bf16", Sizes(tokens=9, hidden=24, width=24, experts=4, top_k=2)),
    "granitemoeshared": ("granitemoeshared", 18, "bf16", Sizes(tokens=9, hidden=32, width=10, experts=4, top_k=2)),
    "dbrx": ("dbrx", 19, "bf16", Sizes(tokens=9, hidden=32, width=12, experts=5, top_k=2)),
    "llama4": ("llama4", 20, "bf16", Sizes(tokens=9, hidden=24, width=10, experts=5, top_k=1)),
    "gemma4": ("gemma4", 21, "bf16", Sizes(tokens=9, hidden=32, width=12, experts=5, top_k=2)),
    "deepseek_v4_hash": ("deepseek_v4_hash", 22, "bf16", Sizes(tokens=9, hidden=32, width=12, experts=8, top_k=3)),
}
SHARDS = 3


def make(name):
    family, seed, dtype, sizes, *unusual = BLOCKS[name]
    write(HERE / name, family, seed, dtype, sizes, unusual)


def write(folder, family, seed, dtype, sizes, unusual=()):
    """One block in a folder of its own."""
    layer = Layer(sizes, seed, dtype, GOLDEN_LAYER)
    block = FAMILIES[family](layer)
    expected = golden.golden(block, golden.decisive_input(block, layer))
    tensors = dict(block.tensors)
    if not block.dense_first:
        tensors |= FAMILIES[family](Layer(sizes, seed, dtype, 0)).tensors
    if "fused" in unusual:
        tensors = fused(tensors, block, layer)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(block.config, indent=2, sort_keys=True) + "\n")
    write_model(folder, tensors, SHARDS if "sharded" in unusual else 1)
    about = {"family": family, "layer": str(GOLDEN_LAYER), "top_k": str(block.router.top_k)}
    write_tensors(folder / "golden.safetensors", expected, about | ({"part": block.part} if block.part else {}))
    error = golden.distance(expected["w8a8_output"].numpy(), expected["output"].numpy())
    print(f"{folder.name:24} group_index {expected['group_index'].tolist()}, int8 {error:.1%} from float")


def make_all(folder, seeds):
    """A block of every family and seed, of sizes that follow from the seed: too many to keep."""
    for family in FAMILIES:
        for seed in range(seeds):
            pick = random.Random(f"{family} {seed}")
            sizes = Sizes(tokens=pick.choice([1, 5, 17, 40]), hidden=pick.choice([32, 64, 96, 200, 512]),
                          width=pick.choice([24, 40, 72, 130]), experts=pick.choice([8, 16, 32]),
                          top_k=pick.choice([2, 3, 4]))
            for attempt in range(3):
                try:
                    write(folder / f"{family}-{seed}", family, seed + 100 * attempt, pick.choice(["bf16", "f16", "f32"]),
                          sizes)
                    break
                except AssertionError as error:
                    if "use another seed" not in str(error) or attempt == 2:
                        raise AssertionError(f"{family}, seed {seed}: {error}") from error


def fused(tensors, block, layer):
    """Transformers' internal layout: the golden layer's experts in two tensors."""
    prefix = f"model.layers.{layer.index}.mlp.experts."
    rest = {name: t for name, t in tensors.items() if not name.startswith(prefix)}
    return rest | {prefix + "gate_up_proj": layer.stored(block.experts.gate_up),
                   prefix + "down_proj": layer.stored(block.experts.down)}


def write_model(folder, tensors, shards):
    names = sorted(tensors)
    if shards == 1:
        write_tensors(folder / "model.safetensors", tensors, {"format": "pt"})
        return
    files = [f"model-{shard + 1:05}-of-{shards:05}.safetensors" for shard in range(shards)]
    weight_map = {name: files[i * shards // len(names)] for i, name in enumerate(names)}
    for file in files:
        write_tensors(folder / file, {name: tensors[name] for name in names if weight_map[name] == file},
                      {"format": "pt"})
    index = {"metadata": {"total_size": sum(t.nbytes for t in tensors.values())}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")


def write_tensors(path, tensors, metadata):
    """A safetensors file whose bytes follow from its contents: the package shuffles the metadata's keys."""
    data = save(tensors, metadata)
    size = int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8:8 + size]), sort_keys=True, separators=(",", ":")).encode()
    path.write_bytes(data[:8] + header.ljust(size) + data[8 + size:])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("blocks", nargs="*", metavar="BLOCK", help=", ".join(BLOCKS))
    parser.add_argument("--every", type=pathlib.Path, metavar="FOLDER", help="blocks of every family, into this folder")
    parser.add_argument("--seeds", type=int, default=2, help="how many blocks of each (2)")
    arguments = parser.parse_args()
    if arguments.every:
        return make_all(arguments.every, arguments.seeds)
    names = arguments.blocks
    if unknown := sorted(set(names) - set(BLOCKS)):
        parser.error(f"no such block: {', '.join(unknown)}")
    for name in names or BLOCKS:
        make(name)


if __name__ == "__main__":
    main()
