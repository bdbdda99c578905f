#!/usr/bin/env python3
"""Measures `moe-cli quantize` beside `cp -r` of the same folder, in turn, both synced at the end.

    compare.py MODEL [--rounds 3] [--scratch FOLDER] [--moe-cli .build/release/moe-cli]

The model is read once before, so that both find it in the page cache. MODEL is what make_model.py
writes, or any other folder that quantize reads; the copies go beside it and are removed. Prints the
seconds of every round, and the peak memory of quantize beside its bound: 1.5 times the float copy
of the largest expert times threads, and 200 MB.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import time


def read(folder):
    total = 0
    for path in sorted(folder.iterdir()):
        with open(path, "rb") as file:
            while chunk := file.read(1 << 24):
                total += len(chunk)
    return total


def measure(command, output):
    """Seconds until all of it is on the disk, and peak memory in bytes."""
    subprocess.run(["sync"], check=True)
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{command[0]} failed"
    subprocess.run(["sync"], check=True)
    seconds = time.perf_counter() - begin
    shutil.rmtree(output)
    return seconds, usage.ru_maxrss * 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scratch", type=pathlib.Path)
    parser.add_argument("--moe-cli", default=".build/release/moe-cli")
    options = parser.parse_args()
    scratch = options.scratch or options.model.resolve().parent
    copied, quantised = scratch / "compare-copied", scratch / "compare-quantised"
    commands = {
        "cp": (["cp", "-r", options.model, copied], copied),
        "quantize": (
            [options.moe_cli, "quantize", options.model, quantised, "--format",
             "compressed-tensors"], quantised),
    }
    size = read(options.model)
    seconds, memory = {name: [] for name in commands}, 0
    for _ in range(options.rounds):
        for name, (command, output) in commands.items():
            elapsed, peak = measure(command, output)
            seconds[name].append(elapsed)
            if name == "quantize":
                memory = max(memory, peak)
    for name, times in seconds.items():
        rounds = " ".join(f"{elapsed:.2f}" for elapsed in times)
        print(f"{name:10} {statistics.median(times):6.2f} s  {rounds}")
    ratio = statistics.median(q / c for q, c in zip(seconds["quantize"], seconds["cp"]))
    config = json.loads((options.model / "config.json").read_text())
    expert = 3 * config["hidden_size"] * config["moe_intermediate_size"] * 4
    bound = 1.5 * expert * os.cpu_count() + 200e6
    print(f"{size / 1e9:.2f} GB; quantize takes {ratio:.2f} of cp's time, "
          f"peak memory {memory / 1e6:.1f} MB of at most {bound / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
