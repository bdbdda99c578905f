"""DeepSeek's families and their kin: sigmoid with a correction bias, groups, renormalised, scaled."""
import torch

from parts import block_of, config_of, family, fused, module_of, nested, renamed
from reference import Router


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


@family
def deepseek_v32(layer):
    """DeepSeek-V3; the layers are listed."""
    return v3(layer, "deepseek_v32", "DeepseekV32", groups=(4, 2), mlp_layer_types=["dense", "sparse"])


@family
def dots1(layer):
    """DeepSeek-V3 with one group."""
    return v3(layer, "dots1", "Dots1", n_shared_experts=2, scoring_func="noaux_tc")


@family
def dots3_note(layer):
    """DeepSeek-V3 with a shared expert of its own width."""
    return v3(layer, "dots3_note", "Dots3Note", "Dots3NoteTextMoE", config_class="Dots3NoteTextConfig",
              shared_experts_intermediate_size=layer.sizes.width + 4)


@family
def glm4_moe_lite(layer):
    """DeepSeek-V3 with one group."""
    return v3(layer, "glm4_moe_lite", "Glm4MoeLite", scale=1.8, topk_method="noaux_tc")


@family
def glm4v_moe(layer):
    """DeepSeek-V3 with one group in a model with vision."""
    block = v3(layer, "glm4v_moe", "Glm4vMoe", "Glm4vMoeTextMoE", config_class="Glm4vMoeTextConfig",
               prefix="model.language_model.layers.")
    block.config = nested(block.config | {"model_type": "glm4v_moe_text"}, "glm4v_moe", "Glm4vMoeForConditionalGeneration")
    return block


@family
def glm_moe_dsa(layer):
    """DeepSeek-V3 with one group; the layers are listed."""
    return v3(layer, "glm_moe_dsa", "GlmMoeDsa", mlp_layer_types=["dense", "sparse"])


@family
def glm5_next(layer):
    """DeepSeek-V3, all experts clamped before the SiLU."""
    block = v3(layer, "glm5_next", "Glm5Next", "Glm5NextTextMoE", config_class="Glm5NextTextConfig", swiglu_limit=0.5,
               activation=("clamped before", 0.5), mlp_layer_types=["dense", "sparse"])
    block.config["model_type"] = "glm5_next_text"
    return block


@family
def axk1(layer):
    """DeepSeek-V3 with groups; the norm behind it is the layer's."""
    block = v3(layer, "axk1", "AXK1", groups=(2, 1), mlp_layer_types=["dense", "sparse"])
    block.module.post_mlp_layernorm = torch.nn.Identity()
    return block


@family
def axk2(layer):
    """DeepSeek-V3 without groups, as it is published."""
    return v3(layer, "axk2", "AXK2", mlp_layer_types=["dense", "sparse"])


@family
def solar_open(layer):
    """DeepSeek-V3 in every layer."""
    block = v3(layer, "solar_open", "SolarOpen", scale=1.0, head_dim=layer.sizes.hidden // 4, first_k_dense_replace=0)
    block.dense_first = False
    return block


@family
def mimo_v2_flash(layer):
    """DeepSeek-V3's router, no shared expert, the layers as ones."""
    return v3(layer, "mimo_v2_flash", "MiMoV2Flash", shared=None, scale=1.0, moe_layer_freq=[0, 1],
              n_shared_experts=None)


@family
def exaone_moe(layer):
    """DeepSeek-V3 with one group, the correction bias beside the gate."""
    return v3(layer, "exaone_moe", "ExaoneMoe", "ExaoneMoeSparseMoEBlock", bias="e_score_correction_bias",
              instead={"num_experts": layer.sizes.experts, "num_shared_experts": 1}, scoring_func="sigmoid")


@family
def kimi_linear(layer):
    """DeepSeek-V3 with keys and names of its own."""
    s = layer.sizes
    keys = {"num_experts": s.experts, "num_experts_per_token": s.top_k, "num_shared_experts": 1,
            "moe_renormalize": True, "num_expert_group": 1, "topk_group": 1}
    return v3(layer, "kimi_linear", "KimiLinear", under="block_sparse_moe", instead=keys, names=("w1", "w3", "w2"),
              shared_names=("gate_proj", "up_proj", "down_proj"), scale=2.446, moe_router_activation_func="sigmoid")


@family
def bailing_hybrid(layer):
    """DeepSeek-V3 with groups, under Ling's names."""
    s = layer.sizes
    keys = {"num_experts": s.experts, "num_experts_per_token": s.top_k, "num_shared_experts": 1,
            "moe_renormalize": True, "num_expert_group": 2, "topk_group": 1}
    return v3(layer, "bailing_hybrid", "BailingHybrid", groups=(2, 1), instead=keys, bias="gate.expert_bias")


@family
def hy_v3(layer):
    """DeepSeek-V3 without groups, under Hunyuan's names."""
    s = layer.sizes
    keys = {"num_experts": s.experts, "num_experts_per_tok": s.top_k, "num_shared_experts": 1,
            "router_scaling_factor": 2.826}
    return v3(layer, "hy_v3", "HYV3", instead=keys, gate="router.gate.weight", bias="expert_bias",
              shared_as="shared_mlp", scale=2.826, head_dim=s.hidden // 4)


@family
def hy_v4(layer):
    """DeepSeek-V3, the routed experts alone clamped before the SiLU; fused, the shared gate as saved."""
    block = v3(layer, "hy_v4", "HYV4", swiglu_limit=0.5, activation=("clamped before", 0.5),
               shared_activation=("swiglu",), scale=2.827, mlp_layer_types=["dense", "sparse"])
    fused(layer, block, f"model.layers.{layer.index}.mlp")
    return renamed(block, ("shared_experts.gate_proj", "shared_experts.linear_gate"))


@family
def beam(layer):
    """DeepSeek-V3's router, whose factor multiplies the routed sum; no shared expert."""
    block = v3(layer, "beam", "Beam", shared=None, groups=(2, 1), mlp_layer_types=["dense", "sparse"],
               instead={"num_experts": layer.sizes.experts})
    block.routed_factor = 2.5
    return block


def v3(layer, model_type, camel, block_class=None, config_class=None, scale=2.5, groups=(1, 1), shared="shared_experts",
       under="mlp", instead=None, activation=("swiglu",), prefix=None, **keys):
    """A block like DeepSeek-V3's: published names and keys where they differ, layer 0 dense."""
    s = layer.sizes
    names = {name: keys.pop(name) for name in ("names", "shared_names", "shared_as", "gate", "bias",
                                               "shared_activation") if name in keys}
    usual = dict(n_routed_experts=s.experts, n_shared_experts=1, n_group=groups[0], topk_group=groups[1],
                 norm_topk_prob=True)
    if instead is not None:
        usual = {"num_experts_per_tok": s.top_k, **instead}
        if "num_expert_group" not in instead and model_type != "hy_v3":
            usual |= dict(n_group=groups[0], topk_group=groups[1], norm_topk_prob=True)
        if "num_experts_per_token" in instead:
            del usual["num_experts_per_tok"]
    else:
        usual["num_experts_per_tok"] = s.top_k
    if model_type != "hy_v3":
        usual["routed_scaling_factor"] = scale
    config = config_of(layer, model_type, camel + "ForCausalLM", **(dict(
        intermediate_size=2 * s.width, moe_intermediate_size=s.width, first_k_dense_replace=1) | usual | keys))
    module = module_of(layer, config, model_type, config_class or camel + "Config", block_class or camel + "MoE", 1.5)
    router = Router(None, s.top_k, "sigmoid", groups=(*groups, "top two") if groups[0] > 1 else None, epsilon=1e-20,
                    scale=scale)
    block = block_of(layer, config, module, under, router, shared=shared, activation=activation, prefix=prefix, **names)
    block.dense_first = True
    return block


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
