"""vLLM's CPU build: the fused experts of its `_C` library, loaded without the rest of vLLM."""
import pathlib
import sys

import torch

from layer import quantized

# What vllm/model_executor calls the arithmetic: int8 weights, int8 rows.
INT8_W8A8 = 1


class Peer:
    def __init__(self, layer, threads, variant):
        library = next(path for folder in sys.path for path in pathlib.Path(folder or ".").glob("vllm/_C.abi3.so"))
        torch.ops.load_library(str(library))
        self.gate_up, self.gate_up_scale = self._packed(layer, torch.cat([layer.gate, layer.up], 1))
        self.down, self.down_scale = self._packed(layer, layer.down)

    @staticmethod
    def _packed(layer, weights):
        values, scale = quantized(weights)
        return torch.ops._C.convert_weight_packed(layer.repeated(values)), layer.repeated(scale)

    def prepare(self, tokens):
        hidden = tokens.hidden.bfloat16()
        experts = tokens.experts.int()
        out = torch.empty_like(hidden)
        no = None

        def run():
            torch.ops._C.fused_experts_cpu(
                out, hidden, self.gate_up, self.down, tokens.weights, experts, INT8_W8A8,
                self.gate_up_scale, self.down_scale, no, no, no, no, no, no, no, no, True)
            return out

        return run
