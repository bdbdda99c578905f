"""swift-moe itself, for its error only: `moe-cli forward` over a checkpoint with the layer's weights."""
import json
import os
import pathlib
import subprocess
import tempfile

import torch
from safetensors.torch import load_file, save_file


class Peer:
    def __init__(self, layer, threads, variant):
        self.threads = threads
        self.kept = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.kept.name)
        shape = layer.shape
        (self.folder / "config.json").write_text(json.dumps({
            "model_type": "qwen3_moe", "hidden_size": shape.hidden, "moe_intermediate_size": shape.width,
            "num_experts": shape.experts, "num_experts_per_tok": shape.top_k, "norm_topk_prob": True,
            "hidden_act": "silu", "num_hidden_layers": 1, "decoder_sparse_step": 1, "mlp_only_layers": []}))
        block = "model.layers.0.mlp"
        tensors = {f"{block}.gate.weight": torch.eye(shape.experts, shape.hidden).bfloat16()}
        for expert in range(shape.experts):
            for name, weights in (("gate", layer.gate), ("up", layer.up), ("down", layer.down)):
                tensors[f"{block}.experts.{expert}.{name}_proj.weight"] = weights[expert].bfloat16()
        save_file(tensors, str(self.folder / "model.safetensors"))

    def prepare(self, tokens):
        return lambda: self._run(tokens)

    def _run(self, tokens):
        given, made = self.folder / "input.safetensors", self.folder / "output.safetensors"
        save_file({"hidden_states": tokens.hidden}, str(given))
        subprocess.run([os.environ["MOE_CLI"], "forward", "--model", str(self.folder), "--layer", "0",
                        "--input", str(given), "--output", str(made), "--backend", "native",
                        "--threads", str(self.threads)], check=True)
        return load_file(str(made))["output"]
