"""Rounds in which everybody runs one after another, so that what the machine does meets all of them."""
import statistics
import sys
import time
from dataclasses import dataclass, field

import contenders
from contenders import ContenderFailed, Worker

# Threads of a runtime may spin for a while after their turn.
PAUSE = 0.25


@dataclass
class Case:
    """A shape and a number of tokens: what everybody took, a figure a round."""

    shape: str
    tokens: int
    ours: list = field(default_factory=list)
    """Our turns, one a round of every group of peers."""
    peers: dict = field(default_factory=dict)
    """By name, a dictionary a turn: "ms", "p10", and "ratio" and "p10_ratio", ours ÷ theirs in the same round.
    Ours is without the router for peers that have none."""

    def median(self, name, key="ms"):
        """The median of a figure of a peer's turns."""
        return statistics.median(turn[key] for turn in self.peers[name])

    def our_median(self, key="ms"):
        """The median of a figure of our turns."""
        return statistics.median(turn[key] for turn in self.ours)

    @property
    def our_experts_median(self):
        """The median of our turns without the router."""
        return statistics.median(turn["ms"] - turn["route"] for turn in self.ours)

    @property
    def stream_read(self):
        return statistics.median(turn["stream_read_GBps"] for turn in self.ours)


@dataclass
class Settings:
    """How long and how often."""

    program: str
    threads: int
    rounds: int
    bench_rounds: int
    seconds: float
    memory: float
    """GiB that the weights of the peers that run at once may take."""


def groups(peers, shape, memory):
    """Peers that fit into memory together, first come first served; one that never fits runs alone."""
    _, hidden, width, experts, _ = shape
    parts, left = [], 0.0
    for peer in peers:
        needed = peer.bytes_per_weight * 3 * hidden * width * experts / 2**30
        if needed > left or not parts:
            parts.append([])
            left = memory
        parts[-1].append(peer)
        left -= needed
    return parts


def run(shape, token_counts, peers, folders, settings, failures):
    """All cases of a shape. A peer that fails drops out with a reason in `failures`."""
    cases = {tokens: Case(shape[0], tokens) for tokens in token_counts}
    for group in groups(peers, shape, settings.memory):
        workers = {}
        try:
            for peer in group:
                _say(f"{shape[0]}: {peer.name} makes its weights")
                try:
                    workers[peer.name] = Worker(peer, folders[peer.name], shape, settings.threads)
                except ContenderFailed as failure:
                    failures[peer.name, shape[0], 0] = str(failure)
            with_router = {peer.name for peer in group if peer.routes}
            for case in cases.values():
                _rounds(case, workers, with_router, settings, failures)
        finally:
            for worker in workers.values():
                worker.stop()
    return list(cases.values())


def _rounds(case, workers, with_router, settings, failures):
    def attempt(name, order):
        try:
            return workers[name].ask(order)
        except ContenderFailed as failure:
            failures[name, case.shape, case.tokens] = str(failure)
            workers.pop(name).stop()
            return None

    for name in list(workers):
        attempt(name, f"tokens {case.tokens}")
    for number in range(settings.rounds):
        time.sleep(PAUSE)
        ours = contenders.our_turn(settings.program, case.shape, case.tokens, settings.threads, settings.bench_rounds)
        case.ours.append(ours)
        _say(f"{case.shape}, {case.tokens} tokens, round {number + 1}: {ours['ms']:.2f} ms,"
             f" {ours['stream_read_GBps']:.1f} GB/s")
        # Each round begins with another peer: none is always the one that comes right after us.
        names = list(workers)
        for name in names[number % max(1, len(names)):] + names[:number % max(1, len(names))]:
            time.sleep(PAUSE)
            turn = attempt(name, f"go {settings.seconds}")
            if turn is None:
                continue
            times = sorted(turn["ms"])
            took, fast = statistics.median(times), times[round((len(times) - 1) * 0.1)]
            route = 0 if name in with_router else ours["route"]
            case.peers.setdefault(name, []).append({
                "ms": took, "p10": fast, "ratio": (ours["ms"] - route) / took,
                "p10_ratio": (ours["p10"] - route) / fast,
                "stream_read_GBps": ours["stream_read_GBps"], "busy_elsewhere": turn["busy_elsewhere"]})


def _say(text):
    print(text, file=sys.stderr, flush=True)
