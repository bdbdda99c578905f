"""Models with several parts: two sets of experts in a layer, or two decoders."""
import numpy as np
import torch

from families_softmax import qwen3_omni_moe
from parts import Block, array, block_of, built, config_of, family, module_of, nested, projections
from reference import Experts, Router


@family
def ernie4_5_vl_moe_text(layer):
    """ERNIE-4.5's router; the experts for tokens of text, whose tensors stand before those for images."""
    return ernie_vl(layer, "text")


@family
def ernie4_5_vl_moe_vision(layer):
    """The experts for tokens of images, with a router and a width of their own; the same shared experts."""
    return ernie_vl(layer, "vision")


class ErniePart(torch.nn.Module):
    """The block for a batch whose tokens are all of one kind."""

    def __init__(self, block, part):
        super().__init__()
        self.block, self.part, self.shared_experts = block, block.get_submodule(f"{part}_moe"), block.shared_experts

    def forward(self, states):
        return self.part(states)[0].view(states.shape) + self.shared_experts(states)


def ernie_vl(layer, part):
    s, names = layer.sizes, ("gate_proj", "up_proj", "down_proj")
    config = config_of(layer, "ernie4_5_vl_moe_text", "Ernie4_5_VLMoeForConditionalGeneration",
                       intermediate_size=3 * s.width, moe_intermediate_size=[s.width, s.width - 4],
                       moe_num_experts=s.experts, moe_k=s.top_k, moe_num_shared_experts=2, moe_norm_min=1e-12,
                       mlp_layer_types=["dense", "sparse"])
    module = module_of(layer, config, "ernie4_5_vl_moe", "Ernie4_5_VLMoeTextConfig", "Ernie4_5_VLMoeMoeBlock", spread=2.0,
                       correction=0.03)
    prefix, tensors, biases = f"model.layers.{layer.index}.mlp.", {}, []
    for index, moe in enumerate((module.text_moe, module.vision_moe)):
        gate = array(moe.gate.weight)
        tensors[prefix + ("gate.weight", "gate.weight_1")[index]] = layer.stored(gate.T.copy(), torch.float32)
        biases.append(moe.gate.moe_statics.e_score_correction_bias.data)
        experts = Experts(array(moe.experts.gate_up_proj), array(moe.experts.down_proj))
        for e in range(s.experts):
            of_one = Experts(experts.gate_up[e:e + 1], experts.down[e:e + 1])
            tensors |= projections(layer, f"{prefix}experts.{index * s.experts + e}.", of_one, 0, names)
        if part == ("text", "vision")[index]:
            router = Router(gate, s.top_k, "softmax", correction=array(biases[-1])[0], minimum=1e-12)
            chosen = experts
    tensors[prefix + "moe_statics.e_score_correction_bias"] = torch.cat(biases)
    mlp = module.shared_experts
    shared = Experts(np.concatenate([array(mlp.gate_proj.weight), array(mlp.up_proj.weight)])[None],
                     array(mlp.down_proj.weight)[None])
    tensors |= projections(layer, prefix + "shared_experts.", shared, 0, names)
    return Block(nested(config, "ernie4_5_vl_moe", config["architectures"][0]), ErniePart(module, part), tensors, router,
                 chosen, shared, shared_name="shared_experts", router_name="part.gate", experts_name="part.experts",
                 part=part, dense_first=True)


@family
def qwen3_omni_talker(layer):
    """Qwen2-MoE's block in a decoder of its own, beside the thinker's."""
    thinker, s = qwen3_omni_moe(layer), layer.sizes
    config = config_of(layer, "qwen3_omni_moe_talker_text", "", intermediate_size=2 * s.width,
                       moe_intermediate_size=s.width, shared_expert_intermediate_size=s.width + 8, num_experts=s.experts,
                       num_experts_per_tok=s.top_k, norm_topk_prob=False, decoder_sparse_step=1, mlp_only_layers=[])
    module = built(config | {"head_dim": s.hidden // 4}, "qwen3_omni_moe", "Qwen3OmniMoeTalkerTextConfig",
                   "Qwen3OmniMoeTalkerTextSparseMoeBlock")
    layer.fill(module, 2.0)
    block = block_of(layer, config, module, "mlp", Router(None, s.top_k, "softmax"), shared="shared_expert",
                     prefix="talker.model.layers.")
    del config["architectures"]
    block.config = thinker.config | {"talker_config": {"text_config": config}}
    block.tensors, block.part = block.tensors | thinker.tensors, "talker"
    return block
