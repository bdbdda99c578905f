"""Trains the model on the Swift sources below some folders of checkouts.

    python train.py .build/checkouts --steps 20000

The learning rate warms up, stays, and falls to zero over the last --decay steps, or over as many from the moment a
file `decay` appears in --state. Stopped before that, it goes on from its last checkpoint when started again.
"""
import argparse
import datetime
import os
import pathlib
import signal
import time

import torch

import corpus
from export import export
from network import Network, bits
from optimiser import optimisers

BALANCE = 0.02              # of the loss that keeps every expert busy, a layer
WARM_UP = 200               # steps
GOLDEN = 0.6180339887498949
HELD_OUT_WINDOWS, HELD_OUT_LENGTH = 16, 512


def options():
    folder = pathlib.Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("roots", nargs="+", help="folders of checkouts, see corpus.py")
    parser.add_argument("--steps", type=int, required=True, help="in all, those of earlier runs included")
    parser.add_argument("--decay", type=int, default=2000, help="steps over which the learning rate falls to zero")
    parser.add_argument("--length", type=int, default=256, help="bytes of a training window")
    parser.add_argument("--batch", type=int, default=2048, help="bytes of a step")
    parser.add_argument("--muon", type=float, default=0.01, help="learning rate of the matrices")
    parser.add_argument("--adam", type=float, default=3e-3, help="learning rate of the rest")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--state", type=pathlib.Path, default=folder / ".state")
    parser.add_argument("--export", type=pathlib.Path, default=folder)
    parser.add_argument("--held-out", type=pathlib.Path, default=folder / "heldout.txt")
    return parser.parse_args()


def windows(stream, first, count, length):
    """ids [count, length + 1]. Window k begins k golden ratios into the text: wherever training stops, it has seen
    all of it about equally often."""
    starts = [int((k * GOLDEN) % 1 * (len(stream) - length)) for k in range(first, first + count)]
    return torch.stack([stream[s:s + length + 1] for s in starts]).long()


def held_out_bits(network, text):
    ids = text[:HELD_OUT_WINDOWS * HELD_OUT_LENGTH + 1].long()
    ids = ids.unfold(0, HELD_OUT_LENGTH + 1, HELD_OUT_LENGTH)
    with torch.no_grad():
        losses, _, load = network(ids)
    return bits(losses), load.min().item()


class Run:
    """Everything that a checkpoint keeps."""

    def __init__(self, options):
        torch.manual_seed(options.seed)
        self.path = options.state / "checkpoint.pt"
        self.network = Network()
        self.muon, self.adam = optimisers(self.network, options.muon, options.adam)
        self.counts = {"step": 0, "window": 0, "bytes": 0, "seconds": 0.0}
        if self.path.exists():
            kept = torch.load(self.path)
            self.network.load_state_dict(kept["network"])
            self.muon.load_state_dict(kept["muon"])
            self.adam.load_state_dict(kept["adam"])
            self.counts = kept["counts"]

    def save(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_suffix(".part")
        torch.save({"network": self.network.state_dict(), "muon": self.muon.state_dict(),
                    "adam": self.adam.state_dict(), "counts": self.counts}, part)
        os.replace(part, self.path)

    def step(self, ids, options, factor):
        losses, balance, load = self.network(ids)
        (losses.mean() + BALANCE * balance.sum()).backward()
        for optimiser, rate in ((self.muon, options.muon), (self.adam, options.adam)):
            for group in optimiser.param_groups:
                group["lr"] = rate * factor
            optimiser.step()
            optimiser.zero_grad()
        self.counts["step"] += 1
        self.counts["window"] += len(ids)
        self.counts["bytes"] += losses.numel()
        return losses, load


def main():
    o = options()
    torch.set_num_threads(o.threads)
    stream = torch.from_numpy(corpus.build(o.roots).copy())
    held_out = torch.frombuffer(bytearray(o.held_out.read_bytes()), dtype=torch.uint8)
    run, last = Run(o), o.steps
    ask = o.state / "decay"
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    began, saved, noted, mean = time.time(), time.time(), time.time(), []
    spent = run.counts["seconds"]
    log = lambda text: print(datetime.datetime.now().strftime("%H:%M:%S"), text, flush=True)
    log(f"{len(stream)} bytes of text, step {run.counts['step']}, batch {o.batch} of {o.length}")
    while (left := last - run.counts["step"]) > 0:
        if stopped:
            run.save()
            return log("stopped; goes on from here when started again")
        if ask.exists():
            left = min(left, o.decay)
            last = run.counts["step"] + left
            ask.unlink()
        factor = min(1.0, left / o.decay, (run.counts["step"] + 1) / WARM_UP)
        ids = windows(stream, run.counts["window"], o.batch // o.length, o.length)
        losses, _ = run.step(ids, o, factor)
        mean.append(bits(losses))
        run.counts["seconds"] = spent + time.time() - began
        if run.counts["step"] % 200 == 0:
            pace = 200 * o.batch / (time.time() - noted) / 1e3
            log(f"step {run.counts['step']} bytes {run.counts['bytes'] / 1e6:.1f}M rate {factor:.3f} "
                f"bits {sum(mean) / len(mean):.3f} {pace:.1f} KB/s")
            noted = time.time()
            mean = []
        if time.time() - saved > 180:
            run.save()
            export(run.network, o.export)
            score, least = held_out_bits(run.network, held_out)
            log(f"held-out bits {score:.4f} least load {least:.3f}")
            saved = time.time()
    run.save()
    export(run.network, o.export)
    log(f"done: {run.counts}, held-out bits {held_out_bits(run.network, held_out)[0]:.4f}")


if __name__ == "__main__":
    main()
