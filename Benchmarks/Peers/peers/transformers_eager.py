"""transformers: the experts of Qwen3-MoE in float32, the eager loop over experts."""
import torch
from transformers.models.qwen3_moe.configuration_qwen3_moe import Qwen3MoeConfig
from transformers.models.qwen3_moe.modeling_qwen3_moe import Qwen3MoeExperts


class Peer:
    def __init__(self, layer, threads, variant):
        shape = layer.shape
        config = Qwen3MoeConfig(hidden_size=shape.hidden, moe_intermediate_size=shape.width,
                                num_experts=shape.experts, num_experts_per_tok=shape.top_k)
        config._experts_implementation = "eager"
        with torch.device("meta"):
            experts = Qwen3MoeExperts(config)
        self.experts = experts.to_empty(device="cpu").eval()
        self.experts.gate_up_proj.data.copy_(torch.cat([layer.gate, layer.up], 1))
        self.experts.down_proj.data.copy_(layer.down)

    def prepare(self, tokens):
        return lambda: self.experts(tokens.hidden, tokens.experts, tokens.weights)
