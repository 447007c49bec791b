"""What every client program does with its system: one JSON object on stdout.

Usage: measuring.py MODULE MEASURE [WORD …], with the class `Client` of that module. A client is made in the process that uses it, and has:
  submit()            one run, acknowledged
  submit_many(count)  the same in the fastest way that the system documents
  submit_marks(file, count)  runs that each append their number to the file
  call()              one run, until its end is known
  idle()              nothing waits or is under way, counted from the last submit_many
  succeeded()         runs that the system itself says ended well
  failed()            runs that it says ended otherwise
  stored()            runs that the system has accepted
"""

import importlib
import json
import multiprocessing
import sys
import time

DEADLINE = 60  # seconds that one measure may take before it counts what is there


def submissions(make, processes: int, seconds: float) -> dict:
    context = multiprocessing.get_context("fork")
    before = make().stored() + processes  # each connects by submitting one
    barrier = context.Barrier(processes)
    counts = context.Queue()
    workers = [context.Process(target=_submit, args=(make, barrier, counts, seconds)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    parts = [counts.get(timeout=DEADLINE) for _ in workers]
    for worker in workers:
        worker.join()
    count = sum(count for count, _ in parts)
    return {"count": count, "seconds": max(span for _, span in parts), "stored": make().stored() - before}


def _submit(make, barrier, counts, seconds: float) -> None:
    client = make()
    client.submit()  # connects
    barrier.wait(DEADLINE)
    begin = time.monotonic()
    count = 0
    while time.monotonic() - begin < seconds:
        client.submit()
        count += 1
    counts.put((count, time.monotonic() - begin))


def runs(make, count: int) -> dict:
    client = make()
    before = client.succeeded()
    begin = time.monotonic()
    client.submit_many(count)
    handed_over = time.monotonic() - begin
    while not client.idle() and time.monotonic() - begin < DEADLINE:
        time.sleep(0.01)
    span = time.monotonic() - begin
    return {"count": client.succeeded() - before, "seconds": span, "handedOver": handed_over}


def calls(make, count: int, seconds: float) -> dict:
    client = make()
    client.call()  # connects
    spans: list[float] = []
    begin = time.monotonic()
    while len(spans) < count and time.monotonic() - begin < seconds:
        start = time.monotonic()
        client.call()
        spans.append((time.monotonic() - start) * 1000)
    return {"milliseconds": spans}


def main(module: str, measure: str, *words: str) -> dict:
    make = importlib.import_module(module).Client
    if measure == "submissions":
        return submissions(make, int(words[0]), float(words[1]))
    if measure == "runs":
        return runs(make, int(words[0]))
    if measure == "calls":
        return calls(make, int(words[0]), float(words[1]))
    if measure == "marks":
        return make().submit_marks(words[0], int(words[1])) or {}
    if measure in ("stored", "failed"):
        return {"count": getattr(make(), measure)()}
    raise SystemExit(f"unknown measure {measure!r}")


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
