"""Qwen3-MoE for training on a processor: bfloat16 products, float32 weights, every expert on its own rows.

The same function as Qwen3MoeForCausalLM of transformers (`check.py` compares them); written out so that the
experts' rows are sorted once and multiplied expert by expert.
"""
import dataclasses
import math

import torch
import torch.nn.functional as F
from torch import nn

HALF = torch.bfloat16
BLOCK = 64          # an expert's rows are padded to a multiple: few shapes for the matrix library to prepare
QUERY_BLOCK = 128   # attention goes by blocks of queries, each with the keys up to its end


@dataclasses.dataclass(frozen=True)
class Sizes:
    vocabulary: int = 256
    hidden: int = 256
    layers: int = 4
    heads: int = 4
    kv_heads: int = 2
    head: int = 32
    experts: int = 16
    active: int = 4
    width: int = 64
    positions: int = 4096
    theta: float = 10000.0
    epsilon: float = 1e-6


def rms_norm(x, weight, epsilon):
    """x [..., n] in float32, scaled to a mean square of one."""
    x = x.float()
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon) * weight


def rotary(sizes, length):
    """cos and sin [length, head]: a position turns channel i together with channel i + head/2."""
    rate = sizes.theta ** (-torch.arange(0, sizes.head, 2).float() / sizes.head)
    angle = torch.arange(length).float()[:, None] * rate
    return torch.cat([angle, angle], -1).cos(), torch.cat([angle, angle], -1).sin()


def rotate(x, cos, sin):
    """x [batch, length, heads, head]"""
    low, high = x.chunk(2, -1)
    return x * cos[:, None] + torch.cat([-high, low], -1) * sin[:, None]


def attention(q, k, v):
    """q [batch, heads, length, head], k and v with as many heads, causal; the same shape as q."""
    length, parts = q.shape[2], []
    for start in range(0, length, QUERY_BLOCK):
        stop = min(start + QUERY_BLOCK, length)
        scores = q[:, :, start:stop] @ k[:, :, :stop].transpose(-1, -2)
        future = torch.arange(stop)[None] > torch.arange(start, stop)[:, None]
        share = scores.float().masked_fill(future, -1e9).softmax(-1)
        parts.append(share.to(v.dtype) @ v[:, :, :stop])
    return torch.cat(parts, 2)


def gated(h, weight):
    """SwiGLU of h [rows, 2 width], times the router's weight [rows]."""
    gate, up = h.float().chunk(2, -1)
    return (F.silu(gate) * up * weight[:, None]).to(h.dtype)


def gated_gradient(h, weight, g):
    """Gradients of `gated` for h and weight, given g [rows, width]."""
    gate, up = h.float().chunk(2, -1)
    g = g.float()
    s = torch.sigmoid(gate)
    silu = gate * s
    scaled = g * weight[:, None]
    dh = torch.cat([scaled * up * (s + silu * (1 - s)), scaled * silu], -1).to(h.dtype)
    return dh, (g * silu * up).sum(-1)


def gather_sum(rows, slot):
    """rows [R, n] summed over each token's slots [tokens, active], in float32."""
    return rows[slot.flatten()].view(*slot.shape, -1).float().sum(1)


gated, gated_gradient, gather_sum = (torch.compile(f, dynamic=False) for f in (gated, gated_gradient, gather_sum))


def placement(chosen, experts):
    """Where each choice [tokens, active] goes: slots of the same shape, and each expert's [first, end) row."""
    flat = chosen.flatten()
    order = torch.argsort(flat)
    counts = torch.bincount(flat, minlength=experts)
    room = (counts + BLOCK - 1) // BLOCK * BLOCK
    shift = (room.cumsum(0) - room) - (counts.cumsum(0) - counts)
    slot = torch.empty_like(flat)
    slot[order] = torch.arange(flat.numel()) + shift[flat[order]]
    ends = room.cumsum(0).tolist()
    return slot.view_as(chosen), list(zip([0, *ends], ends))


class Experts(torch.autograd.Function):
    """x [tokens, hidden], weight and chosen [tokens, active] → the chosen experts' weighted sum [tokens, hidden].

    Rows that only fill a block have the weight zero, and so change nothing, forward or backward.
    """

    @staticmethod
    def forward(context, x, weight, chosen, gate_up, down):
        slot, spans = placement(chosen, len(gate_up))
        rows = chosen.numel() + len(gate_up) * BLOCK
        source = torch.zeros(rows, dtype=torch.int64)
        source[slot.flatten()] = torch.arange(len(x)).repeat_interleave(chosen.shape[1])
        share = torch.zeros(rows)
        share[slot.flatten()] = weight.flatten()
        xs, h = x.index_select(0, source), x.new_empty(rows, gate_up.shape[1])
        for (a, b), w in zip(spans, gate_up):
            torch.mm(xs[a:b], w.t(), out=h[a:b])
        act, y = gated(h, share), x.new_empty(rows, x.shape[1])
        for (a, b), w in zip(spans, down):
            torch.mm(act[a:b], w, out=y[a:b])
        context.spans = spans
        context.save_for_backward(xs, h, act, share, source, slot, gate_up, down)
        return gather_sum(y, slot)

    @staticmethod
    def backward(context, g):
        xs, h, act, share, source, slot, gate_up, down = context.saved_tensors
        gs = g.to(HALF).index_select(0, source)
        dact, dx = torch.empty_like(act), torch.empty_like(xs)
        dgate_up, ddown = torch.empty_like(gate_up), torch.empty_like(down)
        for (a, b), w, dw in zip(context.spans, down, ddown):
            torch.mm(gs[a:b], w.t(), out=dact[a:b])
            torch.mm(act[a:b].t(), gs[a:b], out=dw)
        dh, dshare = gated_gradient(h, share, dact)
        for (a, b), w, dw in zip(context.spans, gate_up, dgate_up):
            torch.mm(dh[a:b], w, out=dx[a:b])
            torch.mm(dh[a:b].t(), xs[a:b], out=dw)
        return gather_sum(dx, slot).to(HALF), dshare[slot], None, dgate_up, ddown


class Layer(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.sizes = s
        matrix = lambda *shape: nn.Parameter(torch.randn(shape) * shape[-1] ** -0.5)
        queries, keys = s.heads * s.head, s.kv_heads * s.head
        self.input_norm, self.post_norm = (nn.Parameter(torch.ones(s.hidden)) for _ in range(2))
        self.q_norm, self.k_norm = (nn.Parameter(torch.ones(s.head)) for _ in range(2))
        self.q, self.k, self.v = matrix(queries, s.hidden), matrix(keys, s.hidden), matrix(keys, s.hidden)
        self.o = nn.Parameter(torch.zeros(queries, s.hidden))        # kept turned, for Muon
        self.router = nn.Parameter(torch.randn(s.experts, s.hidden) * 0.02)
        self.gate_up = matrix(s.experts, 2 * s.width, s.hidden)
        self.down = nn.Parameter(torch.zeros(s.experts, s.width, s.hidden))     # kept turned as well

    @torch.compile(dynamic=False)
    def before_experts(self, x, cos, sin):
        """x [batch, length, hidden] float32 → x after attention, the experts' input, weights, choices, balance."""
        s = self.sizes
        batch, length, _ = x.shape
        y = rms_norm(x, self.input_norm, s.epsilon).to(HALF)
        qkv = F.linear(y, torch.cat([self.q, self.k, self.v]).to(HALF))
        q, k, v = qkv.split([self.q.shape[0], self.k.shape[0], self.v.shape[0]], -1)
        q = rotate(rms_norm(q.unflatten(-1, (s.heads, s.head)), self.q_norm, s.epsilon), cos, sin)
        k = rotate(rms_norm(k.unflatten(-1, (s.kv_heads, s.head)), self.k_norm, s.epsilon), cos, sin)
        q = (q * s.head ** -0.5).to(HALF).transpose(1, 2)
        k, v = k.to(HALF).transpose(1, 2), v.unflatten(-1, (s.kv_heads, s.head)).transpose(1, 2)
        repeat = s.heads // s.kv_heads
        mixed = attention(q, k.repeat_interleave(repeat, 1), v.repeat_interleave(repeat, 1))
        x = x + mixed.transpose(1, 2).reshape(batch, length, -1) @ self.o.to(HALF)
        y = rms_norm(x, self.post_norm, s.epsilon).view(-1, s.hidden)
        share = F.linear(y, self.router).softmax(-1)
        weight, chosen = share.topk(s.active, -1)
        weight = weight / weight.sum(-1, keepdim=True)
        load = F.one_hot(chosen, s.experts).float().mean((0, 1))
        balance = s.experts * (load * share.mean(0)).sum()      # 1 where every expert gets its equal share
        return x, y.to(HALF), weight, chosen, balance, load

    def forward(self, x, cos, sin):
        x, y, weight, chosen, balance, load = self.before_experts(x, cos, sin)
        mixed = Experts.apply(y, weight, chosen, self.gate_up.to(HALF), self.down.to(HALF))
        return x + mixed.view_as(x), balance, load


class Network(nn.Module):
    def __init__(self, sizes=Sizes()):
        super().__init__()
        self.sizes = sizes
        self.embedding = nn.Parameter(torch.randn(sizes.vocabulary, sizes.hidden) * 0.5)
        self.layers = nn.ModuleList(Layer(sizes) for _ in range(sizes.layers))
        self.norm = nn.Parameter(torch.ones(sizes.hidden))
        self.head = nn.Parameter(torch.zeros(sizes.vocabulary, sizes.hidden))

    @torch.compile(dynamic=False)
    def losses(self, x, targets):
        """x [batch, length, hidden] → the cross-entropy of every target, in nats, [batch, length]."""
        logits = F.linear(rms_norm(x, self.norm, self.sizes.epsilon).to(HALF), self.head.to(HALF))
        return F.cross_entropy(logits.float().transpose(1, 2), targets, reduction="none")

    def forward(self, ids):
        """ids [batch, length + 1] → cross-entropies [batch, length], balance per layer, load [layers, experts]."""
        x = F.embedding(ids[:, :-1], self.embedding)
        cos, sin = rotary(self.sizes, x.shape[1])
        balances, loads = [], []
        for layer in self.layers:
            x, balance, load = layer(x, cos, sin)
            balances.append(balance)
            loads.append(load)
        return self.losses(x, ids[:, 1:]), torch.stack(balances), torch.stack(loads)


def bits(losses):
    return losses.mean().item() / math.log(2)
