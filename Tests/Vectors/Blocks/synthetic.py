"""Random weights and inputs with the statistics of real ones; everything follows from a seed.

A few input channels are twelve times the rest, rows of a matrix differ in size, single weights are six times their
neighbours, and the router's logits are spread so widely that the choice of experts is clear.
"""
import dataclasses

import numpy as np
import torch

TYPES = {"bf16": torch.bfloat16, "f16": torch.float16, "f32": torch.float32}


@dataclasses.dataclass
class Sizes:
    tokens: int
    hidden: int
    width: int
    experts: int
    top_k: int


class Layer:
    """The sizes, stored type and random source of one layer. Values are exact in the stored type."""

    def __init__(self, sizes, seed, dtype, index):
        self.sizes, self.dtype, self.index = sizes, TYPES[dtype], index
        self.random = np.random.default_rng([seed, index])
        channels = np.random.default_rng(seed)              # the same for every layer of a checkpoint
        self.channel = np.exp(channels.normal(0, 0.4, sizes.hidden))
        outliers = channels.choice(sizes.hidden, max(1, sizes.hidden // 64), replace=False)
        self.channel[outliers] *= 12

    def stored(self, values, dtype=None):
        return torch.tensor(np.asarray(values, np.float32)).to(dtype or self.dtype)

    def hidden_states(self, tokens):
        size = np.exp(self.random.normal(0, 0.3, (tokens, 1)))
        x = self.random.normal(0, 1, (tokens, self.sizes.hidden)) * self.channel * size
        return self.stored(x).float().numpy()

    def matrix(self, shape):
        w = self.random.normal(0, 1 / np.sqrt(shape[-1]), shape)
        w *= np.exp(self.random.normal(0, 0.3, (*shape[:-1], 1)))
        return np.where(self.random.random(shape) < 0.003, 6 * w, w)

    def router(self, rows, spread):
        """Rows whose logits have a standard deviation of `spread`."""
        w = self.random.normal(0, 1, (rows, self.sizes.hidden)) / self.channel
        return w * (spread / np.std(self.hidden_states(256) @ w.T))

    def correction(self, experts, size=0.1):
        """Large enough to change the choice of most tokens: nobody can leave it out, or weight by it, unnoticed."""
        bias = self.random.normal(0, size, experts)
        return np.where(self.random.random(experts) < 0.15, 4 * bias, bias)

    def fill(self, module, spread, correction=0.1, transposed=False):
        """Gives every parameter and buffer of a transformers module values of its kind."""
        for name, p in [*module.named_parameters(), *module.named_buffers()]:
            if name.endswith(("correction_bias", "expert_bias")):
                values = self.stored(self.correction(p.numel(), correction), torch.float32)
            elif name.endswith("shared_expert_gate.weight"):
                values = self.stored(self.router(1, 1.5))
            elif name.endswith("gate.weight") or ("router" in name or "gate." in name) and name.endswith("weight"):
                values = self.stored(self.router(p.shape[0], spread))
            elif name.endswith("bias"):
                values = self.stored(self.random.normal(0, 0.3, p.shape))
            elif name.endswith("scale"):
                values = self.stored(np.exp(self.random.normal(0, 0.2, p.shape)))
            elif transposed and p.dim() == 3:
                values = self.stored(np.swapaxes(self.matrix([p.shape[0], p.shape[2], p.shape[1]]), 1, 2).copy())
            else:
                values = self.stored(self.matrix(p.shape))
            p.data.copy_(values.float().reshape(p.shape))
