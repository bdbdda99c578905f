#!/usr/bin/env python3
"""Writes a checkpoint of Qwen3-MoE's shapes with random BF16 weights, for compare.py to measure.

    make_model.py OUT [--layers 6] [--experts 128] [--shard-size 5000000000]

A layer of Qwen3-30B-A3B takes 1.25 GB, embeddings and head 1.24 GB: six layers are 8.7 GB.
Needs numpy. The weights are normal with a deviation of 0.02: 2^20 numbers, begun at another place
for every row block, because drawing them all would take longer than everything else.
"""

import argparse
import json
import pathlib

import numpy as np

HIDDEN, WIDTH, VOCABULARY, HEADS, KEY_HEADS, HEAD = 2048, 768, 151936, 32, 4, 128


def configuration(layers, experts):
    return {
        "architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe",
        "hidden_size": HIDDEN, "intermediate_size": 6144, "moe_intermediate_size": WIDTH,
        "num_hidden_layers": layers, "num_experts": experts, "num_experts_per_tok": 8,
        "norm_topk_prob": True, "decoder_sparse_step": 1, "mlp_only_layers": [],
        "num_attention_heads": HEADS, "num_key_value_heads": KEY_HEADS, "head_dim": HEAD,
        "hidden_act": "silu", "rms_norm_eps": 1e-6, "vocab_size": VOCABULARY,
        "max_position_embeddings": 40960, "rope_theta": 1000000.0, "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
    }


def tensors(layers, experts):
    """Name and shape of every tensor, in the order in which published files have them."""
    yield "model.embed_tokens.weight", [VOCABULARY, HIDDEN]
    for layer in range(layers):
        prefix = f"model.layers.{layer}."
        for name, shape in {
            "input_layernorm.weight": [HIDDEN], "post_attention_layernorm.weight": [HIDDEN],
            "self_attn.q_proj.weight": [HEADS * HEAD, HIDDEN],
            "self_attn.k_proj.weight": [KEY_HEADS * HEAD, HIDDEN],
            "self_attn.v_proj.weight": [KEY_HEADS * HEAD, HIDDEN],
            "self_attn.o_proj.weight": [HIDDEN, HEADS * HEAD],
            "self_attn.q_norm.weight": [HEAD], "self_attn.k_norm.weight": [HEAD],
            "mlp.gate.weight": [experts, HIDDEN],
        }.items():
            yield prefix + name, shape
        for expert in range(experts):
            for name, shape in {
                "gate_proj": [WIDTH, HIDDEN], "up_proj": [WIDTH, HIDDEN],
                "down_proj": [HIDDEN, WIDTH],
            }.items():
                yield f"{prefix}mlp.experts.{expert}.{name}.weight", shape
    yield "model.norm.weight", [HIDDEN]
    yield "lm_head.weight", [VOCABULARY, HIDDEN]


def shards(entries, limit):
    shard, size = [], 0
    for name, shape in entries:
        count = 2 * int(np.prod(shape))
        if shard and size + count > limit:
            yield shard
            shard, size = [], 0
        shard.append((name, shape, count))
        size += count
    yield shard


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--experts", type=int, default=128)
    parser.add_argument("--shard-size", type=int, default=5_000_000_000)
    options = parser.parse_args()
    options.out.mkdir(parents=True)

    random = np.random.default_rng(1)
    normal = random.normal(0, 0.02, 1 << 20).astype(np.float32)
    pool = np.tile((normal.view(np.uint32) >> 16).astype(np.uint16), 3)

    weight_map, total = {}, 0
    parts = list(shards(tensors(options.layers, options.experts), options.shard_size))
    for index, part in enumerate(parts):
        name = f"model-{index + 1:05}-of-{len(parts):05}.safetensors"
        header, offset = {"__metadata__": {"format": "pt"}}, 0
        for tensor, shape, count in part:
            header[tensor] = {
                "dtype": "BF16", "shape": shape, "data_offsets": [offset, offset + count]}
            offset += count
            weight_map[tensor] = name
        total += offset
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        with open(options.out / name, "wb") as file:
            file.write(len(text).to_bytes(8, "little") + text)
            for _, _, count in part:
                while count > 0:
                    start = int(random.integers(0, 1 << 20))
                    elements = min(count // 2, 1 << 21)
                    pool[start:start + elements].tofile(file)
                    count -= 2 * elements
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    (options.out / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")
    config = configuration(options.layers, options.experts)
    (options.out / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    print(f"{options.out}: {total / 1e9:.2f} GB in {len(parts)} files")


if __name__ == "__main__":
    main()
