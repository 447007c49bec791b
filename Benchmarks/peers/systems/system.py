"""What the measures need of a system."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import processes
from wrk import Target

CLIENTS = Path(__file__).resolve().parent.parent / "clients"
# Workers of each peer; Martlet's own default is 64 runs at once.
WORKERS = 8


@dataclass(frozen=True)
class Tools:
    binaries: Path  # martlet, martlet-keeper
    python: Path  # of the environment with the peers' packages


class System:
    """One system in a directory of its own. `start`, then the rest; `end` ends all of its processes."""

    name: str
    keeps: str  # what it promises about an accepted run
    client: str  # module of clients/
    runs: int = 500  # handed over together
    queues: bool = True  # accepts runs without starting them, and can be asked for them later
    kills: bool = False  # whether kill -9 of its worker is measured

    def __init__(self, directory: Path, tools: Tools) -> None:
        self.directory = directory
        self.tools = tools
        self.running: list[subprocess.Popen] = []

    def start(self, working: bool) -> None:
        """`working` false: runs are accepted and none is started."""
        raise NotImplementedError

    def worker(self) -> subprocess.Popen:
        """The process whose kill -9 is measured; `start_worker` makes another."""
        raise NotImplementedError

    def start_worker(self) -> None:
        raise NotImplementedError

    def client_environment(self) -> dict[str, str]:
        raise NotImplementedError

    def accepting(self) -> Target | None:
        """Where a run is submitted over HTTP."""
        return None

    def waiting(self) -> Target | None:
        """Where the answer comes after the run's end."""
        return None

    def spawn(self, argv: list[str], extra: dict[str, str] | None = None, log: str = "log") -> subprocess.Popen:
        process = processes.start(argv, self.directory, self.environment(extra), log)
        self.running.append(process)
        return process

    def environment(self, extra: dict[str, str] | None = None) -> dict[str, str]:
        base = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(self.directory), "PYTHONPATH": str(CLIENTS)}
        return base | {"PYTHONDONTWRITEBYTECODE": "1", "SWIFT_BACKTRACE": "enable=no"} | (extra or {})

    def ask(self, measure: str, *words: object) -> dict:
        """What the client program of this system says about one measure."""
        argv = [str(self.tools.python), str(CLIENTS / "measuring.py"), self.client, measure, *map(str, words)]
        done = subprocess.run(
            argv, cwd=self.directory, env=self.environment(self.client_environment()), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=150, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{self.name}: {measure} failed\n{done.stderr}{self.log()}")
        return json.loads(done.stdout)

    def count(self, what: str) -> int:
        return self.ask(what)["count"]

    def log(self) -> str:
        return "".join(path.read_text(errors="replace")[-2000:] for path in self.directory.glob("*log"))

    def pids(self) -> list[int]:
        return [pid for one in self.running for pid in [one.pid, *processes.descendants(one.pid)]]

    def end(self) -> None:
        for process in reversed(self.running):
            processes.end(process)
        self.running.clear()
        processes.end_all()
