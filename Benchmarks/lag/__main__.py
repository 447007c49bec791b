"""Lag of a replication under a steady writer, beside the servers' own replication at the same rate, as a plot.

    python3 -B Benchmarks/lag DIRECTORY-OF-MARTLET [--seconds N] [--rate N] [--flush 1|2] [--svg FILE] [--json]

Two MariaDB servers, a job of the driver dtle with four workers in a server of ours; then replication with four threads.
Lag is measured from outside: rows have the time of their making, and the target is asked for its newest one's age every
100 ms. It can say no less than the time between two rows.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request

TICK = 0.01
SAMPLE = 0.1
WORKERS = 4
AGE = "SELECT UNIX_TIMESTAMP(NOW(6)) - at FROM lag.t ORDER BY id DESC LIMIT 1;"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Database:
    def __init__(self, home, number, flush):
        self.socket, data = f"{home}/{number}.sock", f"{home}/{number}"
        self.port = free_port()
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
             "--skip-test-db", "--user=root"], check=True, stdout=subprocess.DEVNULL)
        self.log = open(f"{home}/{number}.log", "wb")
        self.process = subprocess.Popen(
            ["/usr/sbin/mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={self.socket}", f"--port={self.port}",
             "--bind-address=127.0.0.1", f"--server-id={number}", "--log-bin=bin", "--binlog-format=ROW", "--user=root",
             "--innodb-buffer-pool-size=512M", f"--innodb-flush-log-at-trx-commit={flush}",
             f"--sync-binlog={int(flush == 1)}"], stdout=self.log, stderr=self.log)
        for _ in range(300):
            if self.client("-e", "SELECT 1", check=False).returncode == 0:
                return
            time.sleep(0.1)
        self.stop()
        raise SystemExit("a database server did not start")

    def client(self, *arguments, check=True):
        return subprocess.run(
            ["mariadb", "--no-defaults", "-uroot", "-S", self.socket, "-NB", *arguments], check=check,
            capture_output=True, text=True)

    def run(self, statement):
        return self.client("-e", statement).stdout.strip()

    def session(self):
        return subprocess.Popen(
            ["mariadb", "--no-defaults", "-uroot", "-S", self.socket, "-NB", "--unbuffered"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, bufsize=1)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.log.close()


class Writer(threading.Thread):
    """So many transactions of one row a second; what could not be sent in time comes with the next ones."""

    def __init__(self, database, rate, seconds):
        super().__init__()
        self.session, self.rate, self.seconds, self.rows = database.session(), rate, seconds, 0

    def run(self):
        begin = time.monotonic()
        while (now := time.monotonic() - begin) < self.seconds:
            due = int(now * self.rate) - self.rows
            self.session.stdin.write("INSERT INTO lag.t (at) VALUES (UNIX_TIMESTAMP(NOW(6)));\n" * due)
            self.session.stdin.flush()
            self.rows += due
            time.sleep(TICK)
        self.session.stdin.close()
        self.session.wait(60)


def measure(source, target, rate, seconds):
    """Pairs of a time and the target's lag then, both in seconds."""
    writer, eyes, points = Writer(source, rate, seconds), target.session(), []
    writer.start()
    begin = time.monotonic()
    while writer.is_alive():
        time.sleep(SAMPLE)
        eyes.stdin.write(AGE + "\n")
        eyes.stdin.flush()
        line = eyes.stdout.readline().strip()
        at = time.monotonic() - begin
        # Neither before the first row arrived nor after the last one was made.
        if line and 1 < at < seconds:
            points.append((round(at, 2), max(0.0, float(line))))
    writer.join()
    eyes.stdin.close()
    eyes.wait(30)
    return points


def same(source, target):
    end = time.monotonic() + 60
    check = "SELECT COUNT(*), BIT_XOR(CRC32(CONCAT(id, '-', at))) FROM lag.t"
    while source.run(check) != target.run(check):
        if time.monotonic() > end:
            raise SystemExit("the target does not hold what the source does")
        time.sleep(0.2)


class Martlet:
    def __init__(self, home, binaries):
        data = f"{home}/martlet"
        environment = {"PATH": "/usr/bin:/bin", "SWIFT_BACKTRACE": "enable=no"}
        self.process = subprocess.Popen(
            [f"{binaries}/martlet", "serve", "--data-dir", data, "--listen", "127.0.0.1:0"], env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.url = self.process.stdout.readline().decode().split()[-1]
        with open(f"{data}/admin.token") as file:
            self.token = file.read().strip()

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            self.url + path, method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def replicate(self, source, target):
        def group(name, database, config):
            connection = {"Host": "127.0.0.1", "Port": database.port, "User": "lag", "Password": "lag"}
            task = {"Name": name, "Driver": "dtle", "Config": {**config, "ConnectionConfig": connection},
                    "Resources": {"CPU": 20, "MemoryMB": 20}}
            return {"Name": name, "Tasks": [task]}

        groups = [group("src", source, {"ReplicateDoDb": [{"TableSchema": "lag"}]}),
                  group("dest", target, {"ParallelWorkers": WORKERS})]
        job = {"ID": "lag", "Name": "lag", "Type": "service", "Datacenters": ["dc1"], "TaskGroups": groups}
        self.call("PUT", "/v1/jobs", {"Job": job})
        end = time.monotonic() + 60
        while "job_stage_incr" not in json.dumps(self.call("GET", "/v1/job/lag/allocations")):
            if time.monotonic() > end:
                raise SystemExit("the job does not follow")
            time.sleep(0.2)

    def stop(self):
        try:
            self.call("DELETE", "/v1/job/lag?purge=true")
            end = time.monotonic() + 60
            while self.call("GET", "/api/runs?state=running,stopping&limit=1")["items"] and time.monotonic() < end:
                time.sleep(0.2)
        finally:
            self.end()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def figures(points):
    lags = sorted(lag for _, lag in points)
    return {name: round(1000 * lags[min(len(lags) - 1, int(len(lags) * share))], 1)
            for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1))}


def plot(lines, seconds, caption):
    """An SVG that is read on light and on dark ground; milliseconds above seconds."""
    width, height, left, top, bottom = 860, 320, 62, 40, 44
    most = max(lag for _, points in lines for _, lag in points) * 1000
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000) if step * 5 >= most)
    high = step * 5

    def x(at):
        return left + at / seconds * (width - left - 16)

    def y(lag):
        return top + (1 - lag / high) * (height - top - bottom)

    grey = 'stroke="#888" stroke-opacity="0.35"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
             f'font-size="12" fill="#888"><title>{caption}</title>']
    for number in range(6):
        value = number * step
        parts.append(f'<line x1="{left}" x2="{width - 16}" y1="{y(value):.1f}" y2="{y(value):.1f}" {grey}/>'
                     f'<text x="{left - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value}</text>')
    for at in range(0, int(seconds) + 1, max(1, int(seconds) // 6)):
        parts.append(f'<text x="{x(at):.1f}" y="{height - bottom + 18}" text-anchor="middle">{at} s</text>')
    parts.append(f'<text x="8" y="20">Lag in ms: {caption}</text>')
    for number, ((name, points), colour) in enumerate(zip(lines, ("#2f81f7", "#d4762c"))):
        line = " ".join(f"{x(at):.1f},{y(1000 * lag):.1f}" for at, lag in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.3"/>'
                     f'<text x="{left + 330 * number}" y="{height - 8}" fill="{colour}">{name}</text>')
    return "\n".join(parts + ["</svg>", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binaries")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=int, default=1000, help="transactions a second")
    parser.add_argument("--flush", type=int, default=1, choices=(1, 2), help="1: commits of the target are durable")
    parser.add_argument("--svg")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    home = tempfile.mkdtemp()
    started = []
    try:
        started += [Database(home, 1, 2)]
        started += [Database(home, 2, options.flush)]
        source, target = started
        for server in started:
            server.run("CREATE USER lag@'%' IDENTIFIED BY 'lag'; GRANT ALL ON *.* TO lag@'%' WITH GRANT OPTION")
        source.run("CREATE DATABASE lag; CREATE TABLE lag.t (id BIGINT AUTO_INCREMENT PRIMARY KEY, at DOUBLE)")
        martlet = Martlet(home, options.binaries)
        started.append(martlet)
        martlet.replicate(source, target)
        ours = measure(source, target, options.rate, options.seconds)
        same(source, target)
        martlet.stop()
        started.remove(martlet)
        position = source.run("SELECT @@gtid_binlog_pos")
        target.run(
            f"SET GLOBAL slave_parallel_threads={WORKERS}; SET GLOBAL gtid_slave_pos='{position}'; "
            f"CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={source.port}, MASTER_USER='lag', "
            "MASTER_PASSWORD='lag', MASTER_USE_GTID=slave_pos; START SLAVE")
        native = measure(source, target, options.rate, options.seconds)
        same(source, target)
        version = source.run("SELECT VERSION()")
    finally:
        with contextlib.ExitStack() as ends:
            ends.callback(shutil.rmtree, home)
            for one in started:
                ends.callback(one.stop)
    result = {"rate": options.rate, "seconds": options.seconds, "flush": options.flush, "version": version,
              "load": os.getloadavg()[0], "ours_ms": figures(ours), "native_ms": figures(native)}
    if options.svg:
        durable = "durable commits" if options.flush == 1 else "commits not durable"
        caption = f"{options.rate} transactions a second, {WORKERS} workers, {durable}, MariaDB {version.split('-')[0]}"
        names = [f"{name}: p50 {values['p50']} ms, p99 {values['p99']} ms"
                 for name, values in (("Martlet", result["ours_ms"]), ("native", result["native_ms"]))]
        with open(options.svg, "w") as file:
            file.write(plot(list(zip(names, (ours, native))), options.seconds, caption))
    if options.json:
        print(json.dumps(result))
    else:
        for name in ("ours", "native"):
            print(name, "ms:", result[f"{name}_ms"])


if __name__ == "__main__":
    main()
