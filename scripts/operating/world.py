"""What every row needs: a directory, servers that end with the row, and ways to say that a promise was broken."""
import os
import subprocess
import time

from operating.server import Server

DEADLINE = 60  # seconds that any single condition may take
ENDED = {"succeeded", "failed", "cancelled", "lost"}  # states


class Broken(Exception):
    """A promise of the table did not hold."""


class NeedsRoot(Exception):
    """The row cannot be measured by this user."""


def expect(condition, otherwise):
    if not condition:
        raise Broken(otherwise)


def eventually(what, condition, deadline=DEADLINE):
    """Waits until `condition()` is truthy, and returns that."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Broken(f"{what}: not within {deadline} s")
        time.sleep(0.01)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def ms(seconds):
    return f"{seconds * 1000:.0f} ms"


class World:
    def __init__(self, directory):
        self.directory = directory
        self.binaries = os.environ["MARTLET_BIN"]
        self.old_binaries = os.environ.get("MARTLET_OLD_BIN") or self.binaries
        self.servers = []

    def server(self, data=None, **settings):
        """A server that is not started yet. Settings as of `Server`."""
        settings.setdefault("binaries", self.binaries)
        server = Server(data or self.directory / "data", log=self.directory / "server.log", **settings)
        self.servers.append(server)
        return server

    def end_servers(self):
        for server in self.servers:
            server.kill()

    def needs_root(self):
        if os.geteuid() != 0:
            raise NeedsRoot

    def command(self, *words):
        try:
            done = subprocess.run(words, capture_output=True, text=True)
        except FileNotFoundError:
            raise Broken(f"the program {words[0]} is not here") from None
        expect(done.returncode == 0, f"{' '.join(map(str, words))}: {done.stderr.strip()}")
        return done.stdout
