"""The real server on a data directory, and calls of its API."""
import http.client
import json
import os
import pathlib
import signal
import subprocess
import time


class Refused(Exception):
    """The server answered with an error. `status` and the whole answer."""

    def __init__(self, status, answer, headers):
        super().__init__(f"{status}: {answer}")
        self.status, self.answer, self.headers = status, answer, headers


class Connection:
    """One keep-alive connection."""

    def __init__(self, address, token):
        self.http = http.client.HTTPConnection(address, timeout=120)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(self, method, path, body=None, headers=None):
        """The JSON answer. Raises Refused for an error, OSError or HTTPException when there is none."""
        text = None if body is None else json.dumps(body)
        self.http.request(method, path, text, {**self.headers, **(headers or {})})
        reply = self.http.getresponse()
        data = reply.read()
        if reply.status >= 400:
            raise Refused(reply.status, data.decode(errors="replace"), dict(reply.getheaders()))
        return json.loads(data)

    def close(self):
        self.http.close()


class Server:
    def __init__(self, data, log, binaries, environment=None):
        self.data, self.log, self.binaries = pathlib.Path(data), log, binaries
        self.environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8",
            "SWIFT_BACKTRACE": "enable=no", **(environment or {}),
        }
        self.process = None

    def start(self):
        """Seconds from the start of the program until it listens."""
        words = [f"{self.binaries}/martlet", "serve", "--data-dir", str(self.data), "--listen", "127.0.0.1:0"]
        begin = time.monotonic()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                words, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=log, text=True)
        for line in self.process.stdout:
            if line.startswith("listening on http://"):
                self.address = line.strip().removeprefix("listening on http://")
                self.token = (self.data / "admin.token").read_text().strip()
                return time.monotonic() - begin
        raise RuntimeError(f"the server ended with {self.process.wait()}; see {pathlib.Path(self.log).read_text()}")

    def connect(self):
        return Connection(self.address, self.token)

    def call(self, method, path, body=None, headers=None):
        connection = self.connect()
        try:
            return connection.call(method, path, body, headers)
        finally:
            connection.close()

    def submit(self, *command, **job):
        return self.call("POST", "/api/runs", {"command": list(command), **job})["id"]

    def run(self, id):
        return self.call("GET", f"/api/runs/{id}")

    def runs(self, label):
        """All runs with the label `row`, by id."""
        found, cursor = {}, ""
        while True:
            page = self.call("GET", f"/api/runs?label.row={label}&limit=1000{cursor}")
            found |= {run["id"]: run for run in page["items"]}
            if not page.get("next"):
                return found
            cursor = f"&cursor={page['next']}"

    def resident(self):
        """Bytes."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        return 0

    def terminate(self):
        """SIGTERM, as a service manager does; seconds until the process is gone."""
        return self._end(signal.SIGTERM)

    def kill(self):
        """SIGKILL, when it runs."""
        if self.process and self.process.poll() is None:
            self._end(signal.SIGKILL)

    def _end(self, number):
        begin = time.monotonic()
        os.kill(self.process.pid, number)
        self.process.wait(timeout=60)
        self.process.stdout.close()
        return time.monotonic() - begin
