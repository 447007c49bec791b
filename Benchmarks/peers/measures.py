"""What is measured of each system, and in which order."""

import shutil
import time
from functools import partial
from pathlib import Path

import wrk
from kills import after_kill
from systems.system import System, Tools

CONNECTIONS = 64
CALLERS = 8
IDLE = 2  # seconds of rest before the memory is read


class Results:
    """Values of each measure of each system; one for each round, or all samples."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], list[float]] = {}
        self.notes: list[str] = []

    def add(self, system: System, measure: str, *values: float) -> None:
        self.values.setdefault((measure, system.name), []).extend(values)

    def complain(self, system: System, what: str) -> None:
        self.notes.append(f"{system.name}: {what}")


class Bench:
    def __init__(self, root: Path, tools: Tools, seconds: int) -> None:
        self.root = root
        self.tools = tools
        self.seconds = seconds
        self.results = Results()

    def round(self, kind: type[System], first: bool) -> None:
        if kind.queues:
            self.with_system(kind, False, self.accept)
        self.with_system(kind, True, lambda system: self.work(system, first))

    def kills(self, kind: type[System]) -> None:
        for tree in (False, True):
            self.with_system(kind, False, partial(after_kill, tree=tree, results=self.results))

    def with_system(self, kind: type[System], working: bool, measure) -> None:
        directory = self.root / "system"
        directory.mkdir()
        system = kind(directory, self.tools)
        try:
            system.start(working)
            measure(system)
        finally:
            system.end()
            shutil.rmtree(directory)

    def accept(self, system: System) -> None:
        for processes in (8, 1):
            result = system.ask("submissions", processes, self.seconds)
            self.results.add(system, f"submit{processes}", result["count"] / result["seconds"])
            self.compare(system, result["count"], result["stored"])
        if target := system.accepting():
            before = system.count("stored")
            load = self.load(system, "accept", target, CONNECTIONS)
            self.compare(system, load.requests, system.count("stored") - before)

    def work(self, system: System, first: bool) -> None:
        system.ask("calls", 1, 30)
        if first:
            time.sleep(IDLE)
            self.memory(system, "idle")
        calls = system.ask("calls", 200, self.seconds * 2)
        self.results.add(system, "calls", *calls["milliseconds"])
        if system.queues:
            self.runs(system)
        if target := system.waiting():
            self.load(system, "waiting", target, CALLERS)
        if first:
            self.memory(system, "loaded")
        if target := system.accepting():
            self.load(system, "flood", target, CONNECTIONS)

    def runs(self, system: System) -> None:
        result = system.ask("runs", system.runs)
        self.results.add(system, "runs", result["count"] / result["seconds"])
        self.compare(system, system.runs, result["count"])

    def load(self, system: System, measure: str, target: wrk.Target, connections: int) -> wrk.Load:
        load = wrk.run(target, connections, self.seconds, system.directory)
        self.results.add(system, measure, load.per_second)
        if load.complaints:
            self.results.complain(system, f"{measure}: {load.complaints}")
        return load

    def memory(self, system: System, when: str) -> None:
        for name, megabytes in system.memory().items():
            self.results.add(system, f"{when} {name}", megabytes)

    def compare(self, system: System, acknowledged: int, found: int) -> None:
        if found < acknowledged:
            self.results.complain(system, f"{acknowledged - found} of {acknowledged} runs are not to be found")
