"""kill -9 in the middle of the work: which accepted runs never happen, and which happen twice."""

import time
from pathlib import Path

import processes
from results import Results
from systems.system import System

RUNS = 160
DONE_BEFORE = 40
QUIET = 8  # seconds without a new end after which the rest counts as lost
DEADLINE = 60


def after_kill(system: System, tree: bool, results: Results) -> None:
    """Each run appends its number to a file, so what happened is told by the runs and by nobody else."""
    evidence = system.directory / "evidence"
    evidence.touch()
    system.start_worker()
    system.ask("calls", 1, 30)
    system.ask("marks", evidence, RUNS)
    _wait_for(evidence, DONE_BEFORE)
    processes.kill(system.worker(), tree)
    system.start_worker()
    seen = _wait_for(evidence, RUNS)
    lost = RUNS - len(set(seen))
    name = "kill tree" if tree else "kill main"
    results.add(system.name, f"{name} lost", lost)
    results.add(system.name, f"{name} silent", max(0, lost - system.count("failed")))
    results.add(system.name, "kills twice", len(seen) - len(set(seen)))


def _wait_for(evidence: Path, count: int) -> list[str]:
    begin = latest = time.monotonic()
    seen: list[str] = []
    while time.monotonic() - begin < DEADLINE and time.monotonic() - latest < QUIET:
        now = evidence.read_text().split()
        if len(set(now)) >= count:
            return now
        if len(now) > len(seen):
            latest = time.monotonic()
        seen = now
        time.sleep(0.02)
    return seen
