"""Whether the network that is trained and transformers' Qwen3MoeForCausalLM are the same function.

    python check.py [--state .state]

Exports the last checkpoint of train.py, loads it in transformers, and compares every byte's cross-entropy in float32.
"""
import argparse
import pathlib
import tempfile

import torch
import torch.nn.functional as F
from transformers import AutoModelForCausalLM

import network
from export import export

FOLDER = pathlib.Path(__file__).parent


@torch.no_grad()
def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--state", type=pathlib.Path, default=FOLDER / ".state")
    options.add_argument("--text", type=pathlib.Path, default=FOLDER / "heldout.txt")
    options = options.parse_args()
    torch.set_num_threads(1)
    network.HALF = torch.float32
    ours = network.Network()
    state = torch.load(options.state / "checkpoint.pt")["network"]
    ours.load_state_dict({name: tensor.bfloat16().float() for name, tensor in state.items()})
    ids = torch.frombuffer(bytearray(options.text.read_bytes()), dtype=torch.uint8)[:4 * 513].view(4, 513).long()
    with tempfile.TemporaryDirectory() as folder:
        export(ours, folder)
        theirs, report = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    print({name: list(tensors) for name, tensors in report.items()})
    expected = F.cross_entropy(theirs.eval()(ids[:, :-1]).logits.transpose(1, 2), ids[:, 1:], reduction="none")
    found = ours(ids)[0]
    print(f"cross-entropy of {found.numel()} bytes: transformers {expected.mean():.6f}, here {found.mean():.6f} nats, "
          f"largest difference {(found - expected).abs().max():.2e}")


if __name__ == "__main__":
    main()
