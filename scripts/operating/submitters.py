"""Clients that submit runs at once, each on a connection of its own, and remember what the server acknowledged."""
import http.client
import threading
import time

from operating.server import Refused


class Submitters:
    """`make(number)` gives the body of the n-th submission. Ends after `each` submissions a client, or when the server
    does."""

    def __init__(self, server, clients, make, each=10**9):
        self.server, self.make, self.each = server, make, each
        self.accepted = {}  # id: number
        self.begun = {}  # id: time.monotonic() when the request was begun
        self.latencies = []  # seconds
        self.refused = []
        self._lock = threading.Lock()
        self._next = 0
        self._threads = [threading.Thread(target=self._submit, daemon=True) for _ in range(clients)]

    def start(self):
        for thread in self._threads:
            thread.start()
        return self

    def wait(self):
        for thread in self._threads:
            thread.join()
        return self

    def accepted_so_far(self):
        with self._lock:
            return dict(self.accepted)

    def _number(self):
        with self._lock:
            self._next += 1
            return self._next

    def _submit(self):
        connection = self.server.connect()
        try:
            for _ in range(self.each):
                self._once(connection)
        except (OSError, http.client.HTTPException):
            pass  # the server is gone, which is what the rows are about
        finally:
            connection.close()

    def _once(self, connection):
        number = self._number()
        begin = time.monotonic()
        try:
            id = connection.call("POST", "/api/runs", self.make(number))["id"]
        except Refused as refused:
            with self._lock:
                self.refused.append(refused)
            time.sleep(0.01)
            return
        with self._lock:
            self.accepted[id] = number
            self.begun[id] = begin
            self.latencies.append(time.monotonic() - begin)
