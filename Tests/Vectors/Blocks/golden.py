"""What a block must compute: the transformers module in float32, and the numpy reference checked against it."""
import numpy as np
import torch

import reference

CLEAR_MARGIN, CLEAR_ORDER = 3e-4, 3e-5      # below these a token's choice hangs on rounding, and it is drawn again


def decisive_input(block, layer):
    """Hidden states [T, D] whose experts and their order do not hang on rounding."""
    x = layer.hidden_states(layer.sizes.tokens)
    for _ in range(60):
        routing = reference.route(block.router, x)
        weak = np.flatnonzero((routing.margin < CLEAR_MARGIN) | (routing.order_gap < CLEAR_ORDER))
        if len(weak) == 0:
            return x
        x[weak] = layer.hidden_states(len(weak))
    raise AssertionError("no input with a clear choice of experts; use another seed")


def golden(block, x):
    """All tensors of golden.safetensors; raises where numpy and the module disagree."""
    module = run(block, x)
    routing = reference.route(block.router, x)
    slot = (module["indices"][:, None] == routing.indices[..., None]).argmax(-1)
    if not (np.take_along_axis(module["indices"], slot, -1) == routing.indices).all():
        raise AssertionError("numpy and the module choose different experts")
    weights = np.take_along_axis(module["weights"], slot, -1).astype(np.float32)
    if np.abs(weights - routing.weights).max() > 1e-5 * max(1, block.router.scale):
        raise AssertionError("numpy and the module weight experts differently")
    routing.weights = weights                               # the module's, in descending order of selection
    got = reference.forward(x, routing, block.experts, block.shared, block.shared_gate)
    for name in ("routed_output", "shared_output", "output"):
        if name in got and distance(got[name], module[name]) > 1e-5:
            raise AssertionError(f"{name}: numpy and the module are {distance(got[name], module[name]):.1e} apart")
    tensors = {**got, **{name: module[name] for name in module if name.endswith("output")}, "hidden_states": x,
               "topk_indices": routing.indices, "topk_weights": routing.weights, "topk_margin": routing.margin,
               "topk_order_gap": routing.order_gap,
               "group_index": reference.dispatch(routing.indices, len(block.experts.down))[3]}
    return {name: torch.tensor(np.ascontiguousarray(values)) for name, values in tensors.items()}


def run(block, x):
    """Outputs, indices and weights of the transformers module."""
    seen, hooks = {}, []
    for key, name in (("routed", "experts"), ("router", "gate"), ("shared", block.shared_name)):
        if name is not None:
            hooks.append(block.module.get_submodule(name).register_forward_hook(
                lambda module, args, out, key=key: seen.__setitem__(key, out)))
    with torch.no_grad():
        states = torch.tensor(x)[None]
        out = block.module(states)
        got = {"output": out[0] if isinstance(out, tuple) else out, "routed_output": seen["routed"]}
        if block.shared is not None:
            gate = 1 if block.shared_gate is None else torch.sigmoid(block.module.shared_expert_gate(states[0]))
            got["shared_output"] = gate * seen["shared"].reshape(x.shape)
    for hook in hooks:
        hook.remove()
    _, weights, indices = seen["router"]
    return {**{name: t.reshape(x.shape).numpy() for name, t in got.items()},
            "indices": indices.numpy(), "weights": weights.numpy()}


def distance(a, b):
    """Relative L2."""
    return float(np.linalg.norm(a.astype(np.float64) - b) / np.linalg.norm(b.astype(np.float64)))
