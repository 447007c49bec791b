"""What is measured of each system, and in which order."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import kills
import processes
import wrk
from results import Results
from systems.system import System, Tools

CONNECTIONS = 64
CALLERS = 8
IDLE = 2  # seconds of rest before the memory is read


class Bench:
    def __init__(self, root: Path, tools: Tools, seconds: int) -> None:
        self.root = root
        self.tools = tools
        self.seconds = seconds

    def round(self, kind: type[System], first: bool) -> Results:
        results = Results()
        if kind.queues:
            self.use(kind, False, lambda system: Turn(system, results, self.seconds).accept())
        self.use(kind, True, lambda system: Turn(system, results, self.seconds).work(first))
        return results

    def kills(self, kind: type[System]) -> Results:
        results = Results()
        self.use(kind, False, lambda system: kills.after_kill(system, False, results))
        self.use(kind, False, lambda system: kills.after_kill(system, True, results))
        return results

    def use(self, kind: type[System], working: bool, measure: Callable[[System], None]) -> None:
        directory = self.root / "system"
        directory.mkdir()
        system = kind(directory, self.tools)
        try:
            system.start(working)
            measure(system)
        finally:
            system.end()
            shutil.rmtree(directory)


class Turn:
    """The measures of one started system; `seconds` is how long each load lasts."""

    def __init__(self, system: System, results: Results, seconds: int) -> None:
        self.system = system
        self.results = results
        self.seconds = seconds

    def accept(self) -> None:
        for clients in (8, 1):
            result = self.system.ask("submissions", clients, self.seconds)
            self.add(f"submit{clients}", result["count"] / result["seconds"])
            self.compare(result["count"], result["stored"])
        if target := self.system.accepting():
            before = self.system.count("stored")
            requests = self.load("accept", target, CONNECTIONS)
            self.compare(requests, self.system.count("stored") - before)

    def work(self, first: bool) -> None:
        self.system.ask("calls", 1, 30)
        if first:
            time.sleep(IDLE)
            self.memory("idle")
        self.add("calls", *self.system.ask("calls", 200, self.seconds * 2)["milliseconds"])
        if self.system.queues:
            self.runs()
        if target := self.system.waiting():
            self.load("waiting", target, CALLERS)
        if first:
            self.memory("loaded")
        if target := self.system.accepting():
            self.load("flood", target, CONNECTIONS)

    def runs(self) -> None:
        before = processes.processor_seconds(self.system.pids())
        result = self.system.ask("runs", self.system.runs)
        used = processes.processor_seconds(self.system.pids()) - before
        self.add("runs", result["count"] / result["seconds"])
        self.add("processor", used / self.system.runs * 1000)
        self.compare(self.system.runs, result["count"])

    def load(self, measure: str, target: wrk.Target, connections: int) -> int:
        load = wrk.run(target, connections, self.seconds, self.system.directory)
        self.add(measure, load.per_second)
        if load.complaints:
            self.complain(f"{measure}: {load.complaints}")
        return load.requests

    def memory(self, when: str) -> None:
        for name, megabytes in processes.memory(self.system.pids()).items():
            self.add(f"{when} {name}", megabytes)

    def compare(self, acknowledged: int, found: int) -> None:
        if found < acknowledged:
            self.complain(f"{acknowledged - found} of {acknowledged} runs are not to be found")

    def complain(self, what: str) -> None:
        self.results.notes.append(f"{self.system.name}: {what}")

    def add(self, measure: str, *values: float) -> None:
        self.results.add(self.system.name, measure, *values)
