"""One function a family: the config keys and tensor names it is published with, its module and its router.

To add a family, write a function from a synthetic.Layer to a Block, mark it with @family, and name a block of it in
make_blocks.py. golden.py refuses the block unless the numpy reference agrees with the transformers module.
"""
import dataclasses
import importlib
import os

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import numpy as np          # noqa: E402
import torch                # noqa: E402

from reference import Experts, Router   # noqa: E402


@dataclasses.dataclass
class Block:
    config: dict
    module: torch.nn.Module             # transformers' block, float32
    tensors: dict                       # published name -> tensor in its stored type
    router: Router
    experts: Experts
    shared: Experts = None
    shared_gate: np.ndarray = None      # [D]
    shared_name: str = None             # the submodule of the shared expert
    dense_first: bool = False           # layer 0 of this family is dense


FAMILIES = {}


def family(make):
    FAMILIES[make.__name__] = make
    return make


# -- the families ---------------------------------------------------------------------------------------------------

@family
def mixtral(layer):
    """Softmax, renormalised; w1, w3, w2 under block_sparse_moe."""
    s = layer.sizes
    config = config_of(layer, "mixtral", "MixtralForCausalLM", intermediate_size=s.width, num_local_experts=s.experts,
                       num_experts_per_tok=s.top_k, router_jitter_noise=0.0, output_router_logits=False)
    module = module_of(layer, config, "mixtral", "MixtralConfig", "MixtralSparseMoeBlock", spread=2.0)
    return block_of(layer, config, module, "block_sparse_moe", Router(None, s.top_k, "softmax", epsilon=0.0),
                    names=("w1", "w3", "w2"))


@family
def olmoe(layer):
    """Softmax, not renormalised; the experts' width is intermediate_size."""
    s = layer.sizes
    config = config_of(layer, "olmoe", "OlmoeForCausalLM", intermediate_size=s.width, num_experts=s.experts,
                       num_experts_per_tok=s.top_k, norm_topk_prob=False, clip_qkv=None)
    module = module_of(layer, config, "olmoe", "OlmoeConfig", "OlmoeSparseMoeBlock", spread=2.0)
    return block_of(layer, config, module, "mlp", Router(None, s.top_k, "softmax"))


@family
def qwen2_moe(layer):
    """Softmax, not renormalised; a shared expert of its own width behind a sigmoid gate."""
    s = layer.sizes
    config = config_of(layer, "qwen2_moe", "Qwen2MoeForCausalLM", intermediate_size=2 * s.width,
                       moe_intermediate_size=s.width, shared_expert_intermediate_size=s.width + 8,
                       num_experts=s.experts, num_experts_per_tok=s.top_k, norm_topk_prob=False,
                       decoder_sparse_step=1, mlp_only_layers=[])
    module = module_of(layer, config, "qwen2_moe", "Qwen2MoeConfig", "Qwen2MoeSparseMoeBlock", spread=2.0)
    return block_of(layer, config, module, "mlp", Router(None, s.top_k, "softmax"), shared="shared_expert")


@family
def qwen3_moe(layer):
    """Softmax, renormalised; no shared expert."""
    s = layer.sizes
    config = config_of(layer, "qwen3_moe", "Qwen3MoeForCausalLM", intermediate_size=2 * s.width,
                       moe_intermediate_size=s.width, num_experts=s.experts, num_experts_per_tok=s.top_k,
                       norm_topk_prob=True, decoder_sparse_step=1, mlp_only_layers=[], head_dim=s.hidden // 4)
    module = module_of(layer, config, "qwen3_moe", "Qwen3MoeConfig", "Qwen3MoeSparseMoeBlock", spread=2.0)
    return block_of(layer, config, module, "mlp", Router(None, s.top_k, "softmax", epsilon=0.0))


@family
def deepseek_v2_lite(layer):
    """Softmax, greedy, neither renormalised nor scaled; two shared experts in one MLP."""
    router = Router(None, layer.sizes.top_k, "softmax")
    return deepseek(layer, "deepseek_v2", "DeepseekV2", "DeepseekV2Moe", router, topk_method="greedy",
                    scoring_func="softmax", n_shared_experts=2)


@family
def deepseek_v2(layer):
    """Softmax, the best groups by their best expert, scaled; two shared experts in one MLP."""
    router = Router(None, layer.sizes.top_k, "softmax", groups=(4, 2, "maximum"), scale=16.0)
    return deepseek(layer, "deepseek_v2", "DeepseekV2", "DeepseekV2Moe", router, topk_method="group_limited_greedy",
                    scoring_func="softmax", n_shared_experts=2)


@family
def deepseek_v3(layer):
    """Sigmoid, correction bias, the best groups by their two best experts, renormalised, scaled; a shared expert."""
    router = Router(None, layer.sizes.top_k, "sigmoid", groups=(4, 2, "top two"), epsilon=1e-20, scale=2.5)
    return deepseek(layer, "deepseek_v3", "DeepseekV3", "DeepseekV3MoE", router, topk_method="noaux_tc",
                    scoring_func="sigmoid", n_shared_experts=1)


@family
def kimi_k2(layer):
    """DeepSeek-V3 with one group, under Kimi's model type."""
    router = Router(None, layer.sizes.top_k, "sigmoid", epsilon=1e-20, scale=2.827)
    block = deepseek(layer, "deepseek_v3", "DeepseekV3", "DeepseekV3MoE", router, topk_method="noaux_tc",
                     scoring_func="sigmoid", n_shared_experts=1)
    block.config["model_type"] = "kimi_k2"
    return block


@family
def glm4_moe(layer):
    """DeepSeek-V3 with one group; the config does not spell the score function."""
    router = Router(None, layer.sizes.top_k, "sigmoid", epsilon=1e-20, scale=2.5)
    return deepseek(layer, "glm4_moe", "Glm4Moe", "Glm4MoeMoE", router, n_shared_experts=1)


def deepseek(layer, model_type, camel, block_class, router, **keys):
    """What the DeepSeek kind has in common: a dense layer 0, routed experts and shared ones beside them."""
    s, (groups, kept, _) = layer.sizes, router.groups or (1, 1, None)
    config = config_of(layer, model_type, camel + "ForCausalLM", intermediate_size=2 * s.width,
                       moe_intermediate_size=s.width, n_routed_experts=s.experts, num_experts_per_tok=s.top_k,
                       n_group=groups, topk_group=kept, norm_topk_prob=router.epsilon is not None,
                       routed_scaling_factor=router.scale, first_k_dense_replace=1, moe_layer_freq=1, **keys)
    spread = 2.0 if router.score == "softmax" else 1.5
    module = module_of(layer, config, model_type, camel + "Config", block_class, spread)
    block = block_of(layer, config, module, "mlp", router, shared="shared_experts")
    block.dense_first = True
    return block


# -- their parts ----------------------------------------------------------------------------------------------------

def config_of(layer, model_type, architecture, **keys):
    return {"architectures": [architecture], "model_type": model_type, "hidden_size": layer.sizes.hidden,
            "hidden_act": "silu", "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 4,
            "vocab_size": 64, "rms_norm_eps": 1e-06, "torch_dtype": str(layer.dtype).removeprefix("torch."), **keys}


def module_of(layer, config, package, config_class, block_class, spread):
    """The transformers block of a config with random weights, in float32, with the plain loop over experts."""
    modeling = importlib.import_module(f"transformers.models.{package}.modeling_{package}")
    configuration = importlib.import_module(f"transformers.models.{package}.configuration_{package}")
    keys = {k: v for k, v in config.items() if k not in ("architectures", "model_type", "torch_dtype")}
    built = getattr(configuration, config_class)(**keys)
    built._experts_implementation = "eager"
    module = getattr(modeling, block_class)(built).float().eval()
    layer.fill(module, spread)
    return module


def block_of(layer, config, module, under, router, shared=None, names=("gate_proj", "up_proj", "down_proj")):
    """A block of a module: its parts as arrays, and its tensors under the names they are published with."""
    prefix = f"model.layers.{layer.index}.{under}."
    router.weight = array(module.gate.weight)
    experts = Experts(array(module.experts.gate_up_proj), array(module.experts.down_proj))
    block = Block(config, module, {prefix + "gate.weight": layer.stored(router.weight)}, router, experts)
    for e in range(len(experts.down)):
        block.tensors |= projections(layer, f"{prefix}experts.{e}.", experts, e, names)
    correction = getattr(module.gate, "e_score_correction_bias", None)
    if correction is not None:
        router.correction = array(correction)
        block.tensors[prefix + "gate.e_score_correction_bias"] = correction.data.clone()
    if shared is not None:
        mlp = module.get_submodule(shared)
        gate_up = np.concatenate([array(mlp.gate_proj.weight), array(mlp.up_proj.weight)])
        block.shared, block.shared_name = Experts(gate_up[None], array(mlp.down_proj.weight)[None]), shared
        block.tensors |= projections(layer, f"{prefix}{shared}.", block.shared, 0, names)
    if hasattr(module, "shared_expert_gate"):
        block.shared_gate = array(module.shared_expert_gate.weight)[0]
        block.tensors[prefix + "shared_expert_gate.weight"] = layer.stored(block.shared_gate[None])
    return block


def projections(layer, prefix, experts, e, names):
    gate, up = np.split(experts.gate_up[e], 2)
    return {f"{prefix}{name}.weight": layer.stored(w) for name, w in zip(names, (gate, up, experts.down[e]))}


def array(parameter):
    return parameter.detach().float().numpy().copy()
