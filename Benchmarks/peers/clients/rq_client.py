import os

import redis
import rq
import work


class Client:
    def __init__(self) -> None:
        self.queue = rq.Queue(connection=redis.Redis.from_url(os.environ["PEER_URL"]))
        self.target = 0

    def submit(self) -> None:
        self.queue.enqueue(work.true)

    def submit_many(self, count: int) -> None:
        self.target = self.succeeded() + count
        self.queue.enqueue_many([rq.Queue.prepare_data(work.true) for _ in range(count)])

    def submit_marks(self, file: str, count: int) -> None:
        for number in range(count):
            self.queue.enqueue(work.mark, file, number)

    def call(self) -> None:
        result = self.queue.enqueue(work.true).latest_result(timeout=60)
        if result is None or result.return_value != 0:
            raise RuntimeError("the run failed")

    def idle(self) -> bool:
        return self.succeeded() >= self.target

    def succeeded(self) -> int:
        return self.queue.connection.zcard(self.queue.finished_job_registry.key)

    def failed(self) -> int:
        return self.queue.connection.zcard(self.queue.failed_job_registry.key)

    def stored(self) -> int:
        return self.queue.count
