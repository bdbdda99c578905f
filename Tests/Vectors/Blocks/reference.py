"""The int8 MoE block in numpy, one function a stage: what MoEBlock.forward must compute.

Shapes: T tokens, D hidden size, H expert width, E experts, k experts a token, R rows in dispatch order.
Everything the block rounds is float32; sums that must be exact or better than float32 are float64.
"""
import dataclasses

import numpy as np

F32, F64 = np.float32, np.float64
NEAR_TIE = 1e-3         # an element nearer than this, in int8 steps, to a rounding tie may round either way


@dataclasses.dataclass
class Router:
    """logits (+ bias) -> scores -> selection (+ correction, groups) -> weights."""
    weight: np.ndarray                  # [E, D] float32
    top_k: int
    score: str                          # softmax | sigmoid | sqrtsoftplus of the logits | logits
    correction: np.ndarray = None       # [E], added to the scores for the selection only
    groups: tuple = None                # (count, kept, "maximum" | "top two"), then what the others become: -inf
    epsilon: float = None               # weights / (their sum + epsilon); None: not renormalised
    scale: float = 1.0                  # of the weights, at the end
    bias: np.ndarray = None             # [E], added to the logits
    softcap: float = None               # c of c * tanh(logit / c)
    weighting: str = None               # softmax | sigmoid: of the selected logits
    minimum: float = None               # weights / max(their sum, minimum)
    always: int = 0                     # of the last experts, which every token is sent to
    jitter: float = None                # Phi's SparseMixer, in place of all the above
    table: np.ndarray = None            # [V, k]: the experts of a token, in place of a selection
    expert_scale: np.ndarray = None     # [E], times the weights
    norm: tuple = None                  # (scale [D], epsilon): the root mean square norm of its input


@dataclasses.dataclass
class Latent:
    """What surrounds routed experts of a width L of their own."""
    compression: np.ndarray             # [L, D] float32
    expansion: np.ndarray               # [D, L] float32

    def compress(self, x):
        return (x.astype(F64) @ self.compression.astype(F64).T).astype(F32)

    def expand(self, sums):
        return (sums.astype(F64) @ self.expansion.astype(F64).T).astype(F32)


@dataclasses.dataclass
class Experts:
    """Experts of one activation; a shared expert is one of them alone."""
    gate_up: np.ndarray                 # [E, 2H, D] float32, the gate's rows first; [E, H, D] without a gate
    down: np.ndarray                    # [E, D, H] float32
    gate_up_bias: np.ndarray = None     # [E, 2H], in the same order
    down_bias: np.ndarray = None        # [E, D]
    activation: tuple = ("swiglu",)     # and its numbers: see activate
    identity: int = 0                   # experts behind these that give back their input
    on_input: bool = False              # whether a weight multiplies an expert's input


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


SCORES = {"softmax": softmax, "sigmoid": sigmoid, "logits": lambda z: z,
          "sqrtsoftplus": lambda z: np.sqrt(np.logaddexp(0, z))}


# -- route ----------------------------------------------------------------------------------------------------------

@dataclasses.dataclass
class Routing:
    indices: np.ndarray                 # [T, k] int32, descending selection score
    weights: np.ndarray                 # [T, k] float32
    margin: np.ndarray                  # [T]: the least gap that decides which experts (and groups) are chosen
    order_gap: np.ndarray               # [T]: the least gap that decides their order


def route(router, x, tokens=None):
    logits = logits_of(router, x)
    if router.jitter is not None:
        return sparse_mixer(logits, router.jitter)
    score = SCORES[router.score](logits)
    if router.table is not None:
        return looked_up(router, score, tokens)
    selection = score[:, :score.shape[1] - router.always]
    if router.correction is not None:
        selection = selection + router.correction
    margin = np.full(len(x), np.inf)
    if router.groups is not None:
        selection, margin = best_groups(selection, *router.groups)
    k = router.top_k - router.always
    ranking = np.argsort(-selection, -1, kind="stable")                 # ties: the lower index first
    ranked = np.take_along_axis(selection, ranking, -1)
    if k < ranked.shape[1]:
        margin = np.minimum(margin, ranked[:, k - 1] - ranked[:, k])
    order_gap = (ranked[:, :k - 1] - ranked[:, 1:k]).min(1, initial=np.inf)
    always = np.arange(selection.shape[1], score.shape[1])
    chosen = np.concatenate([ranking[:, :k], np.broadcast_to(always, (len(x), len(always)))], 1)
    return Routing(chosen.astype(np.int32), weights_of(router, score, chosen), margin.astype(F32),
                   order_gap.astype(F32))


def logits_of(router, x):
    x = x.astype(F64)
    if router.norm is not None:
        scale, epsilon = router.norm
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + epsilon) * scale / np.sqrt(x.shape[1])
    logits = x @ router.weight.astype(F64).T
    if router.bias is not None:
        logits = logits + router.bias
    return logits if router.softcap is None else router.softcap * np.tanh(logits / router.softcap)


def weights_of(router, score, chosen):
    weights = np.take_along_axis(score, chosen, -1)                     # without the correction
    if router.weighting is not None:
        weights = SCORES[router.weighting](weights)
    if router.epsilon is not None:
        weights = weights / (weights.sum(-1, keepdims=True) + router.epsilon)
    if router.minimum is not None:
        weights = weights / np.maximum(weights.sum(-1, keepdims=True), router.minimum)
    if router.expert_scale is not None:
        weights = weights * router.expert_scale[chosen]
    return (weights * router.scale).astype(F32)


def looked_up(router, score, tokens):
    """The experts of every token by its id: nothing hangs on rounding."""
    chosen, clear = router.table[tokens], np.full(len(tokens), np.inf, F32)
    return Routing(chosen.astype(np.int32), weights_of(router, score, chosen), clear, clear)


def sparse_mixer(logits, jitter):
    """Two experts, each weighted by its softmax among those whose logit is relatively close to the greatest."""
    rows, left, near = np.arange(len(logits)), logits.copy(), np.full(len(logits), np.inf)
    chosen, weights = [], []
    for _ in range(2):
        best = left.argmax(-1)
        top = left[rows, best][:, None]
        far = (top - logits) / np.maximum(np.abs(logits), top)
        near = np.minimum(near, np.abs(np.where(np.isinf(left), np.inf, far - 2 * jitter)).min(-1))
        weights.append(softmax(np.where(far > 2 * jitter, -np.inf, left))[rows, best])
        chosen.append(best)
        left[rows, best] = -np.inf
    ranked = np.sort(logits, -1)[:, ::-1]
    third = ranked[:, 1] - ranked[:, 2] if logits.shape[1] > 2 else np.full(len(logits), np.inf)
    return Routing(np.stack(chosen, 1).astype(np.int32), np.stack(weights, 1).astype(F32),
                   np.minimum(third, near).astype(F32), (ranked[:, 0] - ranked[:, 1]).astype(F32))


def best_groups(selection, count, kept, ranked_by, others=-np.inf):
    """The selection scores with all but the best groups at `others`, and the gap that decided between groups."""
    grouped = selection.reshape(len(selection), count, -1)
    best = np.sort(grouped, -1)[..., ::-1]
    strength = best[..., 0] if ranked_by == "maximum" else best[..., 0] + best[..., 1]
    ranking = np.argsort(-strength, -1, kind="stable")
    ranked = np.take_along_axis(strength, ranking, -1)
    gap = ranked[:, kept - 1] - ranked[:, kept] if kept < count else np.full(len(selection), np.inf)
    allowed = np.zeros_like(strength, bool)
    np.put_along_axis(allowed, ranking[:, :kept], True, -1)
    return np.where(allowed[..., None], grouped, others).reshape(selection.shape), gap


# -- dispatch, quantise, activate -----------------------------------------------------------------------------------

def dispatch(indices, experts):
    """Token, slot and expert of every row, [R] each, and group_index [E] (counts); identity experts have no rows."""
    flat = indices.reshape(-1)
    order = np.argsort(flat, kind="stable")
    order = order[flat[order] < experts]
    token, slot = np.divmod(order, indices.shape[1])
    return token, slot, flat[order], np.bincount(flat[order], minlength=experts).astype(np.int64)


def quantise(v):
    """Symmetric int8 of every row: q [..., n] int8 and scale [...] float32, 0 for a row of zeros."""
    scale = (np.abs(v).max(-1) / F32(127)).astype(F32)
    column = scale[..., None]
    q = np.divide(v, column, out=np.zeros_like(v, F32), where=column > 0)
    return np.clip(np.rint(q), -127, 127).astype(np.int8), scale


def near_tie(v):
    """Which elements of the float64 rows v lie near a rounding tie of their row's quantisation."""
    top = np.abs(v).max(-1, keepdims=True)
    steps = np.divide(v * 127, top, out=np.zeros_like(v), where=top > 0)
    return np.abs(steps - np.floor(steps) - 0.5) < NEAR_TIE


def activate(activation, z):
    """The activation in the type of z, every operation rounded once, exponentials correctly rounded."""
    kind, *numbers = activation
    if kind == "relu2":
        return np.square(np.maximum(z, 0))
    gate, up = np.split(z, 2, -1)
    one, numbers = z.dtype.type(1), [z.dtype.type(n) for n in numbers]
    if kind == "swiglu":
        return silu(gate) * up
    if kind == "openai":                                                # limit, alpha
        limit, alpha = numbers
        gate, up = np.minimum(gate, limit), np.clip(up, -limit, limit) + one
        return gate / (one + exp(-(alpha * gate))) * up
    if kind == "clamped before":                                        # limit
        return silu(np.minimum(gate, numbers[0])) * np.clip(up, -numbers[0], numbers[0])
    if kind == "clamped after":                                         # limit
        return np.minimum(silu(gate), numbers[0]) * np.clip(up, -numbers[0], numbers[0])
    if kind == "gelu":                                                  # 0.5 g (1 + tanh(v / 2)) = g / (1 + exp(-v))
        g = gate.astype(F64)
        return (g / (1 + np.exp(-2 * np.sqrt(2 / np.pi) * (g + 0.044715 * g ** 3)))).astype(z.dtype) * up
    if kind == "softcapped":                                            # of gate, of up
        g, u, (cap, up_cap) = gate.astype(F64), up.astype(F64), numbers
        return (cap * np.tanh(g / cap) * sigmoid(g) * up_cap * np.tanh(u / up_cap)).astype(z.dtype)
    raise ValueError(kind)


def exp(z):
    return np.exp(z.astype(F64)).astype(z.dtype)


def silu(gate):
    return gate / (1 + exp(-gate))


# -- experts --------------------------------------------------------------------------------------------------------

def float_experts(experts, x, routing):
    """The routed sum [T, D] with weights as stored, summed in float64."""
    out = np.zeros(x.shape, F64)
    token, slot, expert, counts = dispatch(routing.indices, len(experts.down))
    for e in np.flatnonzero(counts):
        t, j = token[expert == e], slot[expert == e]
        weight = routing.weights[t, j].astype(F64)[:, None]
        before, after = (weight, 1) if experts.on_input else (1, weight)
        z = x[t].astype(F64) * before @ experts.gate_up[e].T.astype(F64)
        if experts.gate_up_bias is not None:
            z = z + experts.gate_up_bias[e]
        y = activate(experts.activation, z) @ experts.down[e].T.astype(F64)
        if experts.down_bias is not None:
            y = y + experts.down_bias[e]
        out[t] += after * y
    identity = np.where(routing.indices >= len(experts.down), routing.weights, 0).sum(-1, dtype=F64)
    return (out + identity[:, None] * x).astype(F32) if experts.identity else out.astype(F32)


def int8_experts(experts, x, routing):
    """The routed sum [T, D]; which tokens have an h near a tie [T]; what those elements can change [T]."""
    qx, sx = quantise(x)
    q13, s13 = quantise(experts.gate_up)
    q2, s2 = quantise(experts.down)
    one_step = np.linalg.norm(q2.astype(F64) * s2.astype(F64)[..., None], axis=1)       # [E, H]: of h, seen in y
    token, slot, expert, counts = dispatch(routing.indices, len(q2))
    y = np.zeros((*routing.indices.shape, x.shape[1]), F32)
    summed = np.ones_like(routing.weights) if experts.on_input else routing.weights
    uncertain, bound = np.zeros(len(x), bool), np.zeros(len(x))
    for e in np.flatnonzero(counts):
        t, j = token[expert == e], slot[expert == e]
        row_scale = sx[t] * routing.weights[t, j] if experts.on_input else sx[t]
        a1 = qx[t].astype(F64) @ q13[e].astype(F64).T                                   # exact
        z = a1.astype(F32) * s13[e] * row_scale[:, None]
        exact = a1 * s13[e].astype(F64) * row_scale[:, None].astype(F64)
        if experts.gate_up_bias is not None:
            z, exact = z + experts.gate_up_bias[e], exact + experts.gate_up_bias[e].astype(F64)
        qh, sh = quantise(activate(experts.activation, z))
        a2 = qh.astype(F64) @ q2[e].astype(F64).T                                       # exact
        y[t, j] = a2.astype(F32) * s2[e] * sh[:, None]
        if experts.down_bias is not None:
            y[t, j] += experts.down_bias[e]
        close = near_tie(activate(experts.activation, exact))
        uncertain[t] |= close.any(-1)
        bound[t] += np.abs(summed[t, j]) * sh * (close @ one_step[e])
    out = np.zeros(x.shape, F32)
    for j in range(y.shape[1]):                                                         # slot order
        identity = routing.indices[:, j, None] >= len(q2)
        out += summed[:, j, None] * np.where(identity, x, y[:, j])
    return out, uncertain, bound


# -- the block ------------------------------------------------------------------------------------------------------

def forward(x, routing, experts, shared=None, shared_gate=None, shared_scale=1.0, latent=None):
    """Both variants of the block: a dict of float and w8a8 outputs, ambiguity and flip bound."""
    rows = x if latent is None else latent.compress(x)
    routed = float_experts(experts, rows, routing)
    w8a8_routed, uncertain, bound = int8_experts(experts, rows, routing)
    if latent is not None:
        routed, w8a8_routed = latent.expand(routed), latent.expand(w8a8_routed)
        bound = bound * np.linalg.norm(latent.expansion.astype(F64), 2)
    got = {"output": routed, "routed_output": routed, "w8a8_output": w8a8_routed, "w8a8_routed_output": w8a8_routed}
    if shared is not None:
        every_token = Routing(np.zeros((len(x), 1), np.int32), np.ones((len(x), 1), F32), None, None)
        gate = np.ones(len(x), F32) if shared_gate is None else \
            sigmoid(x.astype(F64) @ shared_gate.astype(F64)).astype(F32)
        gate = gate * F32(shared_scale)
        w8a8_shared, shared_uncertain, shared_bound = int8_experts(shared, x, every_token)
        got["shared_output"] = gate[:, None] * float_experts(shared, x, every_token)
        got["w8a8_shared_output"] = gate[:, None] * w8a8_shared
        got["output"] = routed + got["shared_output"]
        got["w8a8_output"] = w8a8_routed + got["w8a8_shared_output"]
        uncertain, bound = uncertain | shared_uncertain, bound + gate * shared_bound
    got["w8a8_ambiguous"] = (uncertain + 2 * near_tie(x.astype(F64)).any(-1)).astype(np.uint8)
    got["w8a8_flip_bound"] = bound.astype(F32)
    return got
