#!/usr/bin/env python3
"""Makes demo-qwen3-moe beside this file: a small untrained checkpoint in the layout of Qwen3-MoE, and an input for it.

Needs numpy alone. Everything follows from SEED; numbers that real checkpoints show are imitated, because they are what
int8 has to cope with: a few input channels far above the rest, rows of different sizes, single large weights, and a
router whose choices are clear.
"""
import json
import pathlib

import numpy as np

SEED = 20250
LAYERS, HIDDEN, WIDTH, EXPERTS, ACTIVE, TOKENS = 2, 256, 64, 16, 4, 64
FOLDER = pathlib.Path(__file__).parent / "demo-qwen3-moe"

# The keys of a published config, with this model's sizes
CONFIG = {
    "architectures": ["Qwen3MoeForCausalLM"],
    "attention_bias": False,
    "attention_dropout": 0.0,
    "bos_token_id": 1,
    "decoder_sparse_step": 1,
    "eos_token_id": 2,
    "head_dim": 64,
    "hidden_act": "silu",
    "hidden_size": HIDDEN,
    "initializer_range": 0.02,
    "intermediate_size": 3 * HIDDEN,
    "max_position_embeddings": 40960,
    "max_window_layers": LAYERS,
    "mlp_only_layers": [],
    "model_type": "qwen3_moe",
    "moe_intermediate_size": WIDTH,
    "norm_topk_prob": True,
    "num_attention_heads": 4,
    "num_experts": EXPERTS,
    "num_experts_per_tok": ACTIVE,
    "num_hidden_layers": LAYERS,
    "num_key_value_heads": 2,
    "output_router_logits": False,
    "rms_norm_eps": 1e-06,
    "rope_scaling": None,
    "rope_theta": 1000000.0,
    "router_aux_loss_coef": 0.001,
    "sliding_window": None,
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
    "transformers_version": "4.51.0",
    "use_cache": True,
    "use_sliding_window": False,
    "vocab_size": 256,
}


def hidden_states(random, channel, tokens):
    """[tokens, HIDDEN]: every channel and every token has a size of its own."""
    return random.normal(size=(tokens, HIDDEN)) * channel * np.exp(random.normal(0, 0.3, (tokens, 1)))


def matrix(random, rows, columns):
    """[rows, columns] that keeps a vector's size, with uneven rows and one weight in 300 six times too large."""
    w = random.normal(0, columns ** -0.5, (rows, columns)) * np.exp(random.normal(0, 0.3, (rows, 1)))
    return np.where(random.random(w.shape) < 1 / 300, 6 * w, w)


def router(random, channel):
    """[EXPERTS, HIDDEN] whose logits have a standard deviation of 2."""
    w = random.normal(size=(EXPERTS, HIDDEN)) / channel
    return w * (2 / np.std(hidden_states(random, channel, 1024) @ w.T))


def bfloat16(values):
    """The upper halves of float32, rounded to nearest even, as uint16."""
    bits = np.asarray(values, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype("<u2")


def write_safetensors(path, tensors, metadata):
    """`tensors`: name -> (type as safetensors spells it, array of the bytes to store)."""
    header, offset = {"__metadata__": metadata}, 0
    for name, (dtype, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": data.shape, "data_offsets": [offset, offset + data.nbytes]}
        offset += data.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text = text.ljust(-(-len(text) // 8) * 8)           # the data starts at a multiple of 8
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(data.tobytes() for _, data in tensors.values()))


def main():
    random = np.random.default_rng(SEED)
    channel = np.exp(random.normal(0, 0.4, HIDDEN))
    channel[random.choice(HIDDEN, HIDDEN // 64, replace=False)] *= 12
    weights = {}
    for layer in range(LAYERS):
        mlp = f"model.layers.{layer}.mlp."
        weights[mlp + "gate.weight"] = router(random, channel)
        for e in range(EXPERTS):
            weights[f"{mlp}experts.{e}.gate_proj.weight"] = matrix(random, WIDTH, HIDDEN)
            weights[f"{mlp}experts.{e}.up_proj.weight"] = matrix(random, WIDTH, HIDDEN)
            weights[f"{mlp}experts.{e}.down_proj.weight"] = matrix(random, HIDDEN, WIDTH)
    x = hidden_states(random, channel, TOKENS).astype("<f4")

    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "config.json").write_text(json.dumps(CONFIG, indent=2) + "\n")
    write_safetensors(FOLDER / "model.safetensors", {n: ("BF16", bfloat16(w)) for n, w in weights.items()},
                      {"format": "pt"})
    write_safetensors(FOLDER / "input.safetensors", {"hidden_states": ("F32", x)}, {"format": "pt"})


if __name__ == "__main__":
    main()
