"""Sends what schemathesis makes of the document, valid and invalid, to every operation: no answer may be a 5xx, and each
must be one that the document describes.

    fuzz.py REQUESTS SEED [SECONDS]    an operation's requests end with its first problem, or with its share of the time
"""

import random
import sys
import time
from collections import Counter

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import one_of
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from server import URL, Server

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]
# hypothesis goes on inventing when the time is over: it is asked for so many at once.
BATCH = 20
# An answer that waits for a run is worth no more for waiting longer.
LONGEST_WAIT = "wait=1"


class Fuzzer:
    def __init__(self, server, goal, chance):
        self.server, self.chance = server, chance
        self.schema = schemathesis.openapi.from_dict(server.document())
        self.operations = [result.ok() for result in self.schema.get_all_operations()]
        self.share = max(1, goal // len(self.operations))
        self.statuses = Counter()
        self.problems = []
        # Most invented ids are nobody's: these are somebody's.
        self.known = {"id": [server.ended(), server.paused(), server.running()], "name": ["hello"], "token": [],
                      "schedule": ["nightly", "beat"], "secret": ["prod-db"], "notice": [server.notice()],
                      "signal": ["start", "success", "fail"], "volume": [server.volume()], "version": ["latest", "1"],
                      "run": [server.volume_run()], "cluster": [server.cluster(), server.cluster_deployed()],
                      "host": [server.cluster_host()], "template": [server.cluster_template()]}

    def aim(self, case):
        """Puts known names in the place of most invented ones, and bounds how long an answer may wait."""
        # Checks and removals that were asked for before have the repository: 503 is the truth about these then.
        reads_repository = case.path.endswith(("/archive", "/files"))
        for name, values in self.known.items():
            if name == "volume" and reads_repository:
                continue
            if name in (case.path_parameters or {}) and values and self.chance.random() < 0.7:
                case.path_parameters[name] = self.chance.choice(values)
        if "Prefer" in (case.headers or {}) and "wait" in str(case.headers["Prefer"]):
            case.headers["Prefer"] = LONGEST_WAIT

    def learn(self, operation, response):
        """Later requests speak of what was made."""
        if response.status_code in (201, 202) and response.headers.get("Content-Type") == "application/json":
            name = {"submitRun": "id", "rerunRun": "id", "createToken": "token", "createCluster": "cluster",
                    "createClusterHost": "host", "createClusterTemplate": "template"}.get(operation.definition.raw["operationId"])
            made = response.json().get("id")
            if name and made:
                self.known[name] = self.known[name][-20:] + [made]

    def send(self, operation, case):
        self.aim(case)
        arguments = case.as_transport_kwargs(base_url=URL)
        arguments.setdefault("headers", {}).update(self.server.session.headers)
        with self.server.session.request(**arguments, timeout=120, stream=True, allow_redirects=False) as response:
            self.statuses[response.status_code] += 1
            if response.headers.get("Content-Type", "").startswith(("text/event-stream", "text/plain")):
                # It may go on for as long as its run does: the head tells enough.
                described = operation.definition.raw["responses"].get(str(response.status_code), {}).get("content", {})
                assert response.status_code in (200, 206) or "text/plain" in described, response.status_code
                response.close()
                return
            response.content
            self.learn(operation, response)
            # A server that says "not now" has not failed: two archives of one repository at once, say.
            is_busy = response.status_code == 503 and response.json().get("code") == "unavailable"
            case.validate_response(response, checks=CHECKS[1:] if is_busy else CHECKS)

    def run(self, operation, number, deadline):
        before = self.statuses.total()
        batch = 0

        def has_time():
            # However slow the machine is, no operation is left out.
            return self.statuses.total() == before or time.monotonic() < deadline

        # What takes nothing cannot be asked for wrongly.
        takes = operation.definition.raw.keys() & {"parameters", "requestBody"}
        modes = list(GenerationMode) if takes else [GenerationMode.POSITIVE]
        while (missing := self.share - self.statuses.total() + before) > 0 and has_time():
            batch += 1
            sent = self.statuses.total()

            @seed(number + 1000 * batch)
            @settings(
                max_examples=min(missing, BATCH), deadline=None, database=None, phases=[Phase.generate],
                suppress_health_check=list(HealthCheck))
            @given(case=one_of([operation.as_strategy(generation_mode=mode) for mode in modes]))
            def attempt(case):
                if has_time():
                    self.send(operation, case)

            try:
                attempt()
            except (Exception, BaseExceptionGroup) as error:
                causes = getattr(error, "exceptions", [error])
                self.problems += [f"{operation.label}: {type(cause).__name__}: {cause}" for cause in causes]
                return
            if self.statuses.total() == sent:
                return


def main(goal, number, seconds):
    server = Server()
    server.job()
    server.schedules()
    server.secret()
    start = time.monotonic()
    fuzzer = Fuzzer(server, goal, random.Random(number))
    for index, operation in enumerate(fuzzer.operations):
        before, now = fuzzer.statuses.total(), time.monotonic()
        share = (start + seconds - now) / (len(fuzzer.operations) - index)
        fuzzer.run(operation, number, now + max(share, 0.2))
        if fuzzer.statuses.total() == before:
            fuzzer.problems.append(f"{operation.label}: no request was sent")
        print(f"{fuzzer.statuses.total() - before:7} {operation.label}", flush=True)
    print(f"seed {number}: {fuzzer.statuses.total()} requests in {time.monotonic() - start:.0f} s,", end=" ")
    print(", ".join(f"{count} x {status}" for status, count in sorted(fuzzer.statuses.items())), flush=True)
    sys.exit("\n".join(fuzzer.problems) or 0)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else 86_400)
