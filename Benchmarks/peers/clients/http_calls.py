"""One keep-alive connection of the standard library's client."""

import http.client
import json
import os
from urllib.parse import urlsplit


class Connection:
    def __init__(self) -> None:
        self.url = urlsplit(os.environ["PEER_URL"])
        self.headers = {"Content-Type": "application/json"}
        if "PEER_TOKEN" in os.environ:
            self.headers["Authorization"] = "Bearer " + os.environ["PEER_TOKEN"]
        self.connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=60)

    def ask(self, method: str, path: str, body=None, headers: dict | None = None) -> bytes:
        text = None if body is None else json.dumps(body)
        self.connection.request(method, path, text, self.headers | (headers or {}))
        answer = self.connection.getresponse()
        data = answer.read()
        if answer.status // 100 != 2:
            raise RuntimeError(f"{method} {path}: {answer.status} {data[:200]!r}")
        return data
