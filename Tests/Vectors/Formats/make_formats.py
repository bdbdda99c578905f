#!/usr/bin/env python3
"""Makes the vectors beside this file: a small quantised matrix of every format, and the float32 weights that the
format's own library makes of it.

    make_formats.py        needs torch, transformers, compressed-tensors and gguf from PyPI

A file holds cases; a case holds the tensors of a module (`weight`, `weight_scale`, …), `dequantized` [N, K] float32
and, as options, the value of `quantization_config`. `qwen2moe.gguf` is a model of one layer,
`gpt-oss-….gguf` another one in parts.
"""
import json
import pathlib

import numpy as np
import torch
from safetensors.torch import save

HERE = pathlib.Path(__file__).parent
SIZE = 64  # rows and columns of every matrix: gate, up and down can then be the same
torch.manual_seed(10)


def matrix():
    """Rows of different magnitudes with a few outliers, as trained weights have them."""
    w = torch.randn(SIZE, SIZE) * torch.logspace(-3, 0, SIZE)[:, None]
    w[3, 5] *= 20
    w[7] = 0
    return w


def fp8():
    """DeepSeek's blocks against transformers."""
    from transformers.integrations.finegrained_fp8 import Fp8Dequantize
    for name, dtype, most, scale_type in [
            ("E4M3, F32 scales", torch.float8_e4m3fn, 448, torch.float32),
            ("E4M3, BF16 scales", torch.float8_e4m3fn, 448, torch.bfloat16),
            ("E5M2, F32 scales", torch.float8_e5m2, 57344, torch.float32)]:
        w, block = matrix(), 32
        tiles = w.reshape(SIZE // block, block, SIZE // block, block)
        scale = (tiles.abs().amax((1, 3)) / most).to(scale_type)
        q = (tiles / scale.float()[:, None, :, None]).clamp(-most, most).reshape(SIZE, SIZE).to(dtype)
        out = Fp8Dequantize(None)._dequantize_one(q, scale, torch.float32)
        yield f"blocks of {name}", {"weight": q, "weight_scale_inv": scale, "dequantized": out}, {
            "quant_method": "fp8", "weight_block_size": [block, block]}
    w = matrix()
    tiles = w.reshape(SIZE, SIZE // 32, 32)
    exponent = (tiles.abs().amax(-1).clamp(min=1e-30) / 448).log2().ceil()
    q = (tiles / exponent.exp2()[..., None]).reshape(SIZE, SIZE).to(torch.float8_e4m3fn)
    scale = (exponent + 127).to(torch.uint8)
    yield "mxfp8", {"weight": q, "weight_scale_inv": scale,
                    "dequantized": Fp8Dequantize(None)._dequantize_one(q, scale, torch.float32)}, {"quant_method": "fp8"}


INT8 = [("channel", dict(strategy="channel")), ("tensor", dict(strategy="tensor")),
        ("group", dict(strategy="group", group_size=16)), ("asymmetric", dict(strategy="channel", symmetric=False))]
FLOAT8 = [("channel", dict(strategy="channel")), ("tensor", dict(strategy="tensor"))]


def compressed_tensors_int8():
    yield from compressed_tensors(INT8, "int", torch.int8)


def compressed_tensors_fp8():
    yield from compressed_tensors(FLOAT8, "float", torch.float8_e4m3fn)


def compressed_tensors(cases, kind, dtype):
    """int8 and FP8 as compressed-tensors quantises and dequantises them, in float32."""
    from compressed_tensors.quantization import QuantizationArgs
    from compressed_tensors.quantization.lifecycle.forward import dequantize, quantize
    from compressed_tensors.quantization.utils import calculate_qparams
    for name, settings in cases:
        args, w = QuantizationArgs(num_bits=8, type=kind, **settings), matrix()
        if args.strategy == "group":
            tiles = w.reshape(SIZE, SIZE // args.group_size, args.group_size)
            low, high = tiles.amin(-1), tiles.amax(-1)
        elif args.strategy == "channel":
            low, high = w.amin(-1, keepdim=True), w.amax(-1, keepdim=True)
        else:
            low, high = w.min().reshape(1), w.max().reshape(1)
        scale, zero = calculate_qparams(low, high, args)
        q = quantize(w, scale, zero, args, dtype=dtype)
        out = dequantize(q, scale, zero, args, dtype=torch.float32)
        tensors = {"weight": q, "weight_scale": scale.float(), "dequantized": out}
        if not args.symmetric:
            tensors["weight_zero_point"] = zero.to(torch.int8)
        yield name, tensors, {"quant_method": "compressed-tensors", "config_groups": {
            "group_0": {"targets": ["Linear"], "weights": json.loads(args.model_dump_json())}}}


def mxfp4():
    """gpt-oss's packing against transformers; the library returns [in, out]."""
    from transformers.integrations.mxfp4 import convert_moe_packed_tensors
    codes = torch.randint(0, 256, (1, SIZE, SIZE // 32, 16), dtype=torch.uint8)
    scales = torch.randint(90, 130, (1, SIZE, SIZE // 32), dtype=torch.uint8)
    out = convert_moe_packed_tensors(codes, scales, dtype=torch.float32)[0].T.contiguous()
    assert out.shape == (SIZE, SIZE)
    packed = codes[0].reshape(SIZE, SIZE // 2)
    yield "packed", {"weight_packed": packed, "weight_scale": scales[0], "dequantized": out}, {
        "quant_method": "compressed-tensors", "format": "mxfp4-pack-quantized"}
    yield "DeepSeek-V4", {"weight": packed.view(torch.int8), "scale": scales[0], "dequantized": out}, {
        "quant_method": "fp8", "expert_dtype": "fp4"}


def q8_0():
    """GGUF's blocks against gguf."""
    import gguf
    stored = gguf.quants.quantize(matrix().numpy(), gguf.GGMLQuantizationType.Q8_0)
    out = gguf.quants.dequantize(stored, gguf.GGMLQuantizationType.Q8_0)
    yield "Q8_0", {"weight": torch.tensor(stored).reshape(SIZE, SIZE // 32, 34), "dequantized": torch.tensor(out)}, None


def gguf_file():
    """A Qwen2-MoE layer as gguf writes it, with Q8_0, F16 and F32; every weight is a multiple of 1/64 that Q8_0 keeps:
    element i of a tensor is ((37 i) mod 255 - 127) / 64, and the first of each block of 32 is 127/64."""
    import gguf
    hidden, width, experts, shared = 64, 32, 2, 32

    def values(*shape):
        w = ((37 * np.arange(np.prod(shape))) % 255 - 127).astype(np.float32) / 64
        w[::32] = 127 / 64
        return w.reshape(shape)

    path = HERE / "qwen2moe.gguf"
    writer = gguf.GGUFWriter(path, "qwen2moe")
    writer.add_block_count(1)
    writer.add_embedding_length(hidden)
    writer.add_feed_forward_length(128)
    writer.add_expert_count(experts)
    writer.add_expert_used_count(1)
    writer.add_expert_feed_forward_length(width)
    writer.add_expert_shared_feed_forward_length(shared)
    writer.add_array("tokenizer.ggml.tokens", ["a", "b", "é"])
    q8 = gguf.GGMLQuantizationType.Q8_0
    for name, w in [("gate", values(experts, width, hidden)), ("up", values(experts, width, hidden)),
                    ("down", values(experts, hidden, width))]:
        stored = gguf.quants.quantize(w, q8)
        assert (gguf.quants.dequantize(stored, q8) == w).all()
        writer.add_tensor(f"blk.0.ffn_{name}_exps.weight", stored, raw_dtype=q8)
    for name, w in [("gate", values(shared, hidden)), ("up", values(shared, hidden)), ("down", values(hidden, shared))]:
        writer.add_tensor(f"blk.0.ffn_{name}_shexp.weight", w.astype(np.float16))
    writer.add_tensor("blk.0.ffn_gate_inp.weight", values(experts, hidden))
    writer.add_tensor("blk.0.ffn_gate_inp_shexp.weight", values(hidden))
    writer.add_tensor("blk.0.attn_q.weight", np.zeros((4, 144), np.uint8), raw_dtype=gguf.GGMLQuantizationType.Q4_K)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    print(f"{path.name}: {path.stat().st_size} bytes")


def gguf_mxfp4():
    """GGUF's blocks of MXFP4 against gguf: any codes, any scales, the least ones too."""
    import gguf
    random = np.random.default_rng(11)
    stored = random.integers(0, 256, (SIZE, SIZE // 32, 17), np.uint8)
    stored[..., 0] = random.integers(100, 130, stored.shape[:2])
    stored[0, :, 0] = [0, 1]
    out = gguf.quants.dequantize(stored.reshape(SIZE, -1), gguf.GGMLQuantizationType.MXFP4)
    yield "MXFP4", {"weight": torch.tensor(stored), "dequantized": torch.tensor(out)}, None


def gguf_parts():
    """A gpt-oss layer as gguf splits it, over three files: experts in MXFP4 with biases, a router with one. Byte i of
    a tensor's codes is (7 i) mod 256, scale j is 120 + j mod 8, bias k is k / 8."""
    import gguf
    hidden, width, experts = 64, 32, 2
    writer = gguf.GGUFWriter(HERE / "gpt-oss.gguf", "gpt-oss", split_max_tensors=3)
    writer.add_block_count(1)
    writer.add_embedding_length(hidden)
    writer.add_expert_count(experts)
    writer.add_expert_used_count(1)
    writer.add_expert_feed_forward_length(width)
    for name, rows, columns in [("gate", width, hidden), ("up", width, hidden), ("down", hidden, width)]:
        blocks = experts * rows * columns // 32
        stored = np.zeros((blocks, 17), np.uint8)
        stored[:, 0] = 120 + np.arange(blocks) % 8
        stored[:, 1:] = (7 * np.arange(16 * blocks) % 256).reshape(blocks, 16)
        writer.add_tensor(f"blk.0.ffn_{name}_exps.weight", stored.reshape(experts, rows, -1),
                          raw_dtype=gguf.GGMLQuantizationType.MXFP4)
        bias = np.arange(experts * rows, dtype=np.float32) / 8
        writer.add_tensor(f"blk.0.ffn_{name}_exps.bias", bias.reshape(experts, rows))
    router = ((37 * np.arange(experts * hidden)) % 255 - 127).astype(np.float32) / 64
    writer.add_tensor("blk.0.ffn_gate_inp.weight", router.reshape(experts, hidden))
    writer.add_tensor("blk.0.ffn_gate_inp.bias", np.arange(experts, dtype=np.float32) / 8)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write(name, cases):
    tensors, options = {}, {}
    for case, parts, quantization in cases:
        options[case] = {"quantization_config": quantization}
        tensors |= {f"{case}/{part}": tensor.contiguous().clone() for part, tensor in parts.items()}
    for case in options:
        out = tensors[f"{case}/dequantized"]
        assert out.dtype == torch.float32 and out.isfinite().all(), case
        # An eighth of the rows keeps the files small.
        tensors[f"{case}/dequantized"] = out[::8].contiguous()
    data = save(tensors, {"cases": json.dumps(options)})
    (HERE / f"{name}.safetensors").write_bytes(data)
    print(f"{name}: {len(options)} cases, {len(data)} bytes")


if __name__ == "__main__":
    for make in (fp8, compressed_tensors_int8, compressed_tensors_fp8, mxfp4, q8_0, gguf_mxfp4):
        write(make.__name__, list(make()))
    gguf_file()
    gguf_parts()
