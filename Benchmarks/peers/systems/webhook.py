import json

import processes
from systems.system import System
from wrk import Target

HOOK = {"execute-command": "/bin/true", "http-methods": ["POST"]}


class Webhook(System):
    name = "webhook"
    keeps = "nothing; a run's end is known to the waiting caller only"
    client = "webhook_client"
    queues = False

    def start(self, working: bool) -> None:
        hooks = [HOOK | {"id": "start"}, HOOK | {"id": "wait", "include-command-output-in-response": True}]
        (self.directory / "hooks.json").write_text(json.dumps(hooks))
        self.port = processes.free_port()
        argv = ["webhook", "-hooks", "hooks.json", "-ip", "127.0.0.1", "-port", str(self.port)]
        processes.wait_for_port(self.port, self.spawn(argv))

    def client_environment(self) -> dict[str, str]:
        return {"PEER_URL": f"http://127.0.0.1:{self.port}"}

    def accepting(self) -> Target:
        return Target(f"http://127.0.0.1:{self.port}/hooks/start", {}, {})

    def waiting(self) -> Target:
        return Target(f"http://127.0.0.1:{self.port}/hooks/wait", {}, {})
