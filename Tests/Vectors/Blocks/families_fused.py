"""Families that publish the experts of a layer in a few tensors, in orders of their own."""
import numpy as np
import torch

from parts import Block, array, block_of, built, config_of, family, module_of, nested, projections
from reference import Experts, Router


def swapped(w):
    return np.swapaxes(w, 1, 2).copy()


@family
def gpt_oss(layer):
    """The best logits, then a softmax; biases; clamped; transposed, the rows of gate and up in turn."""
    return openai(layer, "gpt_oss", "GptOss", "GptOssForCausalLM",
                  lambda w: np.concatenate([w[..., 0::2], w[..., 1::2]], -1))


@family
def openai_privacy_filter(layer):
    """The same, gate and up in halves; the module divides the weights by k and multiplies the sum by k."""
    block = openai(layer, "openai_privacy_filter", "OpenAIPrivacyFilter", "OpenAIPrivacyFilterForTokenClassification",
                   lambda w: w)
    block.routed_factor = layer.sizes.top_k
    return block


def openai(layer, model_type, camel, architecture, halves):
    s = layer.sizes
    config = config_of(layer, model_type, architecture, intermediate_size=s.width, num_local_experts=s.experts,
                       num_experts_per_tok=s.top_k, swiglu_limit=1.5, head_dim=s.hidden // 4)
    module = module_of(layer, config, model_type, camel + "Config", camel + "MLP", spread=2.5, transposed=True)
    if model_type == "gpt_oss":
        module.experts.limit = 1.5
    x, prefix = module.experts, f"model.layers.{layer.index}.mlp."
    experts = Experts(swapped(halves(array(x.gate_up_proj))), swapped(array(x.down_proj)),
                      halves(array(x.gate_up_proj_bias)), array(x.down_proj_bias), ("openai", 1.5, 1.702))
    router = Router(array(module.router.weight), s.top_k, "logits", bias=array(module.router.bias), weighting="softmax")
    tensors = {prefix + "router.weight": layer.stored(router.weight), prefix + "router.bias": layer.stored(router.bias)}
    for name in ("gate_up_proj", "gate_up_proj_bias", "down_proj", "down_proj_bias"):
        tensors[f"{prefix}experts.{name}"] = layer.stored(getattr(x, name).detach())
    return Block(config, module, tensors, router, experts, router_name="router")


@family
def llama4(layer):
    """The best logit, its sigmoid on the expert's input; a shared expert; transposed, in a model with vision."""
    s = layer.sizes
    config = config_of(layer, "llama4_text", None, intermediate_size=s.width, intermediate_size_mlp=2 * s.width,
                       num_local_experts=s.experts, num_experts_per_tok=s.top_k, interleave_moe_layer_step=1,
                       head_dim=s.hidden // 4)
    module = module_of(layer, config, "llama4", "Llama4TextConfig", "Llama4TextMoe", spread=2.0, transposed=True)
    prefix = f"language_model.model.layers.{layer.index}.feed_forward."
    x, mlp = module.experts, module.shared_expert
    experts = Experts(swapped(array(x.gate_up_proj)), swapped(array(x.down_proj)), on_input=True)
    shared = Experts(np.concatenate([array(mlp.gate_proj.weight), array(mlp.up_proj.weight)])[None],
                     array(mlp.down_proj.weight)[None])
    router = Router(array(module.router.weight), s.top_k, "logits", weighting="sigmoid")
    tensors = {prefix + "router.weight": layer.stored(router.weight),
               prefix + "experts.gate_up_proj": layer.stored(array(x.gate_up_proj)),
               prefix + "experts.down_proj": layer.stored(array(x.down_proj)),
               **projections(layer, prefix + "shared_expert.", shared, 0, ("gate_proj", "up_proj", "down_proj"))}
    return Block(nested(config, "llama4", "Llama4ForConditionalGeneration"), module, tensors, router, experts, shared,
                 shared_name="shared_expert", router_name="router",
                 read_router=lambda seen, module, states: torch.topk(seen[0], s.top_k, dim=-1),
                 read_routed=lambda seen, shape: seen.reshape(-1, *shape).sum(0))


class WithShared(torch.nn.Module):
    """Granite keeps the shared MLP beside the block; its layer adds the two."""

    def __init__(self, moe, shared):
        super().__init__()
        self.moe, self.shared = moe, shared

    def forward(self, x):
        return self.moe(x) + self.shared(x)


@family
def granitemoe(layer):
    """The best logits, then a softmax; two linear layers hold all experts."""
    return granite(layer, "granitemoe", "GraniteMoe")


@family
def granitemoeshared(layer):
    """The same with a shared MLP beside the block."""
    return granite(layer, "granitemoeshared", "GraniteMoeShared", shared=True)


@family
def granitemoehybrid(layer):
    """The same as Granite 4 is published."""
    return granite(layer, "granitemoehybrid", "GraniteMoeHybrid", shared=True, mamba_n_heads=4, mamba_expand=2,
                   layer_types=["attention", "attention"])


@family
def granitemoe_swa(layer):
    """The same under transformers' names."""
    return granite(layer, "granitemoe_swa", "GraniteMoeSWA", shared=True,
                   names=("experts.gate_up_proj", "experts.down_proj", "router.weight"))


def granite(layer, model_type, camel, shared=False,
            names=("input_linear.weight", "output_linear.weight", "router.layer.weight"), **keys):
    s, width = layer.sizes, layer.sizes.width + 8 if shared else 0
    config = config_of(layer, model_type, camel + "ForCausalLM", intermediate_size=s.width, num_local_experts=s.experts,
                       num_experts_per_tok=s.top_k, shared_intermediate_size=width, **keys)
    if not shared:
        del config["shared_intermediate_size"]
    classes = [camel + "MoE", camel + "MLP"] if shared else [camel + "MoE"]
    module = built(config, model_type, camel + "Config", *classes)
    module = WithShared(*module) if shared else module
    layer.fill(module, 2.5)
    moe, prefix = module.moe if shared else module, f"model.layers.{layer.index}."
    experts = Experts(array(moe.experts.gate_up_proj), array(moe.experts.down_proj))
    router = Router(array(moe.router.weight), s.top_k, "logits", weighting="softmax")
    tensors = {f"{prefix}block_sparse_moe.{name}": layer.stored(w)
               for name, w in zip(names, (experts.gate_up, experts.down, router.weight))}
    block = Block(config, module, tensors, router, experts, router_name="moe.router" if shared else "router",
                  experts_name="moe.experts" if shared else "experts")
    if shared:
        block.shared_name = "shared"
        block.shared = Experts(array(module.shared.input_linear.weight)[None],
                               array(module.shared.output_linear.weight)[None])
        tensors[prefix + "shared_mlp.input_linear.weight"] = layer.stored(block.shared.gate_up[0])
        tensors[prefix + "shared_mlp.output_linear.weight"] = layer.stored(block.shared.down[0])
    return block


@family
def jetmoe(layer):
    """Granite's experts, and one bias of the block: since the weights' sum is 1, one of every expert."""
    s = layer.sizes
    config = config_of(layer, "jetmoe", "JetMoeForCausalLM", intermediate_size=s.width, num_local_experts=s.experts,
                       num_experts_per_tok=s.top_k, activation_function="silu", kv_channels=s.hidden // 4)
    del config["hidden_act"], config["num_attention_heads"], config["num_key_value_heads"]
    module = module_of(layer, config, "jetmoe", "JetMoeConfig", "JetMoeMoE", spread=2.5)
    prefix = f"model.layers.{layer.index}.mlp."
    experts = Experts(array(module.input_linear.weight), array(module.output_linear.weight),
                      down_bias=np.tile(array(module.bias), (s.experts, 1)))
    router = Router(array(module.router.layer.weight), s.top_k, "logits", weighting="softmax")
    tensors = {prefix + name: layer.stored(w) for name, w in (
        ("input_linear.weight", experts.gate_up), ("output_linear.weight", experts.down),
        ("router.layer.weight", router.weight), ("bias", experts.down_bias[0]))}

    def best(seen, module, states):
        logits, indices = torch.topk(seen[-1], s.top_k, dim=-1)
        return torch.softmax(logits, -1), indices

    return Block(config, module, tensors, router, experts, router_name="router", experts_name="", read_router=best)


@family
def aria(layer):
    """The best logits, then a softmax; transposed; shared experts in one MLP."""
    s = layer.sizes
    config = config_of(layer, "aria_text", "AriaForConditionalGeneration", intermediate_size=s.width,
                       moe_num_experts=s.experts, moe_topk=s.top_k, moe_num_shared_experts=2)
    module = module_of(layer, config, "aria", "AriaTextConfig", "AriaTextMoELayer", spread=2.5, transposed=True)
    x, prefix = module.experts, f"language_model.model.layers.{layer.index}.mlp."
    mlp = module.shared_experts
    experts = Experts(swapped(array(x.gate_up_proj)), swapped(array(x.down_proj)))
    shared = Experts(np.concatenate([array(mlp.gate_proj.weight), array(mlp.up_proj.weight)])[None],
                     array(mlp.down_proj.weight)[None])
    router = Router(array(module.router.weight), s.top_k, "logits", weighting="softmax")
    tensors = {prefix + "router.weight": layer.stored(router.weight),
               prefix + "experts.fc1.weight": layer.stored(array(x.gate_up_proj)),
               prefix + "experts.fc2.weight": layer.stored(array(x.down_proj)),
               **projections(layer, prefix + "shared_experts.", shared, 0, ("gate_proj", "up_proj", "down_proj"))}
    return Block(nested(config, "aria", "AriaForConditionalGeneration"), module, tensors, router, experts, shared,
                 shared_name="shared_experts", router_name="router")


@family
def dbrx(layer):
    """Softmax, renormalised; the experts of a projection below each other, the down-projections transposed."""
    s = layer.sizes
    ffn = dict(ffn_hidden_size=s.width, moe_num_experts=s.experts, moe_top_k=s.top_k, moe_jitter_eps=None,
               moe_normalize_expert_weights=1.0, ffn_act_fn={"name": "silu"})
    config = {"architectures": ["DbrxForCausalLM"], "model_type": "dbrx", "d_model": s.hidden, "n_layers": 2,
              "n_heads": 4, "vocab_size": 64, "torch_dtype": str(layer.dtype).removeprefix("torch."),
              "attn_config": dict(clip_qkv=8.0, kv_n_heads=2, rope_theta=500000.0)}
    module = module_of(layer, config | {"ffn_config": ffn | {"hidden_size": s.hidden}}, "dbrx", "DbrxConfig", "DbrxFFN",
                       spread=2.0)
    x, prefix = module.experts.mlp, f"transformer.blocks.{layer.index}.ffn."
    w1, v1, w2 = (array(w).reshape(s.experts, s.width, s.hidden) for w in (x.w1, x.v1, x.w2))
    router = Router(array(module.router.layer.weight), s.top_k, "softmax", epsilon=0.0)
    tensors = {prefix + "router.layer.weight": layer.stored(router.weight)}
    tensors |= {f"{prefix}experts.mlp.{name}": layer.stored(array(getattr(x, name))) for name in ("w1", "v1", "w2")}
    return Block(config | {"ffn_config": ffn}, module, tensors, router,
                 Experts(np.concatenate([w1, v1], 1), swapped(w2)), router_name=None,
                 read_router=lambda seen, module, states: module.route_tokens_to_experts(module.router(states)))
