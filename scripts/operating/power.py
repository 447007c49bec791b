"""Power loss, as far as it can be had without a second machine.

The data directory is on an ext4 of its own. In the middle of the load the file system is shut down as `godown` of xfstests
does it: from that moment nothing more reaches the device, not even the journal, and every later write or fsync fails. Then
every process is killed, the file system is mounted again, which replays its journal, and a server is started that sees
another boot id. What a drive with a volatile cache may forget beyond that is not simulated.

What was told before the cut is promised. While the file system goes down, an fsync that is under way may return without an
error and without its data on the device (seen: the one commit under way, answered up to 5 ms after the call returned);
no power loss does that, as nobody is left to answer. Requests begun after the cut must not be accepted at all.
"""
import contextlib
import datetime
import fcntl
import http.client
import os
import pathlib
import random
import signal
import sqlite3
import struct
import threading
import time
import uuid

from operating.server import Refused
from operating.submitters import Submitters
from operating.world import ENDED, eventually, expect, ms

EVENT = "Power loss (ext4 cut off under load without a last journal write, all processes killed, another boot)"
PROMISE = ("No accepted run and no end already told is lost. What was running is `lost`, retried only with `retryLost`; "
           "what was waiting runs")
ROUNDS = 3
EXT4_SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN
WITHOUT_LOG_FLUSH = struct.pack("I", 2)
BOOT_ID = "/proc/sys/kernel/random/boot_id"


class Disk:
    """An ext4 in a file, mounted for this process and its children only."""

    def __init__(self, world):
        self.world, self.image, self.mount = world, world.directory / "image", world.directory / "mount"
        self.mount.mkdir()
        with open(self.image, "wb") as file:
            file.truncate(512 << 20)
        world.command("mkfs.ext4", "-q", self.image)
        self.attach()

    def attach(self):
        self.world.command("mount", "-o", "loop", self.image, self.mount)

    def detach(self):
        # A process that is ending holds its files a moment longer than its name in /proc.
        eventually("the file system is free", lambda: os.system(f"umount {self.mount} 2>/dev/null") == 0)

    def cut_off(self):
        descriptor = os.open(self.mount, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, EXT4_SHUTDOWN, WITHOUT_LOG_FLUSH)
        finally:
            os.close(descriptor)


def another_boot(world):
    """Lets later processes believe that the machine was started again."""
    fake = world.directory / "boot_id"
    fake.write_text(f"{uuid.uuid4()}\n")
    while os.system(f"umount {BOOT_ID} 2>/dev/null") == 0:
        pass
    world.command("mount", "--bind", fake, BOOT_ID)


def belongs(entry, keeper):
    """Whether a process is a keeper, the zygote, or of a task."""
    try:
        return os.readlink(entry / "exe") == keeper or b"\0MARTLET_RUN=" in b"\0" + (entry / "environ").read_bytes()
    except OSError:
        return False  # it ended meanwhile


def kill_everything(server):
    """The server, its keepers and their tasks: as at a power loss, nobody may be left."""
    server.kill()
    keeper = os.path.realpath(f"{server.binaries}/martlet-keeper")

    def nobody_is_left():
        left = [int(entry.name) for entry in pathlib.Path("/proc").glob("[0-9]*") if belongs(entry, keeper)]
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not left
    eventually("every process is gone", nobody_is_left)


class Witness:
    """Asks for the newest runs again and again: every end that the server told."""

    def __init__(self, server):
        self.server, self.told = server, {}
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self):
        connection = self.server.connect()
        try:
            while True:
                page = connection.call("GET", "/api/runs?label.row=power&limit=1000")
                self.told |= {run["id"]: (run["state"], run["exitCode"]) for run in page["items"] if run["state"] in ENDED}
        except (OSError, Refused, http.client.HTTPException):
            pass  # the server is gone
        finally:
            connection.close()


def job(number):
    return {"command": ["sh", "-c", f"exit {number % 100}" if number % 10 else "sleep 30"], "labels": {"row": "power"}}


def cut_under_load(world, disk, server, accepted, told):
    load = Submitters(server, 4, job).start()
    witness = Witness(server)
    time.sleep(random.uniform(0.8, 1.8))
    unsynced = disk.mount / "unsynced"
    unsynced.write_bytes(bytes(1 << 20))
    accepted |= load.accepted_so_far()
    told |= dict(witness.told)
    disk.cut_off()
    cut = time.monotonic()
    time.sleep(0.3)  # the server finds out that it can store nothing
    kill_everything(server)
    load.wait()
    witness.thread.join()
    late = [id for id, begun in load.begun.items() if begun > cut]
    expect(not late, f"{len(late)} runs were accepted that cannot be stored any more")
    disk.detach()
    disk.attach()
    expect(not unsynced.exists() or unsynced.stat().st_size == 0, "the cut is none: what nobody synced is there")
    another_boot(world)


def settled(server, restarted):
    runs = server.runs("power")
    alive = [run for run in runs.values() if run["state"] in ("running", "stopping") and run["startedAt"] < restarted]
    return None if alive else runs


def check(server, accepted, told, restarted):
    """After the restart: nothing missing, nothing forgotten, nobody believed alive."""
    runs = eventually("nothing of before the cut is believed alive", lambda: settled(server, restarted))
    missing = [id for id in accepted | told if id not in runs]
    expect(not missing, f"{len(missing)} of {len(accepted)} accepted runs are gone")
    forgotten = [id for id, end in told.items() if (runs[id]["state"], runs[id]["exitCode"]) != end]
    expect(not forgotten, f"{len(forgotten)} of {len(told)} ends that were told are others now")
    return sum(run["state"] == "lost" for run in runs.values())


def intact(path):
    with contextlib.closing(sqlite3.connect(path)) as database:
        answer = database.execute("PRAGMA integrity_check").fetchone()[0]
    expect(answer == "ok", f"the store is damaged: {answer}")


def measure(world):
    world.needs_root()
    disk = Disk(world)
    accepted, told, starts, lost = {}, {}, [], 0
    server = world.server(disk.mount / "data", environment={"MARTLET_LIMITS_MIN_FREE": "1MiB"})
    server.start()
    try:
        for _ in range(ROUNDS):
            cut_under_load(world, disk, server, accepted, told)
            restarted = datetime.datetime.now(datetime.timezone.utc).isoformat()
            starts.append(server.start())
            lost = check(server, accepted, told, restarted)
        server.terminate()
        intact(server.data / "martlet.db")
    finally:
        kill_everything(server)
        os.system(f"umount {BOOT_ID} 2>/dev/null")
        disk.detach()
    return (f"{ROUNDS} cuts, {len(accepted)} runs accepted and {len(told)} ends told: 0 of both missing; {lost} were running "
            f"and are `lost`. Store intact; listening again after {ms(max(starts))} at most")
