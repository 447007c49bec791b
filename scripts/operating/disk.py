"""A full disk: the data directory on a small tmpfs, and a task that writes more than it holds."""
import os
import time

from operating.server import Refused
from operating.submitters import Submitters
from operating.world import ENDED, eventually, expect, ms

EVENT = "Disk full"
PROMISE = ("Tasks go on and none waits for the disk; what a log loses is counted. New runs are refused with 503 below "
           "`limits.minFree`; ends are stored as soon as there is room")
SIZE = 64  # MiB
FLOOD = 100_000_000


def refusal(server):
    try:
        server.submit("true", labels={"row": "disk"})
        return None
    except Refused as refused:
        return refused


def flood(world, server):
    """A task that fills the disk while others end; they must all know their ends afterwards."""
    done = world.directory / "done"
    big = server.submit("sh", "-c", f"yes 0123456789 | head -c {FLOOD}; touch {done}; exit 4", labels={"row": "disk"})
    small = [server.submit("sh", "-c", f"until [ -e {done} ]; do sleep 0.05; done; echo end; exit {number}",
                           labels={"row": "disk"}) for number in range(10)]
    begin = time.monotonic()
    eventually("the task ends although nothing can be written", done.exists)
    return big, small, time.monotonic() - begin


def measure(world):
    world.needs_root()
    mount = world.directory / "mount"
    mount.mkdir()
    world.command("mount", "-t", "tmpfs", "-o", f"size={SIZE}m,mode=0700", "tmpfs", mount)
    try:
        return fill(world, mount)
    finally:
        world.end_servers()
        os.system(f"umount -l {mount}")


def fill(world, mount):
    ballast = mount / "ballast"
    ballast.write_bytes(bytes(24 << 20))
    server = world.server(mount / "data", environment={
        "MARTLET_LIMITS_MIN_FREE": "12MiB", "MARTLET_LOG_CAP": "1GiB"})
    server.start()
    before = Submitters(server, 4, lambda _: {"command": ["true"], "labels": {"row": "disk"}}, each=25).start().wait()
    big, small, wrote = flood(world, server)
    refused = eventually("a run is refused", lambda: refusal(server))
    expect(refused.status == 503 and "minFree" in refused.answer, f"refused with {refused}")
    free = os.statvfs(mount)
    left = free.f_bavail * free.f_frsize
    begin = time.monotonic()
    ballast.unlink()
    eventually("runs are taken again", lambda: refusal(server) is None)
    again = time.monotonic() - begin
    eventually("every run has its end", lambda: all(r["state"] in ENDED for r in server.runs("disk").values()))
    runs = server.runs("disk")
    expect(runs[big]["exitCode"] == 4, "the flooding run lost its exit code")
    expect([runs[id]["exitCode"] for id in small] == list(range(10)), "a run lost its exit code")
    expect(all(id in runs for id in before.accepted), "an accepted run is gone")
    warning = " ".join(server.run(big)["attempts"][-1]["warnings"])
    expect("could not be" in warning, f"the loss is not told: {warning}")
    return (f"{left / 1e6:.1f} of {SIZE * 1.048576:.0f} MB left: a task wrote {FLOOD / 1e6:.0f} MB on in {wrote:.1f} s, the "
            f"loss is a warning of its run; {len(before.accepted) + 11} runs, all with their true exit; new ones: 503; "
            f"taken again {ms(again)} after there was room")
