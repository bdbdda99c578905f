#!/usr/bin/env python3
"""Has `moe-cli quantize` write small random models and lets the formats' own readers load them.

    check_quantized.py [--moe-cli .build/release/moe-cli]

For every architecture below transformers makes a model, `moe-cli` quantises it to
compressed-tensors, and then
  * transformers and compressed-tensors load the result: no tensor missing, none left over;
  * every weight that compressed-tensors decompresses is int8 times scale, exactly, and no further
    from the float weight than half a step;
  * every other parameter is the float model's, bit for bit;
  * the logits are close to the float model's.
msmodelslim has no reader on PyPI: its files are compared with the compressed-tensors ones, and its
description with the tensors that it describes.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import torch
from compressed_tensors.compressors import ModelCompressor
from compressed_tensors.quantization import QuantizationConfig
from safetensors import safe_open
from transformers import (
    AutoModelForCausalLM, DeepseekV3Config, Glm4MoeConfig, MixtralConfig, OlmoeConfig,
    Qwen2MoeConfig, Qwen3MoeConfig)

SIZES = dict(
    hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, vocab_size=128, max_position_embeddings=64)
MODELS = {
    "qwen3_moe": Qwen3MoeConfig(
        **SIZES, moe_intermediate_size=32, num_experts=8, num_experts_per_tok=2, head_dim=16,
        norm_topk_prob=True),
    "qwen2_moe": Qwen2MoeConfig(
        **SIZES, moe_intermediate_size=32, num_experts=8, num_experts_per_tok=2,
        shared_expert_intermediate_size=48),
    "mixtral": MixtralConfig(**SIZES, num_local_experts=4, num_experts_per_tok=2),
    "olmoe": OlmoeConfig(**SIZES, num_experts=8, num_experts_per_tok=2),
    "deepseek_v3": DeepseekV3Config(
        **{**SIZES, "num_key_value_heads": 4}, moe_intermediate_size=32, n_routed_experts=8,
        num_experts_per_tok=2, n_group=2, topk_group=1, first_k_dense_replace=1, q_lora_rank=32,
        kv_lora_rank=16, qk_nope_head_dim=8, qk_rope_head_dim=8, v_head_dim=16),
    "glm4_moe": Glm4MoeConfig(
        **SIZES, moe_intermediate_size=32, n_routed_experts=8, num_experts_per_tok=2,
        first_k_dense_replace=1, head_dim=16),
}
# Relative L2 of the logits; the models' weights are random, so that nothing cancels.
TOLERANCE = 0.02


def tensors(folder):
    """All tensors of a folder's safetensors files."""
    found = {}
    for path in sorted(pathlib.Path(folder).glob("*.safetensors")):
        with safe_open(path, "pt") as file:
            for name in file.keys():
                assert name not in found, f"{name} is in two files"
                found[name] = file.get_tensor(name)
    return found


def quantize(tool, source, output, form):
    command = [tool, "quantize", source, output, "--format", form, "--shard-size", "200KB"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return tensors(output)


def check_weights(folder, written, floats):
    """What compressed-tensors makes of the files, beside int8 times scale and the float weights."""
    settings = json.loads((folder / "config.json").read_text())["quantization_config"]
    config = QuantizationConfig.model_validate(settings)
    compressor = ModelCompressor(quantization_config=config)
    linears = {name.removesuffix("_scale") for name in written if name.endswith("weight_scale")}
    assert linears, "nothing was quantised"
    for name in linears:
        integers, scale, weight = written[name], written[name + "_scale"], floats[name].float()
        assert integers.dtype == torch.int8 and scale.dtype == torch.float32, name
        assert scale.shape == (weight.shape[0], 1), name
        exact = integers.float() * scale
        decompressed = compressor.quantization_compressor["int-quantized"].decompress_weight(
            {"weight": integers, "weight_scale": scale},
            config.config_groups["group_0"].weights)
        assert torch.equal(decompressed.float(), exact), f"{name}: decompressed otherwise"
        assert ((exact - weight).abs() <= scale * 0.5001).all(), f"{name}: more than half a step"
        assert torch.equal(scale, weight.abs().amax(1, keepdim=True) / 127), f"{name}: scale"
    for name, tensor in written.items():
        if name not in linears and name.removesuffix("_scale") not in linears:
            assert torch.equal(tensor, floats[name]), f"{name}: not copied bit for bit"
    assert {n for n in written if not n.endswith("weight_scale")} == set(floats)
    return len(linears)


def check_model(folder, written, reference, tokens):
    """The logits' distance from the float model's, of a model that transformers has loaded."""
    model, loading = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, output_loading_info=True)
    for kind, names in loading.items():
        assert not names, f"{kind}: {names}"
    # Compressed until the first pass, after which a weight is its product with the scale.
    compared = 0
    for name, parameter in model.state_dict().items():
        if name.endswith("weight_scale") or name + "_scale" in written:
            assert torch.equal(parameter, written[name]), f"{name}: loaded otherwise"
            compared += 1
    assert compared == 2 * sum(name.endswith("weight_scale") for name in written)
    with torch.no_grad():
        logits = model.eval()(tokens).logits
    parameters = dict(model.named_parameters())
    for name in written:
        if name + "_scale" in written:
            exact = written[name].float() * written[name + "_scale"]
            assert torch.equal(parameters[name], exact), f"{name}: decompressed otherwise"
    return ((logits - reference).norm() / reference.norm()).item()


def check_modelslim(folder, slim, written):
    description = json.loads((folder / "quant_model_description.json").read_text())
    for name, tensor in written.items():
        assert torch.equal(slim[name], tensor), f"{name}: not the same in both formats"
    for name, tensor in slim.items():
        stem = name.removesuffix("_scale").removesuffix("_offset")
        scheme = "W8A8_DYNAMIC" if stem + "_scale" in slim else "FLOAT"
        assert description[name] == scheme, f"{name}: {description[name]}"
        if name.endswith("_offset"):
            assert tensor.shape == slim[stem + "_scale"].shape and not tensor.any(), name
    assert set(description) == set(slim) | {"model_quant_type", "version"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moe-cli", default=".build/release/moe-cli")
    tool = parser.parse_args().moe_cli
    tokens = torch.arange(48).reshape(2, 24)
    for name, config in MODELS.items():
        torch.manual_seed(1)
        model = AutoModelForCausalLM.from_config(config).to(torch.bfloat16)
        with tempfile.TemporaryDirectory() as scratch:
            root = pathlib.Path(scratch)
            model.save_pretrained(root / "float")
            with torch.no_grad():
                reference = model.float().eval()(tokens).logits
            floats = tensors(root / "float")
            written = quantize(tool, root / "float", root / "int8", "compressed-tensors")
            count = check_weights(root / "int8", written, floats)
            error = check_model(root / "int8", written, reference, tokens)
            assert error < TOLERANCE, f"{name}: logits {error:.2%} from the float model's"
            slim = quantize(tool, root / "float", root / "slim", "msmodelslim")
            check_modelslim(root / "slim", slim, written)
        print(f"{name}: {count} linear layers, logits {error:.2%} from the float model's")


if __name__ == "__main__":
    sys.exit(main())
