"""How much of the machine others used meanwhile. Standard library only."""
import os
import time


class Busy:
    """The processors' time from here on: this process and the children it waited for, and everybody else."""

    def __init__(self):
        self.start = time.perf_counter()
        self.machine, self.own = _machine(), _own()

    def elsewhere(self):
        """The share of the processors' time that others took, 0...1; None where the system does not say."""
        if self.machine is None:
            return None
        elapsed = (time.perf_counter() - self.start) * os.cpu_count()
        others = (_machine() - self.machine) - (_own() - self.own)
        return max(0.0, min(1.0, others / elapsed)) if elapsed > 0 else None


def _machine():
    """Seconds that any processor was busy, or taken away by the hypervisor."""
    try:
        with open("/proc/stat") as file:
            user, nice, system, _, _, interrupt, soft, steal = map(int, file.readline().split()[1:9])
    except OSError:
        return None
    return (user + nice + system + interrupt + soft + steal) / os.sysconf("SC_CLK_TCK")


def _own():
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
