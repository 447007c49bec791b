import os

import huey
import work

URL = os.environ["PEER_URL"]
queue = huey.SqliteHuey("peer", filename=URL) if URL.startswith("/") else huey.RedisHuey("peer", url=URL)
true = queue.task(name="true")(work.true)
mark = queue.task(name="mark")(work.mark)


class Client:
    def __init__(self) -> None:
        self.storage = queue.storage
        self.target = 0

    def submit(self) -> None:
        true()

    def submit_many(self, count: int) -> None:
        self.target = self.storage.result_store_size() + count
        for _ in range(count):
            true()

    def submit_marks(self, file: str, count: int) -> None:
        for number in range(count):
            mark(file, number)

    def call(self) -> None:
        if true().get(blocking=True, timeout=60) != 0:
            raise RuntimeError("the run failed")

    def idle(self) -> bool:
        return self.storage.result_store_size() >= self.target

    def succeeded(self) -> int:
        return self.ended().count(0)

    def failed(self) -> int:
        return len(self.ended()) - self.succeeded()

    def ended(self) -> list[object]:
        return [queue.serializer.deserialize(value) for value in self.storage.result_items().values()]

    def stored(self) -> int:
        return self.storage.queue_size()
