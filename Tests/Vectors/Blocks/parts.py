"""What the families have in common: a block of a config, a transformers module, its arrays and its published tensors."""
import dataclasses
import importlib
import os
from typing import Callable

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import numpy as np          # noqa: E402
import torch                # noqa: E402

from reference import Experts, Latent, Router   # noqa: E402


@dataclasses.dataclass
class Block:
    config: dict
    module: torch.nn.Module             # transformers' block, float32; None where it has none
    tensors: dict                       # published name -> tensor in its stored type
    router: Router
    experts: Experts
    shared: Experts = None
    shared_gate: np.ndarray = None      # [D]
    shared_scale: float = 1.0           # of the shared expert's output
    shared_name: str = None             # the submodule of the shared expert
    latent: Latent = None               # what surrounds the routed experts
    part: str = None                    # of a model that has several, as moe-cli calls it
    dense_first: bool = False           # layer 0 of this family is dense
    router_name: str = "gate"           # the submodules whose outputs are compared
    experts_name: str = "experts"
    routed_factor: float = 1.0          # of the routed sum: the module's, not its router's
    argument_names: dict = dataclasses.field(default_factory=dict)      # what the module calls other inputs
    read_router: Callable = lambda seen, module, states: seen[1:3]      # -> weights, indices
    read_routed: Callable = lambda seen, shape: seen.reshape(shape)


FAMILIES = {}


def family(make):
    FAMILIES[make.__name__] = make
    return make


def config_of(layer, model_type, architecture, **keys):
    return {"architectures": [architecture], "model_type": model_type, "hidden_size": layer.sizes.hidden,
            "hidden_act": "silu", "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 4,
            "vocab_size": 64, "rms_norm_eps": 1e-06, "torch_dtype": str(layer.dtype).removeprefix("torch."), **keys}


def nested(config, model_type, architecture):
    """The config of a model with a text model in it."""
    return {"architectures": [architecture], "model_type": model_type, "torch_dtype": config["torch_dtype"],
            "text_config": {key: value for key, value in config.items() if key != "architectures"}}


def module_of(layer, config, package, config_class, block_class, spread, **how):
    """The transformers block of a config with random weights, in float32, with the plain loop over experts."""
    module = built(config, package, config_class, block_class)
    layer.fill(module, spread, **how)
    return module


def built(config, package, config_class, *classes, arguments=()):
    modeling = importlib.import_module(f"transformers.models.{package}.modeling_{package}")
    configuration = importlib.import_module(f"transformers.models.{package}.configuration_{package}")
    keys = {k: v for k, v in config.items() if k not in ("architectures", "model_type", "torch_dtype")
            and (v is not None or k == "clip_qkv")}
    made = getattr(configuration, config_class)(**keys)
    made._experts_implementation = "eager"
    modules = [getattr(modeling, name)(made, *arguments).float().eval() for name in classes]
    return modules[0] if len(modules) == 1 else modules


def block_of(layer, config, module, under, router, shared=None, names=("gate_proj", "up_proj", "down_proj"),
             gate="gate.weight", bias="gate.e_score_correction_bias", shared_as=None, shared_names=None,
             router_module=None, router_f32=False, activation=("swiglu",), shared_activation=None, prefix=None):
    """A block of a module: its parts as arrays, and its tensors under the names they are published with."""
    prefix = f"{prefix or 'model.layers.'}{layer.index}.{under}" + ("." if under else "")
    owner = router_module or module.gate
    router.weight = array(owner.weight)
    experts = Experts(array(module.experts.gate_up_proj), array(module.experts.down_proj), activation=activation)
    kind = torch.float32 if router_f32 else None
    block = Block(config, module, {prefix + gate: layer.stored(router.weight, kind)}, router, experts)
    for e in range(len(experts.down)):
        block.tensors |= projections(layer, f"{prefix}experts.{e}.", experts, e, names)
    for holder in (owner, module):
        for name in ("e_score_correction_bias", "expert_bias"):
            correction = getattr(holder, name, None)
            if correction is not None:
                router.correction = array(correction)
                block.tensors[prefix + bias] = correction.data.clone()
    if shared is not None:
        mlp = module.get_submodule(shared)
        gate_up = np.concatenate([array(mlp.gate_proj.weight), array(mlp.up_proj.weight)])
        block.shared, block.shared_name = Experts(gate_up[None], array(mlp.down_proj.weight)[None]), shared
        block.shared.activation = shared_activation or activation
        block.tensors |= projections(layer, f"{prefix}{shared_as or shared}.", block.shared, 0, shared_names or names)
    if hasattr(module, "shared_expert_gate"):
        block.shared_gate = array(module.shared_expert_gate.weight)[0]
        block.tensors[prefix + "shared_expert_gate.weight"] = layer.stored(block.shared_gate[None])
    return block


def projections(layer, prefix, experts, e, names):
    if len(names) == 2:
        weights = (experts.gate_up[e], experts.down[e])
    else:
        weights = (*np.split(experts.gate_up[e], 2), experts.down[e])
    return {f"{prefix}{name}.weight": layer.stored(w) for name, w in zip(names, weights)}


def fused(layer, block, prefix, names=("gate_up_proj", "down_proj"), transposed=False):
    """The experts in two tensors, in place of one for each and projection."""
    block.tensors = {name: t for name, t in block.tensors.items() if not name.startswith(prefix + ".experts.")}
    for name, w in zip(names, (block.experts.gate_up, block.experts.down)):
        block.tensors[f"{prefix}.experts.{name}"] = layer.stored(np.swapaxes(w, 1, 2).copy() if transposed else w)
    return block


def renamed(block, *pairs):
    """The same block whose tensors are called otherwise."""
    for old, new in pairs:
        block.tensors = {name.replace(old, new): t for name, t in block.tensors.items()}
    return block


def array(parameter):
    return parameter.detach().float().numpy().copy()
