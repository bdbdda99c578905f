#!/usr/bin/env python3
"""Writes a checkpoint's headers over holes: the folder of a huge model, in 200 MB.

    make_directory.py OUT [--tensors 900000] [--layers 240]

Kimi-K2's layers as W8A8: a sigmoid router with a correction bias, a shared expert, and a weight and
a scale per channel for each projection of each expert. The tensors of a layer are shuffled over two
shards, as no writer does and every reader must bear; data is a hole in the file, so that nothing
can be read but headers. Then `moe-cli inspect OUT`.
"""

import argparse
import json
import pathlib
import random

HIDDEN, WIDTH = 7168, 2048


def configuration(layers, experts):
    return {
        "architectures": ["DeepseekV3ForCausalLM"], "model_type": "kimi_k2",
        "hidden_size": HIDDEN, "intermediate_size": 18432, "moe_intermediate_size": WIDTH,
        "num_hidden_layers": layers, "n_routed_experts": experts, "n_shared_experts": 1,
        "num_experts_per_tok": 8, "first_k_dense_replace": 0, "moe_layer_freq": 1, "n_group": 1,
        "topk_group": 1, "norm_topk_prob": True, "routed_scaling_factor": 2.827,
        "scoring_func": "sigmoid", "topk_method": "noaux_tc", "hidden_act": "silu",
        "quantization_config": {"quant_method": "compressed-tensors", "format": "int-quantized"},
    }


def layer_tensors(layer, experts):
    """Name, type and shape of every tensor of a layer's block."""
    prefix = f"model.layers.{layer}.mlp."
    yield prefix + "gate.weight", "BF16", [experts, HIDDEN]
    yield prefix + "gate.e_score_correction_bias", "F32", [experts]
    for expert in [*(f"experts.{expert}" for expert in range(experts)), "shared_experts"]:
        for name, shape in {
            "gate_proj": [WIDTH, HIDDEN], "up_proj": [WIDTH, HIDDEN], "down_proj": [HIDDEN, WIDTH],
        }.items():
            yield f"{prefix}{expert}.{name}.weight", "I8", shape
            yield f"{prefix}{expert}.{name}.weight_scale", "BF16", [shape[0], 1]


def write_shard(path, tensors):
    header, end = {}, 0
    for name, kind, shape in tensors:
        size = {"I8": 1, "BF16": 2, "F32": 4}[kind]
        for dimension in shape:
            size *= dimension
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + end)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--tensors", type=int, default=900_000, help="at least so many")
    parser.add_argument("--layers", type=int, default=240)
    options = parser.parse_args()
    # A block has 8 tensors beside its routed experts, which have 6 each.
    experts = -(-(-(-options.tensors // options.layers) - 8) // 6)
    options.folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(configuration(options.layers, experts), indent=2)
    (options.folder / "config.json").write_text(text + "\n")

    noise = random.Random(1)
    shards = [[] for _ in range(options.layers)]
    for layer in range(options.layers):
        tensors = list(layer_tensors(layer, experts))
        noise.shuffle(tensors)
        half = len(tensors) // 2
        shards[layer] += tensors[:half]
        shards[(layer + 1) % options.layers] += tensors[half:]
    places = {}
    for number, tensors in enumerate(shards):
        name = f"model-{number + 1:05}-of-{options.layers:05}.safetensors"
        write_shard(options.folder / name, tensors)
        places.update((tensor[0], name) for tensor in tensors)
    index = json.dumps({"metadata": {}, "weight_map": places})
    (options.folder / "model.safetensors.index.json").write_text(index)
    print(f"{len(places)} tensors, {experts} experts in each of {options.layers} layers")


if __name__ == "__main__":
    main()
