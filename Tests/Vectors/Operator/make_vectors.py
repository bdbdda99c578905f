#!/usr/bin/env python3
"""Writes the operator's test vectors: python3 make_vectors.py, with numpy and nothing else.

Every file holds many cases. Tensors are named case/tensor; the metadata entry "cases" is JSON,
case to options. The expected y and scale are computed here in float32 from the operator's
definition, independently of the Swift code; exp in float64, rounded.
"""
import itertools
import json
import pathlib
import struct

import numpy as np

F = np.float32
HERE = pathlib.Path(__file__).parent
SIZES = [1, 3, 7, 17, 2, 33, 5, 9]  # H of the cases, in turn


class BF16:
    """bfloat16 as its sixteen bits, which numpy has no type for."""

    def __init__(self, values):
        bits = np.asarray(values, F).view(np.uint32)
        self.bits = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
        self.shape = self.bits.shape


def wide(a):
    if isinstance(a, BF16):
        return (a.bits.astype(np.uint32) << 16).view(F)
    return a.astype(F)


# MARK: the operator


def groups_of(tensors, count):
    """The row of the per-group tables for every token, -1 in the tail."""
    g = np.full(count, -1)
    if "group_index" not in tensors:
        g[:] = 0
        return g
    index, start = tensors["group_index"], 0
    rows = index if index.ndim == 2 else [(k, n) for k, n in enumerate(index)]
    for group, n in rows:
        g[start : start + n] = group
        start += n
    return g


def by_group(a, width, tensors):
    """quant_scale or quant_offset as [W, H] or [W, 1]."""
    a = wide(a)
    if a.ndim == 2:
        return a
    rows = tensors["group_index"].shape[0] if "group_index" in tensors else 1
    per_channel = rows == 1 and a.size == width and width > 1
    return a.reshape(1, -1) if per_channel else a.reshape(-1, 1)


def operator(tensors, options):
    x = tensors["x"]
    count, width = x.shape[0], x.shape[1] // 2
    g = groups_of(tensors, count)
    live = g >= 0
    i = np.where(live, g, 0)
    factors = lambda name: by_group(tensors[name], width, tensors)[i]

    # Dequantise.
    if isinstance(x, np.ndarray) and x.dtype == np.int32:
        bias = tensors.get("bias")
        whole = isinstance(bias, np.ndarray) and bias.dtype == np.int32
        u = x + (bias.reshape(-1, 2 * width)[i] if whole else np.int32(0))
        f = u.astype(F)
        f = f * tensors["weight_scale"].reshape(-1, 2 * width)[i]
        if "activation_scale" in tensors:
            f = f * tensors["activation_scale"].reshape(-1, 1)
        if bias is not None and not whole:
            f = f + wide(bias).reshape(-1, 2 * width)[i]
    else:
        f = wide(x)

    # SwiGLU.
    mode = options["swiglu_mode"]
    if mode == 1:
        act, lin = f[:, 0::2], f[:, 1::2]
    elif options["activate_left"]:
        act, lin = f[:, :width], f[:, width:]
    else:
        act, lin = f[:, width:], f[:, :width]
    limit, alpha, bias = (F(options[k]) for k in ("clamp_limit", "glu_alpha", "glu_bias"))
    at_most = lambda v, top: np.where(v > top, top, v)
    clamp = lambda v: np.where(v < -limit, -limit, at_most(v, limit))
    if mode in (1, 2):
        act = at_most(act, limit)
        z = alpha * act
        lin = clamp(lin) + bias
    else:
        z = act
        lin = clamp(lin) if mode == 3 else lin
    s = act / (F(1) + np.exp(-z.astype(np.float64)).astype(F))
    v = (at_most(s, limit) if mode == 3 else s) * lin
    assert v.dtype == F

    # Quantise.
    atlas, grouped = options["atlas"], "group_index" in tensors
    if options["quant_mode"] == "dynamic":
        if "quant_scale" in tensors:
            v = v * factors("quant_scale")
        m = np.abs(v).max(axis=1)
        scale = m * (F(1) / F(127)) if atlas and grouped else m / F(127)
        dead = ~np.isfinite(m) | (scale == 0)
        safe = np.where(dead, F(1), scale)[:, None]
        q = v * (F(1) / safe) if atlas and not grouped else v / safe
        q = np.where(dead[:, None], F(0), q)
        low = -127
    else:
        q, low = v, -128
        if "quant_scale" in tensors:
            d = factors("quant_scale")
            q = q * (F(1) / d) if atlas and d.shape[1] == 1 else q / d
        if "quant_offset" in tensors:
            q = q + factors("quant_offset")
        scale = np.zeros(count, F)
    assert q.dtype == F and scale.dtype == F
    y = np.clip(np.rint(np.where(np.isnan(q), F(0), q)), low, 127)
    y = np.where(live[:, None], y, 0).astype(np.int8)
    return y, np.where(live, scale, F(0))


# MARK: safetensors, by hand


def raw(a):
    if isinstance(a, BF16):
        return "BF16", a.bits.tobytes()
    names = {"float32": "F32", "float16": "F16", "int32": "I32", "int64": "I64", "int8": "I8"}
    return names[a.dtype.name], np.ascontiguousarray(a).tobytes()


def write(name, cases):
    options, header, body = {}, {}, b""
    for case, (tensors, settings) in cases.items():
        y, scale = operator(tensors, settings)
        options[case] = settings
        for key, a in {**tensors, "y": y, "scale": scale}.items():
            kind, data = raw(a)
            header[f"{case}/{key}"] = {
                "dtype": kind, "shape": list(a.shape),
                "data_offsets": [len(body), len(body) + len(data)],
            }
            body += data
    text = json.dumps({"cases": json.dumps(options, separators=(",", ":"))})
    header = {"__metadata__": json.loads(text), **header}
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    data = struct.pack("<Q", len(head)) + head + body
    (HERE / f"{name}.safetensors").write_bytes(data)
    print(f"{name}: {len(cases)} cases, {len(data)} bytes")


# MARK: cases


def settings(quant_mode, swiglu_mode=0, left=True, atlas=False, limit=7.0, alpha=1.702, bias=1.0):
    return {
        "quant_mode": quant_mode, "swiglu_mode": swiglu_mode, "activate_left": left,
        "clamp_limit": limit, "glu_alpha": alpha, "glu_bias": bias, "atlas": atlas,
    }


HALVES = {"F32": F, "F16": np.float16, "BF16": BF16}


def stored(a, kind):
    return BF16(a) if kind == "BF16" else np.asarray(a, F).astype(HALVES[kind])


def inputs(rng, kind, bias, count, width, rows, flat):
    """x and what belongs to it; `flat` drops the dimension of the only group."""
    shape = (2 * width,) if flat and rows == 1 else (rows, 2 * width)
    if kind != "I32":
        return {"x": stored(rng.normal(0, 3, (count, 2 * width)), kind)}
    tensors = {
        "x": rng.integers(-3000, 3000, (count, 2 * width)).astype(np.int32),
        "weight_scale": rng.normal(0, 0.02, shape).astype(F),
    }
    if bias == "I32":
        tensors["bias"] = rng.integers(-2000, 2000, shape).astype(np.int32)
    elif bias:
        tensors["bias"] = stored(rng.normal(0, 2, shape), bias)
    return tensors


def grid():
    """Every legal cell of the matrix of inputs, groups and quantisations, in every mode."""
    rng = np.random.default_rng(20251)
    kinds = [("I32", b) for b in (None, "I32", "F32", "F16", "BF16")]
    kinds += [("F16", None), ("BF16", None)]
    cells = itertools.product(kinds, ("none", "counts", "pairs"), ("static", "dynamic"), range(4))
    cases = {}
    for n, ((kind, bias), form, quant, mode) in enumerate(cells):
        width = 100 if n % 56 == 9 else SIZES[n % len(SIZES)]
        count = 2 + n % 3 if form == "none" else 5
        rows = {"none": 1, "counts": 3, "pairs": 2}[form]
        if form == "counts" and n % 11 == 0:
            rows = 1
        tensors = inputs(rng, kind, bias, count, width, rows, flat=form != "pairs" and n % 2 == 0)
        if kind == "I32" and n % 4 != 3:
            shape = (count,) if n % 3 else (count, 1)
            tensors["activation_scale"] = rng.normal(0.5, 0.3, shape).astype(F)
        if form == "counts":
            tensors["group_index"] = np.array([[2, 0, 2], [0, 3, 1], [1, 4, 0]][n % 3][:rows])
        elif form == "pairs":
            tensors["group_index"] = np.array([[1, 2], [7, 0], [0, 1], [1, 1]])
        # The form of the factors: absent, one per row, one per channel, in one or two dimensions.
        choice = (n // 8 + n) % 5
        channel, flat = choice in (2, 3), choice in (1, 3) and form != "pairs"
        if choice and not (flat and channel and rows > 1):
            shape = (rows, width if channel else 1)
            if flat:
                shape = (width,) if channel else (rows,)
            kind_of_factors = ("F32", "F32", "F16", "BF16")[n % 4]
            spread = rng.uniform(0.02, 0.5, shape) * rng.choice([-1, 1], shape)
            tensors["quant_scale"] = stored(spread, kind_of_factors)
            if quant == "static" and n % 3:
                tensors["quant_offset"] = stored(rng.normal(0, 20, shape), kind_of_factors)
        plain = n % 2 == 0
        cases[f"{n}"] = (tensors, settings(
            quant, mode, left=n % 3 != 1, limit=7.0 if plain else 1.5,
            alpha=1.702 if plain else -0.5, bias=1.0 if plain else -0.25))
    write("grid", cases)


def special():
    """What section 7.3 of the definition lists: zeros, underflow, NaN, infinities, ties."""
    inf, nan, tiny = np.inf, np.nan, 1e-42
    rows = np.array([
        [0, 0, 0, 0, 0, 0], [-0.0, 0, 0, 0, -0.0, 0], [nan, 1, 2, 3, 4, 5], [1, 2, 3, 4, nan, 5],
        [inf, 1, 2, 3, 4, 5], [1, 2, 3, -inf, 4, 5], [-inf, 1, 2, 3, 4, 5], [nan, inf, 1, 1, 1, 1],
        [-88, -87, -86, 1, 1, 1], [-89, -104, -120, 1, 1, 1], [88, 89, 3e38, 1, 1, 1],
        [1, 2, 3, tiny, tiny, -tiny], [1, 2, 3, 1e-44, 2e-44, -1e-44], [1, 2, 3, 7e-44, 1e-45, 0],
        [3e38, 3e38, 1, 3e38, 2, 1], [1e-20, 1e-20, 1, 1e-20, 1e-19, 0], [5, -5, 5, -5, 5, -5],
    ], F)  # fmt: skip
    count, width = rows.shape[0], 3
    cases = {}

    def case(tensors, *args, **kwargs):
        cases[f"{len(cases)}"] = (tensors, settings(*args, **kwargs))

    one = np.ones((count, 2 * width), np.int32)
    for mode, left in ((0, True), (0, False), (1, True), (2, True), (2, False), (3, True)):
        # An int32 input reaches any float through a group of its own and its weight_scale.
        for quant in ("dynamic", "static"):
            spread = {
                "x": one, "weight_scale": rows, "activation_scale": np.ones(count, F),
                "group_index": np.ones(count, np.int64),
            }
            case(spread, quant, mode, left)
            case({"x": BF16(rows)}, quant, mode, left)
        smooth = np.array([[1e-30, 1, -1e30]], F)
        case({"x": BF16(rows), "quant_scale": smooth}, "dynamic", mode, left)
        case({"x": BF16(rows), "quant_scale": np.array([0.03], F),
              "quant_offset": np.array([-0.5], F)}, "static", mode, left)  # fmt: skip
    with np.errstate(over="ignore"):
        case({"x": rows.astype(np.float16)}, "dynamic")
        case({"x": rows.astype(np.float16)}, "static", 2)
    factors = np.array([nan, inf, -inf, 0, 1e38, -2], F)
    case({"x": one, "weight_scale": factors}, "dynamic")
    turned = factors[::-1].copy()
    case({"x": one * 7, "weight_scale": turned, "bias": turned}, "static", 2)
    column = rows[:, 2].copy()
    case({"x": one, "weight_scale": np.ones(6, F), "activation_scale": column}, "dynamic")
    case({"x": BF16(rows[5:]), "quant_scale": np.array([nan], F)}, "dynamic")
    case({"x": BF16(rows), "quant_scale": np.array([0, inf, 1], F)}, "dynamic")
    # Integers: no exact float32, and sums that wrap.
    big = np.array([[16777217, 16777219, 2147483647, -2147483648, -16777217, 33554431]], np.int32)
    case({"x": big, "weight_scale": np.full(6, 2.0**-24, F)}, "dynamic")
    case({"x": big, "weight_scale": np.full(6, 2.0**-28, F), "bias": big.reshape(6)}, "dynamic")
    # Ties of the static rounding: x = 0, so that the quotient is the offset.
    offsets = np.array([[-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 126.5, 127.5, -127.5, -128.5, 1e30, -1e30,
                         0.49999997, 3.5, nan, inf, -inf]], F)  # fmt: skip
    zeros = np.zeros((2, 2 * offsets.size), np.int32)
    case({"x": zeros, "weight_scale": np.ones((1, zeros.shape[1]), F),
          "quant_scale": np.ones_like(offsets), "quant_offset": offsets}, "static")  # fmt: skip
    write("special", cases)


def groups():
    """Empty groups at every place, tails, unordered and repeated ids, more groups than rows."""
    rng = np.random.default_rng(7)
    cases = {}
    lists = [
        [0, 3, 4], [3, 4, 0], [3, 0, 4], [0, 0, 0], [0, 0, 2], [7], [4], [1] * 7 + [0] * 9,
        [0] * 12 + [7] + [0] * 3,
        [[2, 3], [0, 1], [2, 3]], [[1, 0], [2, 2], [0, 5]], [[0, 0], [0, 0]], [[5, 0], [1, 3]],
        [[-4, 0], [0, 7]], [[2, 1], [1, 1], [0, 1], [2, 1], [1, 1]],
    ]  # fmt: skip
    for n, (index, quant) in enumerate(itertools.product(lists, ("dynamic", "static"))):
        index = np.array(index, np.int64)
        rows = 3 if index.ndim == 2 else index.shape[0]
        width = (5, 8, 3)[n % 3]
        kind, bias = ("I32", "I32", "BF16")[n % 3], ("F32", "I32")[n % 2]
        tensors = inputs(rng, kind, bias, 7, width, rows, False)
        tensors["group_index"] = index
        shape = (rows, width) if n % 4 < 2 else (rows, 1)
        tensors["quant_scale"] = rng.uniform(0.02, 2, shape).astype(F)
        cases[f"{n}"] = (tensors, settings(quant, n % 4, left=n % 5 != 0))
    # No rows at all.
    empty = {"x": np.zeros((0, 6), np.int32), "weight_scale": np.ones(6, F)}
    cases["no rows"] = (empty, settings("dynamic"))
    cases["no rows, static"] = ({"x": np.zeros((0, 6), np.float16)}, settings("static", 3))
    write("groups", cases)


def atlas():
    """What Atlas takes, in its own order of rounding."""
    rng = np.random.default_rng(3)
    cases = {}
    kinds = [("I32", b) for b in (None, "I32", "F32", "F16", "BF16")]
    kinds += [("F16", None), ("BF16", None)]
    for n, ((kind, bias), quant, channel) in enumerate(
        itertools.product(kinds, ("static", "dynamic"), (False, True))
    ):
        width, count = (7, 33, 4)[n % 3], 4
        tensors = inputs(rng, kind, bias, count, width, 1, True)
        if kind == "I32":
            tensors["activation_scale"] = rng.uniform(0.1, 2, count).astype(F)
        if quant == "static" or n % 4:
            tensors["quant_scale"] = rng.uniform(0.01, 0.3, width if channel else 1).astype(F)
        if quant == "static":
            tensors["quant_offset"] = rng.normal(0, 9, tensors["quant_scale"].shape).astype(F)
        cases[f"{n}"] = (tensors, settings(quant, 0, left=n % 2 == 0, atlas=True))
    for n, (kind, mode) in enumerate(itertools.product(("I32", "BF16"), range(4))):
        tensors = inputs(rng, kind, None, 4, 64, 2, False)
        if kind == "I32":
            tensors["activation_scale"] = rng.uniform(0.1, 2, (4, 1)).astype(F)
        tensors["group_index"] = np.array([1, 2], np.int64)
        if n % 2:
            tensors["quant_scale"] = rng.uniform(0.5, 2, (2, 64)).astype(F)
        options = settings("dynamic", mode, left=mode == 1 or n < 4, atlas=True)
        cases[f"grouped {n}"] = (tensors, options)
    # A scale so small that its reciprocal overflows.
    small = np.zeros((1, 6), np.int32) + np.arange(1, 7, dtype=np.int32)
    tensors = {"x": small, "weight_scale": np.array([1, 1, 1, 1e-39, 0, -1e-38], F),
               "activation_scale": np.ones(1, F)}  # fmt: skip
    cases["reciprocal overflows"] = (tensors, settings("dynamic", 0, atlas=True))
    write("atlas", cases)


with np.errstate(all="ignore"):
    grid()
    special()
    groups()
    atlas()
