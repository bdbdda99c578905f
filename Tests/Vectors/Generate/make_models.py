#!/usr/bin/env python3
"""Makes random language models of the architectures that moe-generate runs, and what transformers computes with them.

    make_models.py                  the tiny models beside this file, with the logits and gradients of 24 tokens
    make_models.py --large FOLDER   models of some thousand units, and the logits of 640 tokens, for check_parity.py
    make_models.py --of MODEL FOLDER  the logits of 640 tokens for a model that exists, of bytes

A folder gets config.json and model.safetensors as they are published, and expected.safetensors: tokens I32 [T] and
logits F32 [T, V]; a tiny one also gradients F32 [L, T - 1, D]: of the sum of -ln p of every token but the first, with
respect to the hidden states behind every layer. Everything is computed in float32 on the weights as they are stored.
"""
import argparse
import json
import pathlib
import shutil

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, MixtralConfig, OlmoeConfig, Qwen3MoeConfig

HERE = pathlib.Path(__file__).parent


def configurations(scale):
    """One model an architecture; `scale` multiplies widths. All have something unusual about them."""
    width, vocabulary = 32 * scale, 48 * scale
    common = dict(vocab_size=vocabulary, hidden_size=width, num_hidden_layers=3, max_position_embeddings=1024,
                  bos_token_id=None, eos_token_id=None, pad_token_id=None)
    return {
        # Dense layers among the others, one embedding for both ends, heads wider than D / heads.
        "qwen3_moe": Qwen3MoeConfig(
            **common, num_attention_heads=4, num_key_value_heads=2, head_dim=12 * scale, intermediate_size=20 * scale,
            moe_intermediate_size=8 * scale, num_experts=6, num_experts_per_tok=2, norm_topk_prob=True,
            mlp_only_layers=[1], tie_word_embeddings=True),
        # A sliding window.
        "mixtral": MixtralConfig(
            **common, num_attention_heads=4, num_key_value_heads=1, intermediate_size=12 * scale, num_local_experts=4,
            num_experts_per_tok=2, sliding_window=11 * scale),
        # Weights that are not renormalised, queries, keys and values that are limited.
        "olmoe": OlmoeConfig(
            **common, num_attention_heads=4, num_key_value_heads=2, intermediate_size=12 * scale, num_experts=6,
            num_experts_per_tok=3, norm_topk_prob=False, clip_qkv=1.5),
    }


def random_model(config, seed):
    """A model whose logits say something: every product keeps the size of what it multiplies."""
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim == 1:
                parameter.copy_(1 + 0.2 * torch.randn(parameter.shape))
            else:
                parameter.normal_(0, parameter.shape[-1] ** -0.5)
            if "embed_tokens" in name and not config.tie_word_embeddings:
                parameter.normal_(0, 1)
            parameter.copy_(parameter.bfloat16().float())
    return model.eval()


def stream_gradients(model, tokens):
    streams = []

    def keep(_module, _inputs, output):
        streams.append(output)
        output.retain_grad()

    hooks = [layer.register_forward_hook(keep) for layer in model.model.layers]
    logits = model(tokens[None, :-1]).logits[0]
    torch.nn.functional.cross_entropy(logits, tokens[1:], reduction="sum").backward()
    for hook in hooks:
        hook.remove()
    return torch.stack([stream.grad[0] for stream in streams])


def write_expected(model, tokens, folder, gradients=False):
    with torch.no_grad():
        logits = model(tokens[None]).logits[0]
    expected = {"tokens": tokens.int(), "logits": logits.float().contiguous()}
    if gradients:
        expected["gradients"] = stream_gradients(model, tokens).float().contiguous()
    save_file(expected, folder / "expected.safetensors")
    for file in folder.iterdir():
        file.chmod(0o644)


def write(config, seed, folder, count):
    model = random_model(config, seed)
    shutil.rmtree(folder, ignore_errors=True)
    model.to(torch.bfloat16).save_pretrained(folder)
    for extra in ("generation_config.json",):
        (folder / extra).unlink(missing_ok=True)
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()), indent=1) + "\n")
    stored = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    write_expected(stored, torch.randint(config.vocab_size, (count,)), folder, gradients=count < 100)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", type=pathlib.Path)
    parser.add_argument("--of", type=pathlib.Path, nargs=2, metavar=("MODEL", "FOLDER"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.of:
        model, folder = arguments.of
        folder.mkdir(parents=True, exist_ok=True)
        loaded = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32, attn_implementation="eager").eval()
        text = (HERE / "make_models.py").read_bytes()[:640]
        write_expected(loaded, torch.tensor(list(text)), folder)
        return
    scale, root, count = (8, arguments.large, 640) if arguments.large else (1, HERE, 24)
    for seed, (name, config) in enumerate(configurations(scale).items(), 1):
        write(config, seed, root / name, count)


if __name__ == "__main__":
    main()
