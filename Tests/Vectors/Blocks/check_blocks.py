#!/usr/bin/env python3
"""Runs moe-cli over every golden block in a folder, int8 and float, and compares: a line a family with the figures.

    make_blocks.py --every FOLDER && check_blocks.py FOLDER [--cli .build/release/moe-cli]
"""
import argparse
import collections
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file

OUTPUTS = ("output", "routed_output", "shared_output")
CLEAR_MARGIN, CLEAR_ORDER = 1e-4, 1e-5          # of scores: above these, experts and their order must be the golden ones
EXACT, FLOAT_TOKEN, FLIPPED = 1e-5, 1e-4, 2e-2  # relative L2: of float32 sums, of one token, of a token with a flip


class Figures:
    """The worst of a family, and what is wrong with it."""

    def __init__(self):
        self.blocks, self.tokens, self.weights, self.float, self.int8, self.ambiguous = 0, 0, 0.0, 0.0, 0.0, 0.0
        self.wrong = []


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--cli", default=".build/release/moe-cli")
    parser.add_argument("--backends", nargs="+", default=["auto", "reference"])
    arguments = parser.parse_args()
    families = collections.defaultdict(Figures)
    for folder in sorted(path.parent for path in arguments.folder.glob("*/golden.safetensors")):
        with safe_open(folder / "golden.safetensors", "np") as file:
            about = file.metadata()
        figures = families[about["family"]]
        figures.blocks += 1
        golden, place = load_file(folder / "golden.safetensors"), ["--layer", about["layer"]]
        if "part" in about:
            place += ["--part", about["part"]]
        figures.tokens += len(golden["hidden_states"])
        for backend in arguments.backends:
            for experts in ("int8", "float"):
                got = run(arguments.cli, folder, place, golden, experts, backend)
                run_name = f"{folder.name}, {experts}, {backend}: "
                figures.wrong += [run_name + what for what in (
                    [got] if isinstance(got, str) else compare(golden, got, experts, figures))]
    print(f"{'family':24} blocks tokens  weights    float     int8  int8 flipped")
    for name, f in families.items():
        print(f"{name:24} {f.blocks:6} {f.tokens:6}  {f.weights:.1e}  {f.float:.1e}  {f.int8:.1e}  {f.ambiguous:.1e}"
              + ("" if not f.wrong else f"  {len(f.wrong)} WRONG"))
    wrong = [what for f in families.values() for what in f.wrong]
    print(f"{sum(f.blocks for f in families.values())} blocks of {len(families)} families, {len(wrong)} violations")
    for what in wrong[:20]:
        print(what)
    return 1 if wrong else 0


def run(cli, folder, place, golden, experts, backend):
    """What moe-cli wrote, or what it said."""
    with tempfile.TemporaryDirectory() as scratch:
        out = pathlib.Path(scratch) / "out.safetensors"
        command = [cli, "forward", "--model", folder, *place, "--input", folder / "golden.safetensors",
                   "--output", out, "--experts", experts, "--backend", backend]
        for tensor in ("token_ids", "router_input"):
            if tensor in golden:
                command += [f"--{tensor.replace('_', '-')}-tensor", tensor]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
        return done.stderr.strip() if done.returncode else load_file(out)


def compare(golden, got, experts, figures):
    wrong = []
    wanted, found = golden["topk_indices"], got["topk_indices"]
    same = (np.sort(wanted, -1) == np.sort(found, -1)).all(-1)
    clear = golden["topk_margin"] > CLEAR_MARGIN
    if not same[clear].all():
        wrong.append("other experts")
    in_order = (wanted == found).all(-1)
    if not in_order[clear & (golden["topk_order_gap"] > CLEAR_ORDER)].all():
        wrong.append("experts in another order")
    bound = np.maximum(1, golden["topk_weights"].max(-1, keepdims=True))
    off = (np.abs(golden["topk_weights"] - got["topk_weights"]) / bound)[in_order].max(initial=0)
    figures.weights = max(figures.weights, float(off))
    if not off <= 1e-5:
        wrong.append(f"weights {off:.1e} off")
    counts = np.bincount(found.reshape(-1), minlength=len(got["group_index"]))[:len(got["group_index"])]
    if not (counts == got["group_index"]).all():
        wrong.append("group_index is not the counts of the indices")
    prefix = "w8a8_" if experts == "int8" else ""
    for name in OUTPUTS:
        if (prefix + name in golden) != (name in got):
            wrong.append(f"{name} is there on one side alone")
        elif name in got:
            a, b = got[name].astype(np.float64)[same], golden[prefix + name].astype(np.float64)[same]
            wrong += float_errors(name, a, b, figures) if experts == "float" else \
                int8_errors(name, a, b, golden["w8a8_ambiguous"][same] & 1, golden["w8a8_flip_bound"][same], figures)
    return wrong


def float_errors(name, a, b, figures):
    whole = np.linalg.norm(a - b) / max(np.linalg.norm(b), 1e-30)
    token = (np.linalg.norm(a - b, axis=1) / np.maximum(np.linalg.norm(b, axis=1), 1e-30)).max(initial=0)
    figures.float = max(figures.float, float(whole))
    return [] if whole <= EXACT and token <= FLOAT_TOKEN else [f"{name}: {whole:.1e}, a token {token:.1e} off"]


def int8_errors(name, a, b, ambiguous, flip_bound, figures):
    distance, size = np.linalg.norm(a - b, axis=1), np.maximum(np.linalg.norm(b, axis=1), 1e-30)
    relative = distance / size
    figures.int8 = max(figures.int8, float(relative[ambiguous == 0].max(initial=0)))
    figures.ambiguous = max(figures.ambiguous, float(relative[ambiguous == 1].max(initial=0)))
    fine = np.where(ambiguous == 1, (relative <= FLIPPED) & (distance <= EXACT * size + 1.01 * flip_bound),
                    relative <= EXACT)
    return [] if fine.all() else [f"{name}: {(~fine).sum()} tokens, up to {relative[~fine].max():.1e} off"]


if __name__ == "__main__":
    sys.exit(main())
