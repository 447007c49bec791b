"""Ten times the clients: each submits one run after the other, as fast as it is answered."""
import threading

from operating.server import Refused
from operating.submitters import Submitters
from operating.world import ENDED, eventually, expect, ms, percentile

EVENT = "10 × load (8, then 80 clients, each submits 40 runs; then 3 × as many callers wait as may)"
PROMISE = ("Nothing accepted is lost and nothing is refused while there is room: runs wait in the queue. Callers beyond "
           "`limits.waiters` get 503 with Retry-After. Memory stays bounded")
EACH = 40
WAITERS = 50
MEMORY = 256 << 20  # bytes


def crowd(server, clients):
    label = f"load-{clients}"
    load = Submitters(server, clients, lambda _: {"command": ["true"], "labels": {"row": label}}, each=EACH)
    peak = Peak(server)
    load.start().wait()
    expect(not load.refused, f"{len(load.refused)} submissions were refused: {load.refused[:1]}")

    def all_ended():
        runs = server.runs(label)
        return runs if all(run["state"] in ENDED for run in runs.values()) else None
    runs = eventually("the queue is empty", all_ended, 180)
    expect(set(load.accepted) == set(runs), "accepted and stored runs differ")
    expect(all(run["state"] == "succeeded" for run in runs.values()), "a run did not succeed")
    most = peak.end()
    expect(most < MEMORY, f"the server had {most >> 20} MB resident")
    return (f"{clients} clients: {len(runs)} accepted, 0 refused, p50 {ms(percentile(load.latencies, 0.5))}, "
            f"p99 {ms(percentile(load.latencies, 0.99))}, server at most {most >> 20} MB resident")


class Peak:
    """The most memory that the server had resident, looked at ten times a second."""

    def __init__(self, server):
        self.server, self.most, self.over = server, 0, threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self):
        while not self.over.wait(0.1):
            self.most = max(self.most, self.server.resident())

    def end(self):
        self.over.set()
        self.thread.join()
        return self.most


def wait_together(world, server):
    """Callers that wait for one run: how many were let in, and how many were sent away with Retry-After."""
    go = world.directory / "go"
    run = server.submit("sh", "-c", f"until [ -e {go} ]; do sleep 0.05; done")
    answers, lock = [], threading.Lock()

    def caller():
        try:
            answer = server.call("GET", f"/api/runs/{run}", headers={"Prefer": "wait=60"})["state"]
        except Refused as refused:
            answer = (refused.status, any(name.lower() == "retry-after" for name in refused.headers))
        with lock:
            answers.append(answer)
    callers = [threading.Thread(target=caller, daemon=True) for _ in range(3 * WAITERS)]
    for thread in callers:
        thread.start()
    eventually("the surplus is sent away", lambda: len(answers) >= 2 * WAITERS)
    go.touch()
    for thread in callers:
        thread.join()
    away, served = answers.count((503, True)), answers.count("succeeded")
    expect(away + served == len(answers), f"other answers: {set(answers)}")
    expect(served == WAITERS, f"{served} callers waited, {WAITERS} may")
    return f"{len(callers)} callers for {WAITERS} places: {served} served, {away} × 503"


def measure(world):
    server = world.server(environment={"MARTLET_LIMITS_WAITERS": str(WAITERS)})
    server.start()
    return "; ".join([crowd(server, 8), crowd(server, 80), wait_together(world, server)])
