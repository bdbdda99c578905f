"""Those who take turns: peers in processes of their own, and swift-moe by its own benchmark."""
import json
import pathlib
import select
import subprocess

import environments
from busy import Busy

HERE = pathlib.Path(__file__).resolve().parent


class ContenderFailed(Exception):
    """A contender that gave no answer, and its last words."""


class Worker:
    """A peer's process, which waits between its turns. It counts as started once its weights are made.

    A shape is (name, D, H, E, k), here and in `series`.
    """

    def __init__(self, peer, folder, shape, threads, distinct=False, extra=None):
        self.log = environments.ROOT / "logs" / f"{peer.name}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [str(environments.python()), str(HERE / "worker.py"), peer.module, peer.variant,
                 ",".join(map(str, shape[1:])), str(threads), "distinct" if distinct else "repeated"],
                env={**environments.environment(folder, threads), **(extra or {})},
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        self._answer(900)

    def ask(self, order, seconds=900):
        """What the worker answers to an order."""
        try:
            self.process.stdin.write(f"{order}\n".encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it is gone, and _answer says why
        return self._answer(seconds)

    def stop(self):
        """Ends the process and gives its memory back."""
        self.process.kill()
        self.process.wait()

    def _answer(self, seconds):
        # A line at a time and never more than one waits, so readline leaves nothing behind for select.
        ready, _, _ = select.select([self.process.stdout], [], [], seconds)
        line = self.process.stdout.readline() if ready else b""
        if line:
            return json.loads(line)
        self.stop()
        words = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        last = words[-1].strip() if words else f"ended with status {self.process.returncode}"
        raise ContenderFailed(last if ready else f"no answer in {seconds} s")


def our_turn(program, shape, tokens, threads, rounds):
    """One run of `moe-cli bench`: its median and the router's part of it, the streaming read, others' use meanwhile."""
    busy = Busy()
    command = [str(program), "bench", "--shape", shape, "--tokens", str(tokens), "--backend", "native",
               "--threads", str(threads), "--rounds", str(rounds), "--json"]
    run = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if run.returncode != 0:
        raise ContenderFailed(f"{' '.join(command)}: {run.stderr.strip()}")
    report = json.loads(run.stdout)
    machine, result = report["machine"], report["results"][0]
    return {"ms": result["median_s"] * 1e3, "p10": result["p10_s"] * 1e3, "route": result["stages"]["route"] * 1e3,
            "busy_elsewhere": busy.elsewhere(),
            "stream_read_GBps": machine["stream_read_GBps"], "limit_ratio": result["limit_ratio"],
            "cpu": machine["cpu"], "isa": machine["isa"], "threads": machine["threads"]}
