"""PyTorch: a dynamically quantised linear layer an expert and product, by FBGEMM or oneDNN."""
import torch

linear = torch.ops.quantized.linear_dynamic


class Peer:
    def __init__(self, layer, threads, variant):
        torch.backends.quantized.engine = variant
        self.shape = layer.shape
        count = len(layer.gate)
        gate_up = torch.cat([layer.gate, layer.up], 1)
        self.gate_up = [self._packed(gate_up[expert % count]) for expert in range(self.shape.experts)]
        self.down = [self._packed(layer.down[expert % count]) for expert in range(self.shape.experts)]

    @staticmethod
    def _packed(weights):
        scale = (weights.abs().amax(-1) / 127).double()
        zero = torch.zeros(len(weights), dtype=torch.int64)
        return torch.ops.quantized.linear_prepack(
            torch.quantize_per_channel(weights, scale, zero, 0, torch.qint8), None)

    def prepare(self, tokens):
        return lambda: self._run(tokens)

    def _run(self, tokens):
        out = torch.zeros_like(tokens.hidden)
        flat = tokens.experts.flatten()
        order = torch.argsort(flat)
        counts = torch.bincount(flat, minlength=self.shape.experts).tolist()
        rows, weights = order // self.shape.top_k, tokens.weights.flatten()[order, None]
        first = 0
        for expert, count in enumerate(counts):
            if count:
                part = slice(first, first + count)
                both = linear(tokens.hidden[rows[part]], self.gate_up[expert], False)
                gate, up = both.split(self.shape.width, -1)
                inner = torch.nn.functional.silu(gate) * up
                out.index_add_(0, rows[part], linear(inner, self.down[expert], False) * weights[part])
                first += count
        return out
