#!/usr/bin/env python3
"""Compares moe-generate's logits with those that transformers computed in float32, on the models of make_models.py.

    check_parity.py PROGRAM FOLDER...   FOLDER holds config.json, model.safetensors and expected.safetensors
    check_parity.py PROGRAM MODEL=FOLDER...   the last of these apart from the model

Experts are float32. The logits of a prompt in one go may differ from transformers' by 2e-4 of the greatest logit, on
every backend; those of one token after the other from those in one go by 1e-5.
"""
import pathlib
import subprocess
import sys
import tempfile

from safetensors.numpy import load_file

MOST_FROM_TRANSFORMERS, MOST_FROM_ONE_GO, LEAST_POSITIONS = 2e-4, 1e-5, 512
BACKENDS = ("reference", "openblas", "native")


def logits(program, model, tokens, *options):
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder) / "logits.safetensors"
        subprocess.run([program, "logits", "--model", model, "--experts", "float", "--input", tokens,
                        "--output", output, *options], check=True)
        return load_file(output)["logits"]


def check(program, model, folder):
    """Prints a line; whether all is within bounds."""
    tokens = folder / "expected.safetensors"
    wanted = load_file(tokens)["logits"]
    greatest = abs(wanted).max()
    at_once = {backend: logits(program, model, tokens, "--backend", backend) for backend in BACKENDS}
    one_by_one = logits(program, model, tokens, "--backend", "native", "--one-by-one")
    error = max(abs(found - wanted).max() / greatest for found in at_once.values())
    difference = abs(one_by_one - at_once["native"]).max() / greatest
    fine = error <= MOST_FROM_TRANSFORMERS and difference <= MOST_FROM_ONE_GO and len(wanted) >= LEAST_POSITIONS
    print(f"{folder.name:12} {len(wanted):9} {greatest:14.3f} {error:14.2e} {difference:18.2e}   "
          f"{'ok' if fine else 'TOO FAR'}", flush=True)
    return fine


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    program, *pairs = sys.argv[1:]
    print("model        positions  greatest logit  transformers  token by token")
    results = []
    for pair in pairs:
        model, _, folder = pair.rpartition("=")
        results.append(check(program, pathlib.Path(model or folder), pathlib.Path(folder)))
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
