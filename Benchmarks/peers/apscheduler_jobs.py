"""The same schedules in APScheduler: durable jobs in SQLite, a thread pool, one process for each due job.

`python3 Benchmarks/peers/apscheduler_jobs.py ALL DUE WORKERS` prints one JSON object: seconds and MB. It prepares its
packages where the other peers have theirs.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import packages

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.txt"
MINUTES = 30  # after which the bench gives up


def job() -> None:
    subprocess.run(["/bin/true"], check=True)


def resident_megabytes() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    raise RuntimeError("no VmRSS")


def measure(everything: int, due: int, workers: int, directory: str) -> dict[str, float]:
    from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, EVENT_JOB_MISSED, EVENT_JOB_SUBMITTED
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from apscheduler.schedulers.background import BackgroundScheduler

    store = SQLAlchemyJobStore(url=f"sqlite:///{directory}/jobs.sqlite")
    scheduler = BackgroundScheduler(
        jobstores={"default": store}, executors={"default": ThreadPoolExecutor(workers)}, timezone=timezone.utc,
        job_defaults={"misfire_grace_time": 3600, "coalesce": True})
    lateness, ends, missed, lock, done = [], [], [], threading.Lock(), threading.Event()

    def submitted(event) -> None:
        now = datetime.now(timezone.utc)
        with lock:
            lateness.extend((now - planned).total_seconds() for planned in event.scheduled_run_times)

    def ended(event) -> None:
        with lock:
            (missed if event.code == EVENT_JOB_MISSED else ends).append(time.time())
            if len(ends) + len(missed) == due:
                done.set()

    scheduler.add_listener(submitted, EVENT_JOB_SUBMITTED)
    scheduler.add_listener(ended, EVENT_JOB_EXECUTED | EVENT_JOB_ERROR | EVENT_JOB_MISSED)
    scheduler.start(paused=True)
    begun = time.monotonic()
    far = datetime.now(timezone.utc) + timedelta(hours=6)
    # One transaction a job is its way; without the syncs that adding would take hours.
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA synchronous=OFF")
    for number in range(everything - due):
        scheduler.add_job(job, "interval", hours=24, start_date=far, id=f"far{number}")
    first = datetime.now(timezone.utc) + timedelta(seconds=10 + due / 300)
    for number in range(due):
        scheduler.add_job(job, "date", run_date=first + timedelta(seconds=number / due), id=f"due{number}")
    adding = time.monotonic() - begun
    if datetime.now(timezone.utc) >= first:
        raise RuntimeError("adding the jobs took longer than was planned for")
    scheduler.resume()
    done.wait(MINUTES * 60)
    memory = resident_megabytes()
    scheduler.shutdown(wait=False)
    lateness.sort()
    at = first.timestamp()
    return {
        "lateness_p50": lateness[len(lateness) // 2], "lateness_p99": lateness[int(len(lateness) * 0.99)],
        "all_ended": max(ends) - at, "ended": len(ends), "missed": len(missed), "memory_mb": memory, "adding": adding,
    }


def main() -> None:
    everything, due, workers = (int(word) for word in sys.argv[1:4])
    if len(sys.argv) == 4:
        say = lambda text: print(text, file=sys.stderr, flush=True)  # noqa: E731
        python = packages.prepare(HERE.parent.parent / ".build-peers", REQUIREMENTS, say)
        sys.exit(subprocess.run([str(python), "-B", __file__, *sys.argv[1:4], "--prepared"], check=False).returncode)
    with tempfile.TemporaryDirectory(prefix="martlet-peers-") as directory:
        print(json.dumps(measure(everything, due, workers, directory)))


if __name__ == "__main__":
    main()
