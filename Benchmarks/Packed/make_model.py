#!/usr/bin/env python3
"""Writes a model of random int8 weights in the shape of Qwen3-30B-A3B's MoE layers, a shard a layer.

Nothing but the layers' experts and routers is in it: enough to pack, and to measure what was packed.
"""
import argparse
import json
import pathlib
import random

HIDDEN, WIDTH, EXPERTS, TOP_K = 2048, 768, 128, 8
POOL = 64 << 20


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--layers", type=int, default=14, help="604 MB each (default: 14)")
    return parser.parse_args()


def bfloat16s(count, high, noise):
    """Numbers of one exponent and any sign and mantissa."""
    data = bytearray(2 * count)
    data[0::2] = noise.randbytes(count).translate(bytes(byte & 0x7F for byte in range(256)))
    data[1::2] = noise.randbytes(count).translate(bytes(high | byte & 0x80 for byte in range(256)))
    return bytes(data)


def write_layer(path, layer, noise, pool):
    tensors = {f"model.layers.{layer}.mlp.gate.weight": ("BF16", [EXPERTS, HIDDEN])}
    for expert in range(EXPERTS):
        for name, rows, columns in (("gate", WIDTH, HIDDEN), ("up", WIDTH, HIDDEN), ("down", HIDDEN, WIDTH)):
            module = f"model.layers.{layer}.mlp.experts.{expert}.{name}_proj"
            tensors[f"{module}.weight"] = ("I8", [rows, columns])
            tensors[f"{module}.weight_scale"] = ("BF16", [rows, 1])
    header, end = {}, 0
    for name, (kind, shape) in tensors.items():
        size = shape[0] * shape[1] * (2 if kind == "BF16" else 1)
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name, (kind, shape) in tensors.items():
            count = shape[0] * shape[1]
            if kind == "I8":
                start = noise.randrange(POOL - count)
                file.write(pool[start:start + count])
            elif shape[1] == 1:
                file.write(b"\x83\x3a" * count)  # 0.001
            else:
                file.write(bfloat16s(count, 0x3D, noise))
    return tensors


def main():
    options = arguments()
    options.folder.mkdir(parents=True, exist_ok=True)
    noise = random.Random(1)
    pool = memoryview(noise.randbytes(POOL))
    config = {
        "architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "hidden_size": HIDDEN,
        "moe_intermediate_size": WIDTH, "intermediate_size": 8 * WIDTH, "num_experts": EXPERTS,
        "num_experts_per_tok": TOP_K, "num_hidden_layers": options.layers, "decoder_sparse_step": 1,
        "mlp_only_layers": [], "norm_topk_prob": True, "hidden_act": "silu",
        "quantization_config": {"quant_method": "compressed-tensors", "format": "int-quantized"},
    }
    (options.folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    places = {}
    for layer in range(options.layers):
        name = f"model-{layer + 1:05}-of-{options.layers:05}.safetensors"
        places |= dict.fromkeys(write_layer(options.folder / name, layer, noise, pool), name)
    index = {"metadata": {}, "weight_map": places}
    (options.folder / "model.safetensors.index.json").write_text(json.dumps(index))


if __name__ == "__main__":
    main()
