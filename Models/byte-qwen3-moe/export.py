"""The published form of a Network: config.json and model.safetensors, as Qwen3MoeForCausalLM reads them."""
import json
import os
import pathlib

import torch
from safetensors.torch import save_file

from network import Network


def configuration(s):
    return {
        "architectures": ["Qwen3MoeForCausalLM"],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "bos_token_id": 0,
        "decoder_sparse_step": 1,
        "eos_token_id": 0,
        "head_dim": s.head,
        "hidden_act": "silu",
        "hidden_size": s.hidden,
        "initializer_range": 0.02,
        "intermediate_size": 4 * s.width,
        "max_position_embeddings": s.positions,
        "max_window_layers": s.layers,
        "mlp_only_layers": [],
        "model_type": "qwen3_moe",
        "moe_intermediate_size": s.width,
        "norm_topk_prob": True,
        "num_attention_heads": s.heads,
        "num_experts": s.experts,
        "num_experts_per_tok": s.active,
        "num_hidden_layers": s.layers,
        "num_key_value_heads": s.kv_heads,
        "output_router_logits": False,
        "rms_norm_eps": s.epsilon,
        "rope_scaling": None,
        "rope_theta": s.theta,
        "router_aux_loss_coef": 0.02,
        "sliding_window": None,
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
        "use_cache": True,
        "use_sliding_window": False,
        "vocab_size": s.vocabulary,
    }


def published(network):
    """The tensors by their published names; those kept transposed for Muon are turned back."""
    tensors = {"model.embed_tokens.weight": network.embedding, "model.norm.weight": network.norm,
               "lm_head.weight": network.head}
    for i, layer in enumerate(network.layers):
        of = f"model.layers.{i}."
        tensors |= {
            of + "input_layernorm.weight": layer.input_norm,
            of + "post_attention_layernorm.weight": layer.post_norm,
            of + "self_attn.q_proj.weight": layer.q,
            of + "self_attn.k_proj.weight": layer.k,
            of + "self_attn.v_proj.weight": layer.v,
            of + "self_attn.o_proj.weight": layer.o.mT,
            of + "self_attn.q_norm.weight": layer.q_norm,
            of + "self_attn.k_norm.weight": layer.k_norm,
            of + "mlp.gate.weight": layer.router,
        }
        for e, (gate_up, down) in enumerate(zip(layer.gate_up, layer.down)):
            gate, up = gate_up.chunk(2)
            expert = f"{of}mlp.experts.{e}."
            tensors |= {expert + "gate_proj.weight": gate, expert + "up_proj.weight": up,
                        expert + "down_proj.weight": down.mT}
    return {name: tensor.detach().to(torch.bfloat16).contiguous() for name, tensor in tensors.items()}


def export(network: Network, folder):
    """Writes the checkpoint; each file appears whole or not at all."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(configuration(network.sizes), indent=2) + "\n"
    for name, write in (("config.json", lambda path: path.write_text(text)),
                        ("model.safetensors", lambda path: save_file(published(network), path, {"format": "pt"}))):
        write(folder / (name + ".part"))
        os.replace(folder / (name + ".part"), folder / name)
