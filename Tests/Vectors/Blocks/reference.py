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
    """logits -> scores -> selection (+ correction, groups) -> weights."""
    weight: np.ndarray                  # [E, D] float32
    top_k: int
    score: str                          # softmax | sigmoid: of the logits
    correction: np.ndarray = None       # [E], added to the scores for the selection only
    groups: tuple = None                # (count, kept, "maximum" | "top two")
    epsilon: float = None               # weights / (their sum + epsilon); None: not renormalised
    scale: float = 1.0                  # of the weights, at the end


@dataclasses.dataclass
class Experts:
    """Gated experts; a shared expert is one of them alone."""
    gate_up: np.ndarray                 # [E, 2H, D] float32, the gate's rows first
    down: np.ndarray                    # [E, D, H] float32


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


# -- route ----------------------------------------------------------------------------------------------------------

@dataclasses.dataclass
class Routing:
    indices: np.ndarray                 # [T, k] int32, descending selection score
    weights: np.ndarray                 # [T, k] float32
    margin: np.ndarray                  # [T]: the least gap that decides which experts (and groups) are chosen
    order_gap: np.ndarray               # [T]: the least gap that decides their order


def route(router, x):
    score = {"softmax": softmax, "sigmoid": sigmoid}[router.score](x.astype(F64) @ router.weight.astype(F64).T)
    selection = score if router.correction is None else score + router.correction
    margin = np.full(len(x), np.inf)
    if router.groups is not None:
        selection, margin = best_groups(selection, *router.groups)
    k = router.top_k
    ranking = np.argsort(-selection, -1, kind="stable")                 # ties: the lower index first
    ranked = np.take_along_axis(selection, ranking, -1)
    if k < ranked.shape[1]:
        margin = np.minimum(margin, ranked[:, k - 1] - ranked[:, k])
    order_gap = (ranked[:, :k - 1] - ranked[:, 1:k]).min(1, initial=np.inf)
    chosen = ranking[:, :k]
    weights = np.take_along_axis(score, chosen, -1)                     # without the correction
    if router.epsilon is not None:
        weights = weights / (weights.sum(-1, keepdims=True) + router.epsilon)
    return Routing(chosen.astype(np.int32), (weights * router.scale).astype(F32), margin.astype(F32),
                   order_gap.astype(F32))


def best_groups(selection, count, kept, ranked_by):
    """The selection scores with all but the best groups at -inf, and the gap that decided between groups."""
    grouped = selection.reshape(len(selection), count, -1)
    best = np.sort(grouped, -1)[..., ::-1]
    strength = best[..., 0] if ranked_by == "maximum" else best[..., 0] + best[..., 1]
    ranking = np.argsort(-strength, -1, kind="stable")
    ranked = np.take_along_axis(strength, ranking, -1)
    gap = ranked[:, kept - 1] - ranked[:, kept] if kept < count else np.full(len(selection), np.inf)
    allowed = np.zeros_like(strength, bool)
    np.put_along_axis(allowed, ranking[:, :kept], True, -1)
    return np.where(allowed[..., None], grouped, -np.inf).reshape(selection.shape), gap


# -- dispatch, quantise, activate -----------------------------------------------------------------------------------

def dispatch(indices, experts):
    """Token, slot and expert of every row, [R] each, and group_index [E] (counts)."""
    flat = indices.reshape(-1)
    order = np.argsort(flat, kind="stable")
    token, slot = np.divmod(order, indices.shape[1])
    return token, slot, flat[order], np.bincount(flat, minlength=experts).astype(np.int64)


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


def swiglu(z):
    """silu(gate) * up in the type of z, the exponential correctly rounded."""
    gate, up = np.split(z, 2, -1)
    exp = np.exp(-gate.astype(F64)).astype(z.dtype)
    return gate / (1 + exp) * up


# -- experts --------------------------------------------------------------------------------------------------------

def float_experts(experts, x, routing):
    """The routed sum [T, D] with weights as stored, summed in float64."""
    out = np.zeros(x.shape, F64)
    token, slot, expert, counts = dispatch(routing.indices, len(experts.down))
    for e in np.flatnonzero(counts):
        t, j = token[expert == e], slot[expert == e]
        h = swiglu(x[t].astype(F64) @ experts.gate_up[e].T.astype(F64))
        out[t] += routing.weights[t, j].astype(F64)[:, None] * (h @ experts.down[e].T.astype(F64))
    return out.astype(F32)


def int8_experts(experts, x, routing):
    """The routed sum [T, D]; which tokens have an h near a tie [T]; what those elements can change [T]."""
    qx, sx = quantise(x)
    q13, s13 = quantise(experts.gate_up)
    q2, s2 = quantise(experts.down)
    one_step = np.linalg.norm(q2.astype(F64) * s2.astype(F64)[..., None], axis=1)       # [E, H]: of h, seen in y
    token, slot, expert, counts = dispatch(routing.indices, len(q2))
    y = np.zeros((*routing.indices.shape, x.shape[1]), F32)
    uncertain, bound = np.zeros(len(x), bool), np.zeros(len(x))
    for e in np.flatnonzero(counts):
        t, j = token[expert == e], slot[expert == e]
        a1 = qx[t].astype(F64) @ q13[e].astype(F64).T                                   # exact
        qh, sh = quantise(swiglu(a1.astype(F32) * s13[e] * sx[t, None]))
        a2 = qh.astype(F64) @ q2[e].astype(F64).T                                       # exact
        y[t, j] = a2.astype(F32) * s2[e] * sh[:, None]
        close = near_tie(swiglu(a1 * s13[e].astype(F64) * sx[t, None].astype(F64)))
        uncertain[t] |= close.any(-1)
        bound[t] += routing.weights[t, j] * sh * (close @ one_step[e])
    out = np.zeros(x.shape, F32)
    for j in range(y.shape[1]):                                                         # slot order
        out += routing.weights[:, j, None] * y[:, j]
    return out, uncertain, bound


# -- the block ------------------------------------------------------------------------------------------------------

def forward(x, routing, experts, shared=None, shared_gate=None):
    """Both variants of the block: a dict of float and w8a8 outputs, ambiguity and flip bound."""
    routed = float_experts(experts, x, routing)
    w8a8_routed, uncertain, bound = int8_experts(experts, x, routing)
    got = {"output": routed, "routed_output": routed, "w8a8_output": w8a8_routed, "w8a8_routed_output": w8a8_routed}
    if shared is not None:
        every_token = Routing(np.zeros((len(x), 1), np.int32), np.ones((len(x), 1), F32), None, None)
        gate = np.ones(len(x), F32) if shared_gate is None else \
            sigmoid(x.astype(F64) @ shared_gate.astype(F64)).astype(F32)
        w8a8_shared, shared_uncertain, shared_bound = int8_experts(shared, x, every_token)
        got["shared_output"] = gate[:, None] * float_experts(shared, x, every_token)
        got["w8a8_shared_output"] = gate[:, None] * w8a8_shared
        got["output"] = routed + got["shared_output"]
        got["w8a8_output"] = w8a8_routed + got["w8a8_shared_output"]
        uncertain, bound = uncertain | shared_uncertain, bound + gate * shared_bound
    got["w8a8_ambiguous"] = (uncertain + 2 * near_tie(x.astype(F64)).any(-1)).astype(np.uint8)
    got["w8a8_flip_bound"] = bound.astype(F32)
    return got
