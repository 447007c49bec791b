import time

import processes
from systems.system import WORKERS, System
from wrk import Target

RUN = {"command": ["/bin/true"]}


class Martlet(System):
    name = "Martlet"
    keeps = "synced to disk before the answer; result, log and events kept 30 days"
    client = "martlet_client"
    kills = True

    def start(self, working: bool) -> None:
        self.serve({} if working else {"MARTLET_LIMITS_RUNS": "0"})

    def start_worker(self) -> None:
        self.serve({"MARTLET_LIMITS_RUNS": str(WORKERS)})

    def serve(self, settings: dict[str, str]) -> None:
        """One server at a time has the directory."""
        for server in self.running:
            processes.end(server)
        self.running.clear()
        data = self.directory / "data"
        address = data / "server.url"
        address.unlink(missing_ok=True)
        argv = [str(self.tools.binaries / "martlet"), "serve", "--data-dir", str(data), "--listen", "127.0.0.1:0"]
        server = self.spawn(argv, {"MARTLET_LIMITS_MIN_FREE": "0"} | settings)
        deadline = time.monotonic() + 20
        while not (address.exists() and address.read_text().strip()):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"martlet did not start\n{self.log()}")
            time.sleep(0.01)
        self.url = address.read_text().strip()
        self.token = (data / "admin.token").read_text().strip()
        processes.wait_for_port(int(self.url.rpartition(":")[2]), server)

    def worker(self):
        return self.running[-1]

    def client_environment(self) -> dict[str, str]:
        return {"PEER_URL": self.url, "PEER_TOKEN": self.token}

    def accepting(self) -> Target:
        return Target(self.url + "/api/runs", RUN, {"Authorization": f"Bearer {self.token}"})

    def waiting(self) -> Target:
        target = self.accepting()
        target.headers["Prefer"] = "wait=60"
        return target
