"""Families whose scores are a softmax over all experts."""
from parts import block_of, config_of, family, fused, module_of, nested
from reference import Router


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
def flex_olmo(layer):
    """As OLMoE."""
    s = layer.sizes
    config = config_of(layer, "flex_olmo", "FlexOlmoForCausalLM", intermediate_size=s.width, num_experts=s.experts,
                       num_experts_per_tok=s.top_k, norm_topk_prob=False)
    module = module_of(layer, config, "flex_olmo", "FlexOlmoConfig", "FlexOlmoSparseMoeBlock", spread=2.0)
    return block_of(layer, config, module, "mlp", Router(None, s.top_k, "softmax"))


@family
def minimax(layer):
    """As Mixtral, under the first model's own type."""
    s = layer.sizes
    config = config_of(layer, "minimax", "MiniMaxForCausalLM", intermediate_size=s.width, num_local_experts=s.experts,
                       num_experts_per_tok=s.top_k, layer_types=["linear_attention", "full_attention"],
                       head_dim=s.hidden // 4)
    module = module_of(layer, config, "minimax", "MiniMaxConfig", "MiniMaxSparseMoeBlock", spread=2.0)
    config["model_type"] = "minimax_m1"
    return block_of(layer, config, module, "block_sparse_moe", Router(None, s.top_k, "softmax", epsilon=0.0),
                    names=("w1", "w3", "w2"))


@family
def qwen3_next(layer):
    """Softmax, renormalised; a shared expert behind a sigmoid gate."""
    return qwen(layer, "qwen3_next", "Qwen3Next", "Qwen3NextForCausalLM", shared=True)


@family
def qwen3_5_moe(layer):
    """The same in a model with vision, fused."""
    block = qwen(layer, "qwen3_5_moe", "Qwen3_5Moe", "Qwen3_5MoeForConditionalGeneration", shared=True, text=True)
    return fused(layer, block, f"model.language_model.layers.{layer.index}.mlp")


@family
def qwen4_exp(layer):
    """The same, a tensor per expert and projection."""
    return qwen(layer, "qwen4_exp", "Qwen4Exp", "Qwen4ExpForConditionalGeneration", shared=True, text=True,
                block_class="Qwen4ExpTextSparseMoeBlock")


@family
def qwen3_vl_moe(layer):
    """Softmax, renormalised; fused and transposed in a model with vision."""
    block = qwen(layer, "qwen3_vl_moe", "Qwen3VLMoe", "Qwen3VLMoeForConditionalGeneration", text=True,
                 block_class="Qwen3VLMoeTextSparseMoeBlock")
    return fused(layer, block, f"model.language_model.layers.{layer.index}.mlp", transposed=True)


@family
def qwen3_omni_moe(layer):
    """The thinker: softmax, renormalised by its flag."""
    block = qwen(layer, "qwen3_omni_moe", "Qwen3OmniMoe", "Qwen3OmniMoeForConditionalGeneration", text=True,
                 prefix="thinker.model.layers.", block_class="Qwen3OmniMoeThinkerTextSparseMoeBlock")
    block.config["thinker_config"] = {"text_config": block.config.pop("text_config")}
    return block


@family
def mellum(layer):
    """Softmax, renormalised; the layers are listed."""
    return qwen(layer, "mellum", "Mellum", "MellumForCausalLM", mlp_layer_types=["sparse", "sparse"])


def qwen(layer, model_type, camel, architecture, shared=False, text=False, prefix=None, block_class=None, **keys):
    """What Qwen's kind has in common: mlp.gate, mlp.experts and a shared expert behind a gate."""
    s = layer.sizes
    keys = dict(intermediate_size=2 * s.width, moe_intermediate_size=s.width, num_experts=s.experts,
                num_experts_per_tok=s.top_k, norm_topk_prob=True, mlp_only_layers=[], decoder_sparse_step=1,
                head_dim=s.hidden // 4) | keys
    if shared:
        keys["shared_expert_intermediate_size"] = s.width + 8
    config = config_of(layer, model_type, architecture, **keys)
    config_class = "Qwen3OmniMoeTextConfig" if camel == "Qwen3OmniMoe" else camel + ("TextConfig" if text else "Config")
    module = module_of(layer, config, model_type, config_class, block_class or camel + "SparseMoeBlock", spread=2.0)
    if text:
        prefix = prefix or "model.language_model.layers."
        config = nested(config | {"model_type": model_type + "_text"}, model_type, architecture)
    return block_of(layer, config, module, "mlp", Router(None, s.top_k, "softmax", epsilon=0.0), prefix=prefix,
                    shared="shared_expert" if shared else None)


@family
def ernie4_5_moe(layer):
    """Softmax with a correction bias, renormalised with a least sum; two shared experts in one MLP."""
    s = layer.sizes
    config = config_of(layer, "ernie4_5_moe", "Ernie4_5_MoeForCausalLM", intermediate_size=2 * s.width,
                       moe_intermediate_size=s.width, moe_num_experts=s.experts, moe_k=s.top_k,
                       moe_num_shared_experts=2, moe_layer_start_index=1, moe_layer_end_index=1, moe_layer_interval=1,
                       moe_use_aux_free=True, use_bias=False)
    module = module_of(layer, config, "ernie4_5_moe", "Ernie4_5_MoeConfig", "Ernie4_5_MoeSparseMoeBlock", spread=2.0,
                       correction=0.03)
    block = block_of(layer, config, module, "mlp", Router(None, s.top_k, "softmax", minimum=1e-12), router_f32=True,
                     shared="shared_experts")
    statics = module.gate.moe_statics.e_score_correction_bias
    block.router.correction = statics.detach().numpy().reshape(-1).copy()
    block.tensors[f"model.layers.{layer.index}.mlp.moe_statics.e_score_correction_bias"] = statics.data.clone()
    block.dense_first = True
    return block


@family
def hunyuan_v1_moe(layer):
    """Softmax, renormalised; a shared MLP of the experts' width; several keys are lists by layer."""
    s = layer.sizes
    config = config_of(layer, "hunyuan_v1_moe", "HunYuanMoEV1ForCausalLM", intermediate_size=s.width,
                       moe_intermediate_size=[s.width] * 2, num_experts=s.experts, moe_topk=[s.top_k] * 2,
                       num_shared_expert=[1, 1], norm_topk_prob=True, use_mixed_mlp_moe=True, head_dim=s.hidden // 4)
    module = module_of(layer, {**config, "moe_topk": s.top_k}, "hunyuan_v1_moe", "HunYuanMoEV1Config",
                       "HunYuanMoEV1Moe", spread=2.0)
    return block_of(layer, config, module, "mlp", Router(None, s.top_k, "softmax", epsilon=0.0), router_f32=True,
                    gate="gate.wg.weight", router_module=module.gate.wg, shared="shared_mlp")


@family
def jamba(layer):
    """Softmax, not renormalised; every second layer."""
    s = layer.sizes
    config = config_of(layer, "jamba", "JambaForCausalLM", intermediate_size=s.width, num_experts=s.experts,
                       num_experts_per_tok=s.top_k, expert_layer_period=2, expert_layer_offset=1)
    module = module_of(layer, config, "jamba", "JambaConfig", "JambaSparseMoeBlock", spread=2.0)
    block = block_of(layer, config, module, "feed_forward", Router(None, s.top_k, "softmax"), gate="router.weight",
                     router_module=module.router)
    block.router_name, block.dense_first = "router", True
    return block


@family
def longcat_flash(layer):
    """Softmax over experts with and without weights, correction bias, scaled."""
    s, identity = layer.sizes, max(1, layer.sizes.experts // 2)
    config = config_of(layer, "longcat_flash", "LongcatFlashForCausalLM", n_routed_experts=s.experts,
                       zero_expert_num=identity, zero_expert_type="identity", moe_topk=s.top_k,
                       expert_ffn_hidden_size=s.width, ffn_hidden_size=2 * s.width, routed_scaling_factor=6.0,
                       router_bias=False, num_layers=2)
    del config["num_hidden_layers"]
    module = module_of(layer, config, "longcat_flash", "LongcatFlashConfig", "LongcatFlashMoE", spread=2.0,
                       correction=0.02)
    module.router.top_k = s.top_k
    router = Router(None, s.top_k, "softmax", scale=6.0)
    module.router.weight = module.router.classifier.weight
    block = block_of(layer, config, module, "mlp", router, gate="router.classifier.weight", router_f32=True,
                     bias="router.e_score_correction_bias", router_module=module.router)
    block.experts.gate_up, block.experts.identity = block.experts.gate_up[:s.experts], identity
    block.router_name = "router"
    return block


@family
def mistral4(layer):
    """Softmax, the best groups by their two best experts, renormalised, scaled; a shared expert."""
    return mistral(layer, "mistral4", "Mistral4", "Mistral4ForCausalLM", "Mistral4MoE", "Mistral4Config",
                   norm_topk_prob=True, first_k_dense_replace=0)


@family
def mistral_large4(layer):
    """The same under names of its own, directly in the layer."""
    block = mistral(layer, "mistral_large4", "MistralLarge4", "MistralLarge4ForConditionalGeneration",
                    "MistralLarge4TextMoE", "MistralLarge4TextConfig", under="", names=("w1", "w3", "w2"),
                    prefix="layers.", mlp_layer_types=["sparse", "sparse"])
    block.config["model_type"] = "mistral_large4_text"
    return block


def mistral(layer, model_type, camel, architecture, block_class, config_class, under="mlp", prefix=None,
            names=("gate_proj", "up_proj", "down_proj"), **keys):
    s = layer.sizes
    config = config_of(layer, model_type, architecture, intermediate_size=2 * s.width, moe_intermediate_size=s.width,
                       n_routed_experts=s.experts, num_experts_per_tok=s.top_k, n_shared_experts=1, n_group=2,
                       topk_group=1, routed_scaling_factor=1.5, **keys)
    module = module_of(layer, config, model_type, config_class, block_class, spread=2.0)
    router = Router(None, s.top_k, "softmax", groups=(2, 1, "top two", 0.0), epsilon=1e-20, scale=1.5)
    return block_of(layer, config, module, under, router, shared="shared_experts", names=names, prefix=prefix)
