"""Families that choose by logits, or read more than the hidden states."""
import torch

from parts import Block, array, block_of, built, config_of, family, fused, module_of
from reference import Experts, Router


@family
def kolibri1(layer):
    """The best corrected logits, sigmoids of the plain ones; a shared expert."""
    s = layer.sizes
    config = config_of(layer, "kolibri1", "Kolibri1ForCausalLM", moe_intermediate_size=s.width, num_experts=s.experts,
                       num_experts_per_tok=s.top_k, norm_topk_prob=True, shared_expert_intermediate_size=s.width + 8)
    module = module_of(layer, config, "kolibri1", "Kolibri1Config", "Kolibri1SparseMoeBlock", spread=1.5)
    router = Router(None, s.top_k, "logits", weighting="sigmoid", epsilon=0.0)
    block = block_of(layer, config, module, "mlp", router, shared="shared_experts")
    prefix = f"model.layers.{layer.index}."
    block.tensors[prefix + "moe.router.expert_bias"] = \
        block.tensors.pop(prefix + "mlp.gate.e_score_correction_bias")
    return block


@family
def cohere2_moe(layer):
    """The best logits, then a softmax; the mean of routed and shared."""
    return cohere(layer, "softmax")


@family
def cohere2_moe_sigmoid(layer):
    """The same with sigmoids, renormalised."""
    return cohere(layer, "sigmoid")


def cohere(layer, weighting):
    s = layer.sizes
    config = config_of(layer, "cohere2_moe", "Cohere2MoeForCausalLM", intermediate_size=s.width, num_experts=s.experts,
                       num_experts_per_tok=s.top_k, num_shared_experts=2, expert_selection_fn=weighting,
                       shared_expert_combination_strategy="average", mlp_layer_types=["sparse", "sparse"])
    module = module_of(layer, config, "cohere2_moe", "Cohere2MoeConfig", "Cohere2MoeSparseMoeBlock", spread=2.0)
    router = Router(None, s.top_k, "logits", weighting=weighting, epsilon=0.0 if weighting == "sigmoid" else None,
                    scale=0.5)
    block = block_of(layer, config, module, "mlp", router, shared="shared_experts")
    block.routed_factor = block.shared_scale = 0.5
    return block


@family
def phimoe(layer):
    """SparseMixer: two experts, each weighted by a softmax over the logits near its own."""
    s = layer.sizes
    config = config_of(layer, "phimoe", "PhiMoEForCausalLM", intermediate_size=s.width, num_local_experts=s.experts,
                       num_experts_per_tok=2, router_jitter_noise=0.01, input_jitter_noise=0.01)
    module = module_of(layer, config, "phimoe", "PhimoeConfig", "PhimoeSparseMoeBlock", spread=2.0)
    block = block_of(layer, config, module, "block_sparse_moe", Router(None, 2, "logits", jitter=0.01),
                     names=("w1", "w3", "w2"), router_module=module.router)
    block.router_name = "router"
    return block


class Gemma4Block(torch.nn.Module):
    """The router reads one tensor, the experts another."""

    def __init__(self, router, experts):
        super().__init__()
        self.router, self.experts = router, experts

    def forward(self, hidden_states, router_input):
        _, weights, indices = self.router(router_input[0])
        return self.experts(hidden_states[0], indices, weights)


@family
def gemma4(layer):
    """Softmax of normalised input, renormalised, times a scale per expert; GELU; fused, directly in the layer."""
    s = layer.sizes
    config = config_of(layer, "gemma4_text", "Gemma4ForConditionalGeneration", intermediate_size=2 * s.width,
                       moe_intermediate_size=s.width, num_experts=s.experts, top_k_experts=s.top_k,
                       enable_moe_block=True, hidden_activation="gelu_pytorch_tanh", head_dim=s.hidden // 4)
    del config["hidden_act"]
    module = Gemma4Block(*built(config, "gemma4", "Gemma4TextConfig", "Gemma4TextRouter", "Gemma4TextExperts"))
    layer.fill(module, 2.0)
    router, prefix = module.router, f"model.language_model.layers.{layer.index}."
    router.proj.weight.data.mul_(32)        # the norm takes the spread of the logits away
    tensors = {f"{prefix}router.{name}": layer.stored(p.detach()) for name, p in router.named_parameters()}
    experts = Experts(array(module.experts.gate_up_proj), array(module.experts.down_proj), activation=("gelu",))
    block = Block(config, module, tensors,
                  Router(array(router.proj.weight), s.top_k, "softmax", epsilon=0.0,
                         expert_scale=array(router.per_expert_scale), norm=(array(router.scale), 1e-6)),
                  experts, router_name="router")
    return fused(layer, block, prefix.removesuffix("."))
