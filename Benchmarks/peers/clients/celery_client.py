import json
import os

import celery
import redis
import work

URL = os.environ["PEER_URL"]
app = celery.Celery("peer", broker=URL + "/0", backend=URL + "/1")
true = app.task(name="true")(work.true)
mark = app.task(name="mark")(work.mark)


class Client:
    def __init__(self) -> None:
        self.broker = redis.Redis.from_url(URL + "/0")
        self.results = redis.Redis.from_url(URL + "/1")
        self.target = 0

    def submit(self) -> None:
        true.delay()

    def submit_many(self, count: int) -> None:
        self.target = self.results.dbsize() + count
        celery.group(true.s() for _ in range(count)).apply_async()

    def submit_marks(self, file: str, count: int) -> None:
        for number in range(count):
            mark.delay(file, number)

    def call(self) -> None:
        if true.delay().get(timeout=60) != 0:
            raise RuntimeError("the run failed")

    def idle(self) -> bool:
        return self.results.dbsize() >= self.target

    def succeeded(self) -> int:
        return self.ended().count("SUCCESS")

    def failed(self) -> int:
        return self.ended().count("FAILURE")

    def ended(self) -> list[str]:
        keys = self.results.keys("celery-task-meta-*")
        return [json.loads(value)["status"] for value in (self.results.mget(keys) if keys else [])]

    def stored(self) -> int:
        return self.broker.llen("celery")
