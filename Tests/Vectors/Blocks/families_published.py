"""Families that transformers has no module for: numpy alone, after their published code."""
import numpy as np
import torch

from parts import Block, config_of, family, projections
from reference import Experts, Router

NAMES = ("gate_proj", "up_proj", "down_proj")


@family
def deepseek(layer):
    """DeepSeek-MoE, the first: softmax, not renormalised; two shared experts in one MLP."""
    s = layer.sizes
    keys = dict(n_routed_experts=s.experts, num_experts_per_tok=s.top_k, n_shared_experts=2, norm_topk_prob=False,
                scoring_func="softmax", first_k_dense_replace=1, moe_layer_freq=1)
    return published(layer, "deepseek", "DeepseekForCausalLM", Router(None, s.top_k, "softmax"), keys,
                     shared_width=2 * s.width)


@family
def ling(layer):
    """Ling 1: softmax, renormalised; two shared experts in one MLP."""
    s = layer.sizes
    keys = dict(num_experts=s.experts, num_experts_per_tok=s.top_k, num_shared_experts=2, norm_topk_prob=True,
                first_k_dense_replace=1)
    return published(layer, "bailing_moe", "BailingMoeForCausalLM", Router(None, s.top_k, "softmax", epsilon=0.0), keys,
                     shared_width=2 * s.width)


@family
def ling2(layer):
    """Ling 2: DeepSeek-V3's router under its own names; a shared expert."""
    s = layer.sizes
    keys = dict(num_experts=s.experts, num_experts_per_tok=s.top_k, num_shared_experts=1, norm_topk_prob=True,
                first_k_dense_replace=1, n_group=2, topk_group=1, routed_scaling_factor=2.5, score_function="sigmoid",
                moe_router_enable_expert_bias=True, router_dtype="fp32", moe_shared_expert_intermediate_size=s.width)
    router = Router(None, s.top_k, "sigmoid", layer.correction(s.experts).astype(np.float32),
                    groups=(2, 1, "top two"), epsilon=1e-20, scale=2.5)
    return published(layer, "bailing_moe", "BailingMoeV2ForCausalLM", router, keys, shared_width=s.width,
                     bias="mlp.gate.expert_bias")


@family
def step3(layer):
    """Step-3: softmax, renormalised; stacked projections, the shared expert beside the block."""
    s = layer.sizes
    keys = dict(moe_num_experts=s.experts, moe_top_k=s.top_k, share_expert_dim=s.width + 8, norm_expert_weight=True,
                moe_layers_enum="1")
    block = published(layer, "step3_text", "Step3TextForCausalLM", Router(None, s.top_k, "softmax", epsilon=0.0), keys,
                      shared_width=s.width + 8, gate="moe.gate.weight", shared="share_expert.")
    prefix = f"model.layers.{layer.index}."
    block.tensors = {name: t for name, t in block.tensors.items() if ".experts." not in name}
    gate, up = np.split(block.experts.gate_up, 2, axis=1)
    for name, w in zip(NAMES, (gate, up, block.experts.down)):
        block.tensors[f"{prefix}moe.{name}.weight"] = layer.stored(w)
    return block


@family
def arctic(layer):
    """Arctic: softmax, renormalised; every second layer."""
    s = layer.sizes
    keys = dict(num_local_experts=s.experts, num_experts_per_tok=s.top_k, moe_layer_frequency=2,
                intermediate_size=s.width)
    return published(layer, "arctic", "ArcticForCausalLM", Router(None, s.top_k, "softmax", epsilon=0.0), keys,
                     under="block_sparse_moe.", gate="block_sparse_moe.gate.weight", names=("w1", "w3", "w2"))


def published(layer, model_type, architecture, router, keys, shared_width=0, under="mlp.", gate="mlp.gate.weight",
              bias=None, shared="mlp.shared_experts.", names=NAMES):
    """A block of random weights under published names; layer 0 is dense."""
    s, prefix = layer.sizes, f"model.layers.{layer.index}."
    config = config_of(layer, model_type, architecture,
                       **(dict(intermediate_size=2 * s.width, moe_intermediate_size=s.width) | keys))

    def stored(values):
        return layer.stored(values).float().numpy()

    router.weight = stored(layer.router(s.experts, 2.0 if router.score == "softmax" else 1.5))
    experts = Experts(stored(layer.matrix((s.experts, 2 * s.width, s.hidden))),
                      stored(layer.matrix((s.experts, s.hidden, s.width))))
    tensors = {prefix + gate: layer.stored(router.weight)}
    for e in range(s.experts):
        tensors |= projections(layer, f"{prefix}{under}experts.{e}.", experts, e, names)
    block = Block(config, None, tensors, router, experts, dense_first=True)
    if bias is not None:
        tensors[prefix + bias] = torch.tensor(router.correction)
    if shared_width:
        block.shared = Experts(stored(layer.matrix((1, 2 * shared_width, s.hidden))),
                               stored(layer.matrix((1, s.hidden, shared_width))))
        tensors |= projections(layer, prefix + shared, block.shared, 0, NAMES)
    return block
