"""The server, and a keeper, killed with -9."""
import os
import pathlib
import signal
import time

from operating.submitters import Submitters
from operating.world import ENDED, eventually, expect, ms

EVENT = "`kill -9` of the server under load; of a keeper"
PROMISE = ("Tasks go on; the next server adopts them. No accepted run is lost or started twice, every exit is the true one. "
           "A killed keeper's whole task ends; that run alone is `lost`")
ROUNDS = 5


def job(starts):
    """Ends with a code of its own; each tenth is alive at the kill. Every start leaves a line."""
    def make(number):
        pause = "sleep 1; " if number % 10 == 0 else ""
        return {"command": ["sh", "-c", f'echo $MARTLET_RUN_ID >>"$STARTS"; {pause}exit {number % 100}'],
                "environment": {"STARTS": str(starts)}, "labels": {"row": "kill"}}
    return make


def kill_under_load(world, server, clients):
    """One round: what was accepted, seconds to listen, seconds until the new server reports an end it did not see."""
    go = world.directory / "go"
    go.unlink(missing_ok=True)
    watched = server.submit("sh", "-c", f"until [ -e {go} ]; do sleep 0.01; done; exit 99")
    eventually("the watched run starts", lambda: server.run(watched)["state"] == "running")
    load = Submitters(server, clients, job(world.directory / "starts")).start()
    time.sleep(0.6)
    server.kill()
    load.wait()
    go.touch()
    begin = time.monotonic()
    listening = server.start()
    eventually("the adopted run ends", lambda: server.run(watched)["state"] in ENDED)
    adopted = time.monotonic() - begin
    expect(server.run(watched)["exitCode"] == 99, "an adopted run has another exit code")
    return load.accepted, listening, adopted


def check(server, accepted, starts):
    runs = eventually("every run ends", lambda: all_ended(server), 180)
    missing = [id for id in accepted if id not in runs]
    wrong = [id for id, number in accepted.items() if id in runs and runs[id]["exitCode"] != number % 100]
    started = starts.read_text().split()
    expect(not missing, f"{len(missing)} accepted runs are gone")
    expect(not wrong, f"{len(wrong)} runs have a wrong end, such as {runs[wrong[0]] if wrong else ''}")
    expect(len(started) == len(set(started)), f"{len(started) - len(set(started))} runs were started twice")
    return len(accepted), len(started)


def all_ended(server):
    runs = server.runs("kill")
    return runs if all(run["state"] in ENDED for run in runs.values()) else None


def keeper_of(run):
    """The pid of the keeper: the parent of the process that has the run's id."""
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if f"MARTLET_RUN_ID={run}".encode() in (entry / "environ").read_bytes():
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if "martlet-keeper" in os.readlink(f"/proc/{parent}/exe"):
                    return parent, int(entry.name)
        except OSError:
            continue  # it ended meanwhile, or belongs to somebody else
    return None


def is_alive(pid):
    """A zombie is not: somebody has yet to ask for its exit code."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def kill_keeper(server):
    """Seconds until the run is lost and its processes are gone."""
    id = server.submit("sh", "-c", "sleep 61 & sleep 62")
    keeper, leader = eventually("the task starts", lambda: keeper_of(id))
    begin = time.monotonic()
    os.kill(keeper, signal.SIGKILL)
    eventually("the run is lost", lambda: server.run(id)["state"] == "lost")
    expect(keeper_of(id) is None and not is_alive(leader), "a task outlived its lost run")
    return time.monotonic() - begin


def measure(world):
    server = world.server()
    server.start()
    accepted, listening, adopted = {}, [], []
    for _ in range(ROUNDS):
        more, seconds, adoption = kill_under_load(world, server, clients=4)
        accepted |= more
        listening.append(seconds)
        adopted.append(adoption)
    count, started = check(server, accepted, world.directory / "starts")
    lost = kill_keeper(server)
    return (f"{ROUNDS} kills, {count} runs accepted: 0 lost, 0 wrong ends, {started} starts, none twice. Listening again "
            f"after {ms(max(listening))} at most; an end that nobody saw told after {ms(max(adopted))} at most. "
            f"Keeper: `lost`, all its processes gone after {ms(lost)}")
