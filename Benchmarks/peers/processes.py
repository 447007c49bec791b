"""The processes of one system: started, measured and ended by pid."""

import ctypes
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
MEMORY = {"Rss": "resident", "Pss": "proportional", "Anonymous": "anonymous"}


def adopt_orphans() -> None:
    """What a dead peer leaves behind becomes our child, so that it is found and ended."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def descendants(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (parent := _parent(entry)) is not None:
            children.setdefault(parent, []).append(int(entry.name))
    found: list[int] = []
    waiting = [root]
    while waiting:
        more = children.get(waiting.pop(), [])
        found += more
        waiting += more
    return found


def _parent(entry: Path) -> int | None:
    try:
        state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state == "Z" else int(parent)


def memory(pids: list[int]) -> dict[str, float]:
    """MB of all of them together; pages that several share count once for each, except in `proportional`."""
    total = dict.fromkeys(MEMORY.values(), 0.0)
    for pid in pids:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended since it was listed
        for name, megabytes in parse_rollup(rollup).items():
            total[name] += megabytes
    return total


def parse_rollup(text: str) -> dict[str, float]:
    lines = (line.split() for line in text.splitlines()[1:])
    return {MEMORY[words[0][:-1]]: int(words[1]) / 1000 for words in lines if words[0][:-1] in MEMORY}


def processor_seconds(pids: list[int]) -> float:
    """Used so far by these processes and by those of their children that they have waited for."""
    ticks = 0
    for pid in pids:
        try:
            ticks += parse_ticks(Path(f"/proc/{pid}/stat").read_text())
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended since it was listed; its parent has its time
    return ticks / os.sysconf("SC_CLK_TCK")


def parse_ticks(stat: str) -> int:
    return sum(int(word) for word in stat.rpartition(")")[2].split()[11:15])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port: int, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"nothing listens on {port}: {process.args!r}") from None
            time.sleep(0.02)


def start(argv: list[str], directory: Path, environment: dict[str, str], log: str) -> subprocess.Popen:
    with open(directory / log, "ab") as output:
        return subprocess.Popen(
            argv, cwd=directory, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True)


def kill(process: subprocess.Popen, tree: bool) -> None:
    """kill -9 of the process alone, or with all that it has started."""
    pids = descendants(process.pid) if tree else []
    process.kill()
    for pid in pids:
        _signal(pid, signal.SIGKILL)
    process.wait()


def end(process: subprocess.Popen, seconds: float = 10) -> None:
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        kill(process, tree=True)


def end_all(seconds: float = 10) -> None:
    """Ends whatever is still below this process; nothing of a peer may stay."""
    deadline = time.monotonic() + seconds
    while pids := descendants(os.getpid()):
        for pid in pids:
            _signal(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            raise RuntimeError(f"processes {pids} do not end")
        time.sleep(0.02)
    while _reaped():
        pass


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass  # ended by itself


def _reaped() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return False
