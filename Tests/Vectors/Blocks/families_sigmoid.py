"""Families whose scores are a sigmoid, or the root of a softplus, other than DeepSeek-V3's kin."""
import numpy as np
import torch

from parts import Block, array, block_of, built, config_of, family, fused, module_of, nested, projections, renamed
from reference import Experts, Latent, Router


@family
def minimax_m2(layer):
    """Sigmoid with a correction bias, renormalised; the router in float32."""
    s = layer.sizes
    config = config_of(layer, "minimax_m2", "MiniMaxM2ForCausalLM", intermediate_size=s.width, num_local_experts=s.experts,
                       num_experts_per_tok=s.top_k, scoring_func="sigmoid", use_routing_bias=True,
                       shared_intermediate_size=0, head_dim=s.hidden // 4)
    module = module_of(layer, config, "minimax_m2", "MiniMaxM2Config", "MiniMaxM2SparseMoeBlock", spread=1.5)
    return block_of(layer, config, module, "block_sparse_moe", Router(None, s.top_k, "sigmoid", epsilon=0.0),
                    names=("w1", "w3", "w2"), bias="e_score_correction_bias", router_f32=True)


@family
def minimax_m3_vl(layer):
    """The same, gpt-oss's activation, the routed sum scaled, a shared expert."""
    s = layer.sizes
    config = config_of(layer, "minimax_m3_vl", "MiniMaxM3VLForConditionalGeneration", intermediate_size=s.width,
                       num_local_experts=s.experts, num_experts_per_tok=s.top_k, shared_intermediate_size=s.width + 8,
                       routed_scaling_factor=2.0, swiglu_limit=0.75, mlp_layer_types=["sparse", "sparse"])
    module = module_of(layer, config, "minimax_m3_vl", "MiniMaxM3VLTextConfig", "MiniMaxM3VLSparseMoeBlock", spread=1.5)
    config["model_type"] = "minimax_m3_vl_text"
    activation, names = ("openai", 0.75, 1.702), ("gate_proj", "up_proj", "down_proj")
    block = block_of(layer, config, module, "block_sparse_moe", Router(None, s.top_k, "sigmoid", epsilon=0.0, scale=2.0),
                     names=("w1", "w3", "w2"), bias="e_score_correction_bias", activation=activation)
    shared = module.shared_experts
    block.shared = Experts(array(shared.gate_up_proj.weight)[None], array(shared.down_proj.weight)[None],
                           activation=activation)
    block.shared_name, block.routed_factor = "shared_experts", 2.0
    block.tensors |= projections(layer, f"model.layers.{layer.index}.block_sparse_moe.shared_experts.", block.shared, 0,
                                 names)
    return block


@family
def step3p5(layer):
    """The same router; experts clamped after the SiLU, the shared one elsewhere; as transformers keeps it."""
    s = layer.sizes
    config = config_of(layer, "step3p5", "Step3p5ForCausalLM", intermediate_size=2 * s.width, moe_intermediate_size=s.width,
                       n_routed_experts=s.experts, num_experts_per_tok=s.top_k, share_expert_dim=s.width + 8,
                       moe_router_scaling_factor=3.0, mlp_layer_types=["dense", "sparse"], swiglu_limits=[0.0, 0.5],
                       swiglu_limits_shared=[0.0, 0.25], head_dim=s.hidden // 4,
                       layer_types=["full_attention", "full_attention"])
    module = built(config, "step3p7", "Step3p7TextConfig", "Step3p7SparseMoeBlock", arguments=(1,))
    layer.fill(module, 1.5)
    block = block_of(layer, config, module, "mlp", Router(None, s.top_k, "sigmoid", epsilon=0.0, scale=3.0),
                     shared="shared_experts", activation=("clamped after", 0.5),
                     shared_activation=("clamped after", 0.25))
    block.dense_first, block.routed_factor = True, 3.0
    return fused(layer, block, f"model.layers.{layer.index}.mlp")


@family
def step3p7(layer):
    """The same as published: stacked projections under moe, the shared expert beside."""
    block = step3p5(layer)
    block.config["model_type"] = "step3p7"
    prefix = f"model.layers.{layer.index}."
    kept = {name: t for name, t in block.tensors.items() if ".experts." not in name}
    gate, up = np.split(block.experts.gate_up, 2, axis=1)
    for name, w in (("gate_proj", gate), ("up_proj", up), ("down_proj", block.experts.down)):
        kept[f"{prefix}moe.{name}.weight"] = layer.stored(w)
    block.tensors = kept
    return renamed(block, ("mlp.shared_experts", "share_expert"), ("mlp.gate.weight", "moe.gate.weight"),
                   ("mlp.gate.e_score_correction_bias", "moe.router_bias"))


@family
def lfm2_moe(layer):
    """Sigmoid with a correction bias, renormalised with 1e-6."""
    s = layer.sizes
    config = config_of(layer, "lfm2_moe", "Lfm2MoeForCausalLM", intermediate_size=2 * s.width, moe_intermediate_size=s.width,
                       num_experts=s.experts, num_experts_per_tok=s.top_k, num_dense_layers=1, norm_topk_prob=True,
                       use_expert_bias=True, routed_scaling_factor=1.0, layer_types=["conv", "full_attention"])
    module = module_of(layer, config, "lfm2_moe", "Lfm2MoeConfig", "Lfm2MoeSparseMoeBlock", spread=1.5)
    block = block_of(layer, config, module, "feed_forward", Router(None, s.top_k, "sigmoid", epsilon=1e-6),
                     names=("w1", "w3", "w2"), bias="expert_bias")
    block.dense_first = True
    return block


@family
def afmoe(layer):
    """Sigmoid with a correction bias, renormalised, scaled; a shared expert."""
    s = layer.sizes
    config = config_of(layer, "afmoe", "AfmoeForCausalLM", intermediate_size=2 * s.width, moe_intermediate_size=s.width,
                       num_experts=s.experts, num_experts_per_tok=s.top_k, num_shared_experts=1, num_dense_layers=1,
                       route_norm=True, route_scale=2.5, score_func="sigmoid", n_group=1, topk_group=1,
                       head_dim=s.hidden // 4)
    module = module_of(layer, config, "afmoe", "AfmoeConfig", "AfmoeSparseMoeBlock", spread=1.5)
    block = block_of(layer, config, module, "mlp", Router(None, s.top_k, "sigmoid", epsilon=1e-20, scale=2.5),
                     gate="router.gate.weight", router_module=module.router.gate, bias="expert_bias",
                     shared="shared_experts")
    block.router_name, block.dense_first = "router", True
    return block


@family
def laguna(layer):
    """Sigmoid with a correction bias, renormalised; the routed sum scaled, soft caps on the logits."""
    s = layer.sizes
    config = config_of(layer, "laguna", "LagunaForCausalLM", intermediate_size=2 * s.width, moe_intermediate_size=s.width,
                       num_experts=s.experts, num_experts_per_tok=s.top_k, shared_expert_intermediate_size=s.width + 8,
                       moe_routed_scaling_factor=2.5, moe_router_logit_softcapping=5.0,
                       mlp_layer_types=["dense", "sparse"], head_dim=s.hidden // 4)
    module = module_of(layer, config, "laguna", "LagunaConfig", "LagunaSparseMoeBlock", spread=1.5)
    router = Router(None, s.top_k, "sigmoid", epsilon=0.0, scale=2.5, softcap=5.0)
    block = block_of(layer, config, module, "mlp", router, bias="experts.e_score_correction_bias",
                     shared="shared_experts", shared_as="shared_expert")
    block.dense_first, block.routed_factor = True, 2.5
    return block


@family
def flint(layer):
    """Sigmoid, renormalised; a shared expert without a gate."""
    s = layer.sizes
    config = config_of(layer, "flint", "FlintForCausalLM", intermediate_size=2 * s.width, moe_intermediate_size=s.width,
                       num_experts=s.experts, num_experts_per_tok=s.top_k, shared_expert_intermediate_size=s.width + 8,
                       norm_topk_prob=True)
    module = module_of(layer, config, "flint", "FlintConfig", "FlintSparseMoeBlock", spread=1.5)
    return block_of(layer, config, module, "mlp", Router(None, s.top_k, "sigmoid", epsilon=0.0), shared="shared_expert")


@family
def inkling(layer):
    """Sigmoid with a correction bias; the shared experts weighted beside the chosen ones; rows in turn."""
    s, shared = layer.sizes, 2
    config = config_of(layer, "inkling_text", "InklingForConditionalGeneration", moe_intermediate_size=s.width,
                       n_routed_experts=s.experts, num_experts_per_tok=s.top_k, n_shared_experts=shared, route_scale=8.0,
                       dense_mlp_idx=1, intermediate_size=3 * s.width, head_dim=s.hidden // 4)
    module = built(config, "inkling", "InklingTextConfig", "InklingMoE")
    layer.fill(module, 1.5)
    always = torch.arange(s.experts, s.experts + shared)
    routed, others, gate = module.experts, module.shared_experts, module.gate
    experts = Experts(
        np.concatenate([array(routed.gate_up_proj), np.concatenate([array(others.gate_proj), array(others.up_proj)], 1)]),
        np.concatenate([array(routed.down_proj), array(others.down_proj)]))
    router = Router(array(gate.weight), s.top_k + shared, "sigmoid", array(gate.e_score_correction_bias), epsilon=0.0,
                    scale=8.0 * gate.global_scale.item(), always=shared)
    prefix = f"model.llm.layers.{layer.index}.mlp."
    rows = np.stack(np.split(experts.gate_up, 2, axis=1), 2).reshape(experts.gate_up.shape)
    tensors = {prefix + "gate.weight": layer.stored(router.weight), prefix + "gate.bias": gate.e_score_correction_bias.data,
               prefix + "gate.global_scale": layer.stored(array(gate.global_scale)),
               prefix + "experts.w13_weight": layer.stored(rows[:s.experts]),
               prefix + "experts.w2_weight": layer.stored(experts.down[:s.experts]),
               prefix + "shared_experts.shared_w13_weight": layer.stored(rows[s.experts:]),
               prefix + "shared_experts.shared_w2_weight": layer.stored(experts.down[s.experts:])}
    return Block(nested(config, "inkling_mm_model", config["architectures"][0]), module, tensors, router, experts,
                 experts_name="", dense_first=True, read_router=lambda seen, module, states: (
                     torch.cat([seen[1], seen[3]], -1), torch.cat([seen[2], always.expand(len(seen[2]), -1)], -1)))


@family
def inkling2(layer):
    """Sigmoid with a correction bias, renormalised, scaled; soft caps on gate and up; rows in turn."""
    s = layer.sizes
    config = config_of(layer, "inkling2_text", "Inkling2ForCausalLM", moe_intermediate_size=s.width,
                       n_routed_experts=s.experts, num_experts_per_tok=s.top_k, route_scale=8.0, scoring_func="sigmoid",
                       mlp_gate_softcap=1.0, mlp_up_softcap=2.0, head_dim=s.hidden // 4)
    module = module_of(layer, config, "inkling2", "Inkling2TextConfig", "Inkling2SparseMoeBlock", spread=1.5)
    router = Router(None, s.top_k, "sigmoid", epsilon=1e-20, scale=8.0)
    block = block_of(layer, config, module, "mlp", router, bias="gate.bias", activation=("softcapped", 1.0, 2.0),
                     prefix="model.llm.layers.")
    prefix = f"model.llm.layers.{layer.index}.mlp.experts."
    block.tensors = {name: t for name, t in block.tensors.items() if not name.startswith(prefix)}
    gate, up = np.split(block.experts.gate_up, 2, axis=1)
    rows = np.stack([gate, up], 2).reshape(block.experts.gate_up.shape)
    block.tensors |= {prefix + "w13_weight": layer.stored(rows), prefix + "w2_weight": layer.stored(block.experts.down)}
    return block


@family
def nemotron_h(layer):
    """DeepSeek-V3's router; experts without a gate, the square of a ReLU; a shared expert of its own width."""
    return nemotron(layer)


@family
def nemotron_h_latent(layer):
    """The same with experts in a latent width: Nemotron 3 Super and Ultra."""
    return nemotron(layer, latent=layer.sizes.hidden // 2 + 4)


def nemotron(layer, latent=None):
    s = layer.sizes
    config = config_of(layer, "nemotron_h", "NemotronHForCausalLM", intermediate_size=2 * s.width,
                       moe_intermediate_size=s.width, moe_shared_expert_intermediate_size=s.width + 8,
                       n_routed_experts=s.experts, num_experts_per_tok=s.top_k, n_shared_experts=1, n_group=1,
                       topk_group=1, norm_topk_prob=True, routed_scaling_factor=2.5, mlp_hidden_act="relu2",
                       hybrid_override_pattern="ME", head_dim=s.hidden // 4, moe_latent_size=latent)
    keys = {key: value for key, value in config.items() if key != "hybrid_override_pattern"}
    module = module_of(layer, keys | {"layers_block_type": ["mamba", "moe"]}, "nemotron_h", "NemotronHConfig",
                       "NemotronHMoE", spread=1.5)
    router = Router(array(module.gate.weight), s.top_k, "sigmoid", array(module.gate.e_score_correction_bias),
                    epsilon=1e-20, scale=2.5)
    experts = Experts(array(module.experts.up_proj), array(module.experts.down_proj), activation=("relu2",))
    shared = Experts(array(module.shared_experts.up_proj.weight)[None],
                     array(module.shared_experts.down_proj.weight)[None], activation=("relu2",))
    prefix = f"backbone.layers.{layer.index}.mixer."
    tensors = {prefix + "gate.weight": layer.stored(router.weight),
               prefix + "gate.e_score_correction_bias": module.gate.e_score_correction_bias.data.clone()}
    for e in range(s.experts):
        tensors |= projections(layer, f"{prefix}experts.{e}.", experts, e, ("up_proj", "down_proj"))
    tensors |= projections(layer, prefix + "shared_experts.", shared, 0, ("up_proj", "down_proj"))
    block = Block(config, module, tensors, router, experts, shared, shared_name="shared_experts", dense_first=True)
    if latent is not None:
        block.latent = Latent(array(module.fc1_latent_proj.weight), array(module.fc2_latent_proj.weight))
        block.experts_name = "fc2_latent_proj"
        tensors[prefix + "fc1_latent_proj.weight"] = layer.stored(block.latent.compression)
        tensors[prefix + "fc2_latent_proj.weight"] = layer.stored(block.latent.expansion)
    return block


@family
def deepseek_v4(layer):
    """The root of a softplus with a correction bias, renormalised, scaled; all experts clamped before the SiLU."""
    return v4(layer, "moe")


@family
def deepseek_v4_hash(layer):
    """The same router's weights for experts that a token's id looks up."""
    return v4(layer, "hash_moe")


def v4(layer, kind):
    s, names = layer.sizes, ("w1", "w3", "w2")
    config = config_of(layer, "deepseek_v4", "DeepseekV4ForCausalLM", moe_intermediate_size=s.width,
                       n_routed_experts=s.experts, num_experts_per_tok=s.top_k, n_shared_experts=1,
                       routed_scaling_factor=1.5, swiglu_limit=0.5, mlp_layer_types=["moe", kind],
                       scoring_func="sqrtsoftplus")
    module = built(config, "deepseek_v4", "DeepseekV4Config", "DeepseekV4SparseMoeBlock", arguments=(1,))
    layer.fill(module, 1.5)
    router = Router(None, s.top_k, "sqrtsoftplus", epsilon=1e-20, scale=1.5)
    activation = ("clamped before", 0.5)
    block = block_of(layer, config, module, "ffn", router, names=names, bias="gate.bias", prefix="layers.",
                     shared="shared_experts", activation=activation)
    if kind == "hash_moe":
        rows = [layer.random.choice(s.experts, s.top_k, replace=False) for _ in range(config["vocab_size"])]
        router.table = np.array(rows)
        module.gate.tid2eid.data.copy_(torch.tensor(router.table))
        block.tensors[f"layers.{layer.index}.ffn.gate.tid2eid"] = torch.tensor(router.table)
        block.argument_names = {"token_ids": "input_ids"}
        block.dense_first = True            # one layer is enough
    return block
