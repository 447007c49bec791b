"""The machine's clock jumps, for the server and its tasks: jump.c beneath them. Keepers count the boot's clock, which does
not jump on a real machine either."""
import datetime
import pathlib
import struct
import time

from operating.world import ENDED, eventually, expect, ms

EVENT = "Clock jumps an hour, forward and back"
PROMISE = ("Deadlines and grace count the boot's clock and do not move; live runs are untouched; new runs start at once. "
           "Times in the record are the clock's; a waiting retry comes at its time by the clock, at most 10 s late")
DEADLINE = 3  # seconds, of the runs that are cut short


class Clock:
    """Seconds that the time of day is off, in a file that everybody maps."""

    def __init__(self, world):
        self.file, self.library = world.directory / "offset", world.directory / "jump.so"
        self.jump(0)
        source = pathlib.Path(__file__).with_name("jump.c")
        world.command("clang", "-shared", "-fPIC", "-O1", "-o", self.library, source)

    def jump(self, seconds):
        self.file.touch()
        with open(self.file, "r+b") as file:
            file.write(struct.pack("=q", seconds))

    @property
    def environment(self):
        return {"LD_PRELOAD": str(self.library), "JUMP_FILE": str(self.file)}


def offset(server, run):
    """How far the clock of the record is off, in seconds."""
    created = datetime.datetime.fromisoformat(server.run(run)["createdAt"].replace("Z", "+00:00"))
    return (created - datetime.datetime.now(datetime.timezone.utc)).total_seconds()


def jump(server, clock, seconds):
    """Jumps while two runs live: how late the deadline was, and how long a new run took."""
    doomed = server.submit("sleep", "60", timeout=f"{DEADLINE}s")
    steady = server.submit("sh", "-c", f"sleep {DEADLINE + 1}; exit 6")
    begin = time.monotonic()
    eventually("both run", lambda: all(server.run(id)["state"] == "running" for id in (doomed, steady)))
    clock.jump(seconds)
    time.sleep(0.2)
    fresh_begin = time.monotonic()
    fresh = server.submit("true")
    expect(abs(offset(server, fresh) - seconds) < 60, "the server does not see the jump")
    eventually("a new run ends", lambda: server.run(fresh)["state"] == "succeeded")
    fresh_took = time.monotonic() - fresh_begin
    eventually("the deadline passes", lambda: server.run(doomed)["state"] in ENDED)
    late = time.monotonic() - begin - DEADLINE
    expect(server.run(doomed)["outcome"] == "timeout", f"the run ended otherwise: {server.run(doomed)['outcome']}")
    expect(abs(late) < 5, f"the deadline came {late:.1f} s off")
    eventually("the steady run ends", lambda: server.run(steady)["state"] in ENDED)
    expect(server.run(steady)["exitCode"] == 6, "a run without a deadline ended otherwise")
    return late, fresh_took


def retry(server, clock, delay, jump):
    """A run whose first attempt failed waits for its second: seconds from the jump that makes it due until its end."""
    id = server.submit("false", retry={"limit": 1, "delay": f"{delay}s"})
    eventually("the run waits for its retry", lambda: server.run(id)["attempt"] == 1 and pending(server, id))
    if jump < 0:
        clock.jump(jump)
        time.sleep(delay + 1)
        expect(pending(server, id), "a retry came before its time by the clock")
    begin = time.monotonic()
    clock.jump(max(0, jump))
    eventually("the retry ends", lambda: server.run(id)["state"] == "failed")
    clock.jump(0)
    return time.monotonic() - begin


def pending(server, id):
    return server.run(id)["state"] == "pending"


def measure(world):
    clock = Clock(world)
    server = world.server(environment=clock.environment)
    server.start()
    due = max(retry(server, clock, 600, 3600), retry(server, clock, 2, -3600))
    expect(due < 15, f"a retry that a jump made due ended after {due:.1f} s")
    results = [jump(server, clock, 3600), jump(server, clock, 0), jump(server, clock, -3600)]
    server.terminate()
    server.start()
    late, fresh = max(late for late, _ in results), max(fresh for _, fresh in results)
    return (f"+1 h, −1 h, −1 h again, each with two live runs: deadlines of {DEADLINE} s were kept within {ms(late)}, exits "
            f"true, a new run ended {ms(fresh)} after its submission; the restart an hour back works. Retries that a jump "
            f"made due ended within {due:.1f} s")
