#!/usr/bin/env python3
"""Measures a packed file: opening it, what a pass brings into memory, and streaming it from disk.

    measure.py FILE [--tokens 1 256] [--seconds 5] [--moe-cli .build/release/moe-cli]

Before each figure the file is dropped from the page cache. The disk's speed is that of eight threads
that read the file with O_DIRECT, the better one of before and after. The last figures are of a process whose memory, page cache
included, is limited to a quarter of the file by a cgroup of its own (v1 or v2), where this user may
make one. Linux.
"""

import argparse
import concurrent.futures
import json
import mmap
import os
import pathlib
import subprocess
import time

BLOCK = 4 << 20


def drop(path):
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)


def disk_speed(path, byte_count=3 << 30, threads=8):
    """Bytes per second past the page cache."""
    count = min(byte_count, path.stat().st_size) // threads // BLOCK

    def read(thread):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECT)
        room = mmap.mmap(-1, BLOCK)
        for block in range(count):
            os.preadv(descriptor, [room], (thread * count + block) * BLOCK)
        os.close(descriptor)

    begin = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        list(pool.map(read, range(threads)))
    return threads * count * BLOCK / (time.perf_counter() - begin)


class MemoryLimit:
    """A cgroup below this process's own, for one child."""

    def __init__(self, byte_count):
        lines = pathlib.Path("/proc/self/cgroup").read_text().splitlines()
        own = {line.split(":")[1]: line.split(":")[2] for line in lines}
        if "memory" in own:
            root, limit = pathlib.Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"
        else:
            root, limit = pathlib.Path("/sys/fs/cgroup"), "memory.max"
        below = root / own.get("memory", own.get("", "/")).lstrip("/")
        self.folder = below / f"moe-packed-{os.getpid()}"
        self.folder.mkdir()
        (self.folder / limit).write_text(str(byte_count))

    def enter(self):
        (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def remove(self):
        self.folder.rmdir()


def bench(options, tokens, limit=None):
    drop(options.file)
    output = subprocess.run(
        [options.moe_cli, "bench", "--packed", options.file, "--tokens", str(tokens), "--seconds",
         str(options.seconds), "--json"],
        preexec_fn=limit.enter if limit else None, stdout=subprocess.PIPE, check=True).stdout
    return json.loads(output)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--tokens", type=int, nargs="+", default=[1, 256])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--moe-cli", default=".build/release/moe-cli")
    options = parser.parse_args()
    size = options.file.stat().st_size

    first = bench(options, 1)
    print(f"{size / 1e9:.2f} GB: opened in {first['open_seconds'] * 1e3:.2f} ms, a block in "
          f"{first['block_seconds'] * 1e3:.2f} ms")
    print(f"first token {first['first_seconds'] * 1e3:.0f} ms from disk: its experts have "
          f"{first['first_expert_bytes'] / 1e6:.1f} MB, resident memory grew by "
          f"{first['first_resident_bytes'] / 1e6:.1f} MB")
    speed = disk_speed(options.file)
    limit = MemoryLimit(size // 4)
    try:
        results = [(tokens, bench(options, tokens, limit)) for tokens in options.tokens]
    finally:
        limit.remove()
    drop(options.file)
    speed = max(speed, disk_speed(options.file))
    print(f"disk {speed / 1e6:.0f} MB/s")
    for tokens, result in results:
        read = result["disk_bytes"] / result["seconds"]
        print(f"memory {size / 4e9:.2f} GB, {tokens} tokens a pass: {result['passes']} passes, "
              f"{result['median_seconds'] * 1e3:.0f} ms each, experts at "
              f"{result['expert_bytes'] / result['seconds'] / 1e6:.0f} MB/s; read at "
              f"{read / 1e6:.0f} MB/s, {100 * read / speed:.0f} % of the disk's speed")


if __name__ == "__main__":
    main()
