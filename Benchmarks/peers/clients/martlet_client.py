import json

from http_calls import Connection
from work import mark_command

RUN = {"command": ["/bin/true"]}
BATCH = 500


class Client(Connection):
    def submit(self) -> None:
        self.ask("POST", "/api/runs", RUN)

    def submit_many(self, count: int) -> None:
        for start in range(0, count, BATCH):
            self.ask("POST", "/api/runs", [RUN] * min(BATCH, count - start))

    def submit_marks(self, file: str, count: int) -> None:
        self.ask("POST", "/api/runs", [{"command": mark_command(file, number)} for number in range(count)])

    def call(self) -> None:
        run = json.loads(self.ask("POST", "/api/runs", RUN, {"Prefer": "wait=60"}))
        if run["state"] != "succeeded":
            raise RuntimeError(f"the run ended as {run['state']}")

    def idle(self) -> bool:
        return not self.page("state=pending,running,stopping&limit=1")["items"]

    def succeeded(self) -> int:
        return self.count("state=succeeded&limit=1000")

    def failed(self) -> int:
        return self.count("state=failed,cancelled,lost&limit=1000")

    def stored(self) -> int:
        return self.count("limit=1000")

    def count(self, filters: str) -> int:
        total, cursor = 0, ""
        while True:
            page = self.page(filters + cursor)
            total += len(page["items"])
            if not page.get("next"):
                return total
            cursor = "&cursor=" + page["next"]

    def page(self, query: str) -> dict:
        return json.loads(self.ask("GET", "/api/runs?" + query))
