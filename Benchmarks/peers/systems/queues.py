"""Libraries that hand work over through Redis or SQLite: no HTTP, a client and a worker of Python."""

import processes
from systems.system import WORKERS, System

ALWAYS = ("--appendonly", "yes", "--appendfsync", "always")


class RedisQueue(System):
    settings: tuple[str, ...] = ALWAYS

    def start(self, working: bool) -> None:
        self.port = processes.free_port()
        argv = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.directory)]
        processes.wait_for_port(self.port, self.spawn([*argv, *self.settings], log="redis.log"))
        if working:
            self.start_worker()

    def start_worker(self) -> None:
        self.spawn([str(self.tools.python), "-m", *self.worker_words()], self.client_environment(), "worker.log")

    def worker_words(self) -> list[str]:
        raise NotImplementedError

    def worker(self):
        return self.running[-1]

    def client_environment(self) -> dict[str, str]:
        return {"PEER_URL": f"redis://127.0.0.1:{self.port}"}


class Celery(RedisQueue):
    name = "Celery, Redis appendfsync always"
    keeps = "synced to disk before the answer; results kept 1 day; a task is forgotten when a worker takes it (acks early)"
    client = "celery_client"
    kills = True

    def worker_words(self) -> list[str]:
        return ["celery", "-A", "celery_client", "worker", "-c", str(WORKERS), "-l", "WARNING"]


class CeleryDefault(Celery):
    name = "Celery, Redis as delivered"
    keeps = "in memory; a snapshot after 1 to 60 minutes"
    settings = ()
    kills = False


class RQ(RedisQueue):
    name = "RQ, Redis appendfsync always"
    keeps = "synced to disk before the answer; results kept 500 s"
    client = "rq_client"
    kills = True
    runs = 200

    def worker_words(self) -> list[str]:
        return ["rq.cli", "worker-pool", "-n", str(WORKERS), "-u", self.client_environment()["PEER_URL"]]


class HueyRedis(RedisQueue):
    name = "huey, Redis appendfsync always"
    keeps = "synced to disk before the answer; forgotten when a worker takes it; results kept until read"
    client = "huey_client"
    kills = True

    def worker_words(self) -> list[str]:
        return ["huey.bin.huey_consumer", "huey_client.queue", "-k", "process", "-w", str(WORKERS)]


class HueySQLite(HueyRedis):
    name = "huey, SQLite"
    kills = False
    keeps = "synced to disk before the answer; forgotten when a worker takes it; results kept until read"

    def start(self, working: bool) -> None:
        if working:
            self.start_worker()

    def client_environment(self) -> dict[str, str]:
        return {"PEER_URL": str(self.directory / "huey.db")}
