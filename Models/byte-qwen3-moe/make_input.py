"""Writes input.safetensors: what the first layer's experts get at 64 bytes of heldout.txt, for `moe-block`."""
import pathlib

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

FOLDER = pathlib.Path(__file__).parent
CONTEXT, TOKENS = 448, 64


@torch.no_grad()
def main():
    model = AutoModelForCausalLM.from_pretrained(FOLDER, dtype=torch.float32).eval()
    seen = []
    model.model.layers[0].mlp.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    text = (FOLDER / "heldout.txt").read_bytes()[:CONTEXT + TOKENS]
    model(torch.tensor([list(text)]))
    save_file({"hidden_states": seen[0][0, CONTEXT:].contiguous()}, FOLDER / "input.safetensors", {"format": "pt"})


if __name__ == "__main__":
    main()
