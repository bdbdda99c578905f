"""What a block must compute: the transformers module in float32, and the numpy reference checked against it."""
import numpy as np
import torch

import reference

CLEAR_MARGIN, CLEAR_ORDER = 3e-4, 3e-5      # below these a token's choice hangs on rounding, and it is drawn again


def decisive_input(block, layer):
    """What goes into the block [T, D], so that experts and their order do not hang on rounding, and beside it what
    some blocks also read: token_ids [T], or router_input [T, D]."""
    inputs = {}
    if block.router.table is not None:
        inputs["token_ids"] = layer.random.integers(0, len(block.router.table), layer.sizes.tokens).astype(np.int32)
    x = layer.hidden_states(layer.sizes.tokens)
    for _ in range(60):
        routing = reference.route(block.router, x, inputs.get("token_ids"))
        weak = (routing.margin < CLEAR_MARGIN) | (routing.order_gap < CLEAR_ORDER)
        if block.latent is not None:        # rows that are quantised after a sum, whose rounding is not ours
            weak |= reference.near_tie(block.latent.compress(x).astype(np.float64)).any(-1)
        weak = np.flatnonzero(weak)
        if len(weak) == 0:
            if block.router.norm is not None:
                inputs["router_input"], x = x, layer.hidden_states(layer.sizes.tokens)
            return {"hidden_states": x, **inputs}
        x[weak] = layer.hidden_states(len(weak))
    raise AssertionError("no input with a clear choice of experts; use another seed")


def golden(block, inputs):
    """All tensors of golden.safetensors; raises where numpy and the module disagree."""
    x = inputs["hidden_states"]
    routing = reference.route(block.router, inputs.get("router_input", x), inputs.get("token_ids"))
    module = {} if block.module is None else run(block, inputs)
    if module:
        routing.weights = agreed_weights(block, routing, module)
    got = reference.forward(x, routing, block.experts, block.shared, block.shared_gate, block.shared_scale,
                            block.latent)
    for name in ("routed_output", "shared_output", "output"):
        if name in got and name in module and distance(got[name], module[name]) > 1e-5:
            raise AssertionError(f"{name}: numpy and the module are {distance(got[name], module[name]):.1e} apart")
    tensors = {**got, **{name: module[name] for name in module if name.endswith("output")}, **inputs,
               "topk_indices": routing.indices, "topk_weights": routing.weights, "topk_margin": routing.margin,
               "topk_order_gap": routing.order_gap,
               "group_index": reference.dispatch(routing.indices, len(block.experts.down))[3]}
    return {name: torch.tensor(np.ascontiguousarray(values)) for name, values in tensors.items()}


def agreed_weights(block, routing, module):
    """The module's weights, in descending order of selection."""
    slot = (module["indices"][:, None] == routing.indices[..., None]).argmax(-1)
    if not (np.take_along_axis(module["indices"], slot, -1) == routing.indices).all():
        raise AssertionError("numpy and the module choose different experts")
    weights = np.take_along_axis(module["weights"], slot, -1).astype(np.float32)
    if np.abs(weights - routing.weights).max() > 1e-5 * max(1, block.router.scale):
        raise AssertionError("numpy and the module weight experts differently")
    return weights


def run(block, inputs):
    """Outputs, indices and weights of the transformers module."""
    seen, hooks, x = {}, [], inputs["hidden_states"]
    for key, name in (("routed", block.experts_name), ("router", block.router_name), ("shared", block.shared_name)):
        if name is not None:
            hooks.append(block.module.get_submodule(name).register_forward_hook(
                lambda module, args, out, key=key: seen.__setitem__(
                    key, out.clone() if torch.is_tensor(out) else out)))
    with torch.no_grad():
        states = torch.tensor(x)[None]
        others = {block.argument_names.get(name, name): torch.tensor(value)[None]
                  for name, value in inputs.items() if name != "hidden_states"}
        out = block.module(states, **others)
        weights, indices = block.read_router(seen.get("router"), block.module, states)
        got = {"output": out[0] if isinstance(out, tuple) else out,
               "routed_output": block.routed_factor * block.read_routed(seen["routed"], x.shape)}
        if block.shared is not None:
            gate = block.shared_scale
            if block.shared_gate is not None:
                gate = torch.sigmoid(block.module.shared_expert_gate(states[0]))
            got["shared_output"] = gate * seen["shared"].reshape(x.shape)
    for hook in hooks:
        hook.remove()
    return {**{name: t.reshape(x.shape).numpy() for name, t in got.items()},
            "indices": indices.numpy(), "weights": (block.routed_factor * weights).numpy()}


def distance(a, b):
    """Relative L2."""
    return float(np.linalg.norm(a.astype(np.float64) - b) / np.linalg.norm(b.astype(np.float64)))
