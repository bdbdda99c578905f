#!/usr/bin/env python3
"""Runs swift-moe and every peer that PyPI offers over the same layers, in turn, and prints one table.

The Python that runs this needs nothing but its standard library; everything else is installed under `.build-peers/`.
"""
import argparse
import json
import os
import pathlib

import environments
import series
from catalog import Peer, peers_named
from contenders import ContenderFailed, Worker
from report import Report

SHAPES = {"qwen3-30b-a3b": (2048, 768, 128, 8), "mixtral-8x7b": (4096, 14336, 8, 2)}
SMALL = ("small", 2048, 768, 8, 2)  # where errors are measured
OURS = Peer("swift-moe", "swift-moe", "W8A8, exact int32", "swift_moe")


def numbers(text):
    return [int(part) for part in text.split(",")]


def shape(text):
    """(name, D, H, E, k), by a model's name or from "D,H,E,k", as moe-cli takes it."""
    sizes = SHAPES.get(text) or tuple(numbers(text))
    if len(sizes) != 4:
        raise argparse.ArgumentTypeError(f"{text!r}: wanted {', '.join(SHAPES)} or D,H,E,k")
    return text, *sizes


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", type=shape, action="append", help="qwen3-30b-a3b, mixtral-8x7b or D,H,E,k; "
                        "may be repeated (default: both models)")
    parser.add_argument("--tokens", type=numbers, default=[1, 8, 64, 512, 2048], help="with commas between")
    parser.add_argument("--peers", type=lambda text: text.split(","), default=[], help="with commas between "
                        "(default: all)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5, help="turns of everybody in every case")
    parser.add_argument("--bench-rounds", type=int, default=3, help="moe-cli bench --rounds in one of our turns")
    parser.add_argument("--seconds", type=float, default=0.5, help="how long a peer's turn goes on at least")
    parser.add_argument("--memory", type=float, default=6, help="GiB of weights of the peers that run at once")
    parser.add_argument("--moe-cli", type=pathlib.Path, default=environments.REPOSITORY / ".build/release/moe-cli")
    parser.add_argument("--json", type=pathlib.Path, help="a file for all figures")
    parser.add_argument("--markdown", type=pathlib.Path, help="a file for the table as Markdown")
    parser.add_argument("--install-only", action="store_true", help="install, measure the errors, and stop")
    return parser.parse_args()


def install(peers):
    """Folders of the peers that are installed, and why the others are not."""
    folders, absent = {}, {}
    for peer in peers:
        try:
            folders[peer.name] = environments.install(peer)
        except environments.NotInstalled as reason:
            absent[peer.name] = str(reason)
    return folders, absent


def measure_errors(peers, folders, settings, failures):
    """Everybody's error on the small layer. A peer that cannot run even that is left out of `folders`."""
    errors = {}
    for peer in [OURS] + [peer for peer in peers if peer.name in folders]:
        try:
            worker = Worker(peer, folders.get(peer.name), SMALL, settings.threads, distinct=True,
                            extra={"MOE_CLI": str(settings.program)})
            errors[peer.name] = worker.ask("error")["relative_error"]
            worker.stop()
            print(f"{peer.title}: error {errors[peer.name]:.3g}", flush=True)
        except ContenderFailed as failure:
            failures[peer.name, "small", 0] = str(failure)
            folders.pop(peer.name, None)
    return errors


def main():
    options = arguments()
    if not os.access(options.moe_cli, os.X_OK):
        raise SystemExit(f"{options.moe_cli}: no such program; run: swift build -c release --product moe-cli")
    settings = series.Settings(options.moe_cli.resolve(), options.threads, options.rounds, options.bench_rounds,
                               options.seconds, options.memory)
    peers, cases, failures = peers_named(options.peers), [], {}
    environments.python()
    folders, absent = install(peers)
    errors = measure_errors(peers, folders, settings, failures)
    shapes = options.shape or [(name, *sizes) for name, sizes in SHAPES.items()]
    running = [peer for peer in peers if peer.name in folders]
    report = Report(peers, cases, errors, absent, failures)
    for one in [] if options.install_only else shapes:
        cases += series.run(one, options.tokens, running, folders, settings, failures)
        save(report, options)  # what took an hour survives what comes after it
    save(report, options)
    print(report.text, end="")


def save(report, options):
    """Writes the files that were asked for."""
    if options.json:
        options.json.write_text(json.dumps(report.json, indent=1) + "\n")
    if options.markdown:
        options.markdown.write_text(report.markdown)


if __name__ == "__main__":
    try:
        main()
    except (ContenderFailed, environments.NotInstalled) as failure:  # of swift-moe, or of the Python for all
        raise SystemExit(str(failure)) from None
