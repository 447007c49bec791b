"""Lists and looks into versions, with many of them in the catalogue; `restic ls` of the same directory beside it."""

import json
import os
import secrets
import signal
import sqlite3
import subprocess
import tempfile
import time
import urllib.request

ARCHIVE = "a-p-1-d"
CALLS = 200


def start(binaries, env):
    server = subprocess.Popen(
        [f"{binaries}/martlet", "serve", "--listen", "127.0.0.1:0"], env=env, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True)
    for line in server.stdout:
        if line.startswith("listening on "):
            return server, line.split()[-1]
    raise SystemExit("the server does not listen")


def stop(server):
    server.send_signal(signal.SIGTERM)
    server.wait(30)


def multiply(store, versions):
    """Copies of the one real version; each with a snapshot and a time of its own, for nobody to look into."""
    with sqlite3.connect(store) as base:
        base.row_factory = sqlite3.Row
        row = dict(base.execute("SELECT * FROM volume_versions").fetchone())
        content = json.loads(row.pop("content"))
        del row["number"]
        for number in range(1, versions):
            content["snapshot"] = secrets.token_hex(32)
            copy = row | {"name": f"{row['name']}.{number}", "content": json.dumps(content),
                          "run": secrets.token_bytes(16), "created_at": row["created_at"] + number}
            base.execute(
                f"INSERT INTO volume_versions ({', '.join(copy)}) VALUES ({', '.join('?' * len(copy))})",
                tuple(copy.values()))
    return row["name"]


def times(call, count=CALLS):
    """p50 and p99 in milliseconds."""
    spans = []
    for _ in range(count):
        begin = time.perf_counter()
        call()
        spans.append((time.perf_counter() - begin) * 1000)
    spans.sort()
    return round(spans[len(spans) // 2], 1), round(spans[min(len(spans) - 1, len(spans) * 99 // 100)], 1)


def measure(binaries, versions):
    with tempfile.TemporaryDirectory() as home:
        tree = f"{home}/tree"
        for number in range(2000):
            os.makedirs(f"{tree}/{number % 20:02}", exist_ok=True)
            with open(f"{tree}/{number % 20:02}/{number:05}", "w") as file:
                file.write(str(number))
        inventory = {"apps": {"a": {"procs": {"p": {"volumes": {"/d": {"path": tree, "backups": [{"mode": "full"}]}}}}}}}
        with open(f"{home}/volumes.yaml", "w") as file:
            json.dump(inventory, file)
        env = os.environ | {
            "MARTLET_BACKUPS_INVENTORY": f"{home}/volumes.yaml", "MARTLET_BACKUPS_REPOSITORY": home + "/repos/{app}",
            "MARTLET_DATA_DIR": f"{home}/data", "SWIFT_BACKTRACE": "enable=no",
        }
        server, _ = start(binaries, env)
        subprocess.run([f"{binaries}/martlet", "volumes", "backup", ARCHIVE, "--wait"], env=env, check=True, stdout=subprocess.DEVNULL)
        stop(server)
        [store] = [f"{home}/data/{name}" for name in os.listdir(f"{home}/data") if name.endswith((".db", ".sqlite"))]
        name = multiply(store, versions)
        server, url = start(binaries, env)
        with open(f"{home}/data/admin.token") as file:
            token = file.read().strip()

        def get(path):
            request = urllib.request.Request(url + path, headers={"Authorization": f"Bearer {token}"})
            with urllib.request.urlopen(request) as answer:
                return answer.read()

        legacy = "/api/v2/app/a/proc/p/backups"
        assert len(json.loads(get(f"{legacy}?volume=/d"))) == versions
        begin = time.perf_counter()
        get(f"{legacy}/{name}/07?open=true")
        first = round((time.perf_counter() - begin) * 1000, 1)
        results = {
            "a page of 100 versions": times(lambda: get(f"/api/volumes/{ARCHIVE}/versions?limit=100")),
            "all versions, as the replaced API does": times(lambda: get(f"{legacy}?volume=/d"), 20),
            "one version": times(lambda: get(f"{legacy}/{name}")),
            "a directory of a version, the first time": (first, first),
            "a directory of a version, again": times(lambda: get(f"{legacy}/{name}/07?open=true")),
        }
        stop(server)
        results["peer: restic ls of that directory"] = restic(binaries, env, home)
        return results


def restic(binaries, env, home):
    """The same engine asked each time, by the same repository; its password is in the store of the server."""
    peer = env | {"RESTIC_REPOSITORY": f"{home}/peer", "RESTIC_PASSWORD": "benchmark", "RESTIC_CACHE_DIR": f"{home}/cache"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": True, "env": peer}
    subprocess.run(["restic", "init"], **quiet)
    subprocess.run(["restic", "backup", "."], cwd=f"{home}/tree", **quiet)
    return times(lambda: subprocess.run(["restic", "ls", "--json", "latest", "/07"], **quiet), 10)
