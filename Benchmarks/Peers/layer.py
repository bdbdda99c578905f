"""The layer that every peer computes: its weights, its tokens and their routing, and the exact answer."""
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Shape:
    """Sizes of a layer: hidden size D, expert width H, E experts of which a token takes k."""

    hidden: int
    width: int
    experts: int
    top_k: int


@dataclass(frozen=True)
class Tokens:
    """Hidden states [T, D], logits [T, E], chosen experts [T, k] and their weights [T, k], which sum to 1."""

    hidden: torch.Tensor
    logits: torch.Tensor
    experts: torch.Tensor
    weights: torch.Tensor


class Layer:
    """A layer of random weights, which like a checkpoint's are bfloat16 values.

    Timing needs no different experts: `repeated` gives all of them the first one's values, in memory of their own.
    """

    def __init__(self, shape, distinct):
        """`distinct`: every expert has weights of its own."""
        self.shape = shape
        self.distinct = distinct
        random = torch.Generator().manual_seed(2)
        count = shape.experts if distinct else 1

        def matrix(rows, columns):
            values = torch.randn((count, rows, columns), generator=random) * 0.03
            return values.bfloat16().float()

        self.gate = matrix(shape.width, shape.hidden)   # [1 or E, H, D]
        self.up = matrix(shape.width, shape.hidden)     # [1 or E, H, D]
        self.down = matrix(shape.hidden, shape.width)   # [1 or E, D, H]

    def repeated(self, values):
        """What was made of the weights, [1 or E, ...], for all experts, [E, ...]."""
        if self.distinct:
            return values.contiguous()
        return values.repeat(self.shape.experts, *([1] * (values.dim() - 1)))

    def forget(self):
        """Frees the float32 weights, which most peers need only to make their own."""
        self.gate = self.up = self.down = None

    def tokens(self, count, seed):
        """Random tokens. The router is the first E columns, so that a peer with a router of its own can have it."""
        hidden = torch.randn((count, self.shape.hidden), generator=torch.Generator().manual_seed(seed))
        hidden = hidden.bfloat16().float()
        logits = hidden[:, :self.shape.experts].contiguous()
        chosen = torch.softmax(logits, -1).topk(self.shape.top_k)
        weights = chosen.values / chosen.values.sum(-1, keepdim=True)
        return Tokens(hidden, logits, chosen.indices.contiguous(), weights.contiguous())

    def exact(self, tokens):
        """The layer's output in float64, [T, D]; of a layer with distinct experts."""
        out = torch.zeros(tokens.hidden.shape, dtype=torch.float64)
        for expert in range(self.shape.experts):
            row, slot = torch.where(tokens.experts == expert)
            x = tokens.hidden[row].double()
            inner = torch.nn.functional.silu(x @ self.gate[expert].double().T) * (x @ self.up[expert].double().T)
            y = inner @ self.down[expert].double().T
            out.index_add_(0, row, y * tokens.weights[row, slot, None].double())
        return out


def quantized(weights):
    """int8 values and the scales of their rows, symmetric: [..., n, m] gives [..., n, m] and [..., n]."""
    scale = weights.abs().amax(-1) / 127
    return torch.round(weights / scale[..., None]).to(torch.int8), scale
