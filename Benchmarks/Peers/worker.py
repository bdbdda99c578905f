"""Hosts one peer in a process of its own: makes its weights once, then waits for orders, a line each.

  tokens COUNT     makes routings for that many tokens and runs two of them; answers {"ready": true}
  go SECONDS       runs for that long, each pass with the next routing; answers {"ms": [...], "busy_elsewhere": share}
  error            answers {"relative_error": ...}, against float64, of a layer whose experts differ
"""
import importlib
import json
import os
import sys
import time

import torch

from busy import Busy
from layer import Layer, Shape


class Host:
    """A peer, its layer, and the passes that are ready to run."""

    def __init__(self, module, variant, shape, threads, distinct):
        torch.set_num_threads(threads)
        torch.set_grad_enabled(False)
        self.layer = Layer(shape, distinct)
        self.peer = importlib.import_module(f"peers.{module}").Peer(self.layer, threads, variant)
        if not distinct:
            self.layer.forget()
        self.passes = []
        self.next = 0

    def tokens(self, count):
        # Several routings take turns, so that no expert's weights wait in a cache.
        self.passes = []
        batches = 64 if count <= 8 else 8
        self.passes = [self.peer.prepare(self.layer.tokens(count, seed)) for seed in range(batches)]
        self._run(), self._run()
        return {"ready": True}

    def go(self, seconds):
        times, busy = [], Busy()
        start = time.perf_counter()
        while len(times) < 3 or (time.perf_counter() - start < seconds and len(times) < 500):
            before = time.perf_counter()
            self._run()
            times.append((time.perf_counter() - before) * 1e3)
        return {"ms": times, "busy_elsewhere": busy.elsewhere()}

    def error(self):
        tokens = self.layer.tokens(64, seed=3)
        wanted = self.layer.exact(tokens)
        got = self.peer.prepare(tokens)().double().reshape(wanted.shape)
        return {"relative_error": float((got - wanted).norm() / wanted.norm())}

    def _run(self):
        self.passes[self.next % len(self.passes)]()
        self.next += 1


def main():
    # Some peers print; what they say goes to the log, and answers keep the pipe to themselves.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    module, variant, sizes, threads, distinct = sys.argv[1:6]
    host = Host(module, variant, Shape(*map(int, sizes.split(","))), int(threads), distinct == "distinct")
    print(json.dumps({"ready": True}), file=answers)
    for line in sys.stdin:
        order, *argument = line.split()
        match order:
            case "tokens": answer = host.tokens(int(argument[0]))
            case "go": answer = host.go(float(argument[0]))
            case "error": answer = host.error()
        print(json.dumps(answer), file=answers)


if __name__ == "__main__":
    main()
