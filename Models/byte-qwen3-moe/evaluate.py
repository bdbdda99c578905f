"""Bits per byte of the exported checkpoint, beside three compressors, and the load of its experts.

    python evaluate.py [TEXT | PACKAGE FOLDER]...

A text is a file, or a package's folder: then the first 204,800 bytes of its Swift sources in path order. The model
runs in transformers, in float32. Every byte is predicted from the 256 to 511 bytes before it (at the beginning from
what there is): windows of 512 bytes, of which the second half counts, moved by 256.
"""
import argparse
import bz2
import gzip
import lzma
import math
import pathlib

import torch
import torch.nn.functional as F
from transformers import AutoModelForCausalLM

FOLDER = pathlib.Path(__file__).parent
BYTES = 204_800
START = 0           # the byte before every text


def text_of(path):
    path = pathlib.Path(path)
    if path.is_file():
        return path.read_bytes()
    sources = sorted((f for f in path.rglob("*.swift") if f.is_file()), key=lambda f: f.relative_to(path).as_posix())
    return b"".join(f.read_bytes() for f in sources if ".build" not in f.parts)[:BYTES]


def compressed(data):
    """Bits per byte of each compressor at its best setting."""
    sizes = {"gzip -9": len(gzip.compress(data, 9)), "bzip2 -9": len(bz2.compress(data, 9)),
             "xz -9e": len(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME))}
    return {name: 8 * size / len(data) for name, size in sizes.items()}


@torch.no_grad()
def bits_per_byte(model, data, window, stride, batch=8):
    """(bits per byte, each expert's share of the rows [layers, experts])"""
    ids = torch.frombuffer(bytearray([START]) + data, dtype=torch.uint8).long()
    # (first id of the window, first and end of the targets that count), in ids
    spans = [(max(0, end - window), begin, min(end, len(data)))
             for begin, end in ((b, b + stride) for b in range(0, len(data), stride))]
    nats, rows = 0.0, torch.zeros(model.config.num_hidden_layers, model.config.num_experts)
    alike = {}
    for span in spans:
        alike.setdefault(span[2] - span[0], []).append(span)
    for members in alike.values():
        for at in range(0, len(members), batch):
            part = members[at:at + batch]
            out = model(torch.stack([ids[a:c] for a, _, c in part]), output_router_logits=True)
            loss = F.cross_entropy(out.logits.transpose(1, 2), torch.stack([ids[a + 1:c + 1] for a, _, c in part]),
                                   reduction="none")
            nats += sum(row[b - a:].sum().item() for row, (a, b, _) in zip(loss, part))
            for layer, logits in enumerate(out.router_logits):
                chosen = logits.topk(model.config.num_experts_per_tok, -1).indices
                rows[layer] += torch.bincount(chosen.flatten(), minlength=rows.shape[1])
    return nats / math.log(2) / len(data), rows / rows.sum(1, keepdim=True)


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("texts", nargs="*", default=[FOLDER / "heldout.txt"])
    options.add_argument("--model", default=FOLDER)
    options.add_argument("--window", type=int, default=512)
    options.add_argument("--stride", type=int, default=256)
    options = options.parse_args()
    torch.set_num_threads(1)
    model = AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32).eval()
    for path in options.texts:
        data = text_of(path)
        bits, load = bits_per_byte(model, data, options.window, options.stride)
        print(f"{path}: {len(data)} bytes")
        for name, value in {"model": bits, **compressed(data)}.items():
            print(f"  {name:9} {value:.4f} bits per byte")
        for layer, shares in enumerate(load):
            print(f"  layer {layer}: experts get " + " ".join(f"{100 * s:.1f}" for s in shares.tolist()) + " % of rows")
        print(f"  least {100 * load.min():.2f} %")


if __name__ == "__main__":
    main()
