"""The machine, and how much of it others use while we measure."""

import os
import platform
import resource
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def load() -> float:
    return float(Path("/proc/loadavg").read_text().split()[0])


def wait_for_calm(share: float, seconds: float, say) -> float:
    """Until others use less than `share` of the processors for two seconds. Returns what is left of `seconds`."""
    deadline = time.monotonic() + seconds
    told = False
    while True:
        others = Others()
        time.sleep(2)
        if others.share() < share:
            return max(0, deadline - time.monotonic())
        if time.monotonic() > deadline:
            return 0
        if not told:
            say(f"others use {others.share():.0%} of the processors; waiting at most {seconds:.0f} s for quiet")
        told = True


def describe() -> str:
    return f"{os.cpu_count()} cores, Linux {platform.release()}, load {load()} at start"


class Others:
    """Share of all processor time since `begin` that neither this process nor a waited-for descendant used."""

    def __init__(self) -> None:
        self.began = (time.monotonic(), _busy(), _own())

    def share(self) -> float:
        began, busy, own = self.began
        span = (time.monotonic() - began) * (os.cpu_count() or 1)
        return max(0.0, ((_busy() - busy) - (_own() - own)) / span)


def _busy() -> float:
    user, nice, system, _idle, _wait, irq, soft = map(int, Path("/proc/stat").read_text().split(None, 8)[1:8])
    return (user + nice + system + irq + soft) / TICKS


def _own() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
