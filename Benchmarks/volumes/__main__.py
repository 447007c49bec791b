"""CPU and time of backups: ours beside bare restic and borg, on the same tree; then lists and looks into versions.

    python3 -B Benchmarks/volumes DIRECTORY-OF-MARTLET [--files N] [--megabytes N] [--rounds N] [--versions N] [--json]

Ours is the whole of it: server, keepers, workers and restic. A first backup with the making of the repository, and a
second one after a change of 1 %; in each round all systems take the same tree, and the least CPU of all rounds counts.
"""

import argparse
import ctypes
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import tempfile
import time

import browse

PR_SET_CHILD_SUBREAPER = 36


def make_tree(root, files, megabytes, chance):
    size = megabytes * 1_000_000 // files
    words = [bytes(chance.choices(b"abcdefghij ", k=chance.randint(3, 9))) for _ in range(2000)]
    for number in range(files):
        folder = os.path.join(root, f"{number % 100:02}")
        os.makedirs(folder, exist_ok=True)
        data = b" ".join(chance.choices(words, k=size // 7)) if number % 2 else chance.randbytes(size)
        with open(os.path.join(folder, f"{number:06}"), "wb") as file:
            file.write(data)


def change(root, chance):
    paths = [os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names]
    for path in chance.sample(sorted(paths), max(1, len(paths) // 100)):
        with open(path, "r+b") as file:
            file.write(chance.randbytes(64))


def reap():
    """Keepers of ended servers are ours: this process adopted them."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.05)
        except ChildProcessError:
            return
    raise SystemExit("a process is left")


class Meter:
    """Wall and CPU seconds of everything that was started and has ended meanwhile."""

    def __enter__(self):
        self.before, self.start = self.cpu(), time.monotonic()
        return self

    def __exit__(self, *_):
        self.wall = time.monotonic() - self.start
        reap()
        self.used = self.cpu() - self.before

    @staticmethod
    def cpu():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime


def run(*command, **options):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)


def bare_restic(tree, home):
    env = os.environ | {"RESTIC_PASSWORD": "benchmark", "RESTIC_REPOSITORY": f"{home}/repo", "RESTIC_CACHE_DIR": f"{home}/cache"}

    def once():
        if not os.path.exists(f"{home}/repo"):
            run("restic", "init", env=env)
        run("restic", "backup", "--one-file-system", ".", cwd=tree, env=env)
    return once


def borg(tree, home):
    env = os.environ | {"BORG_PASSPHRASE": "benchmark", "BORG_REPO": f"{home}/repo", "BORG_BASE_DIR": home}

    def once():
        if not os.path.exists(f"{home}/repo"):
            run("borg", "init", "--encryption", "repokey-blake2", env=env)
        run("borg", "create", "--compression", "zstd,3", "::{now:%s%f}", ".", cwd=tree, env=env)
    return once


def martlet(binaries):
    def prepare(tree, home):
        inventory = {"apps": {"a": {"procs": {"p": {"volumes": {"/d": {"path": tree, "backups": [{"mode": "full"}]}}}}}}}
        with open(f"{home}/volumes.yaml", "w") as file:
            json.dump(inventory, file)
        env = os.environ | {
            "MARTLET_BACKUPS_INVENTORY": f"{home}/volumes.yaml", "MARTLET_BACKUPS_REPOSITORY": home + "/repos/{app}",
            "MARTLET_DATA_DIR": f"{home}/data", "SWIFT_BACKTRACE": "enable=no",
        }

        def once():
            server = subprocess.Popen(
                [f"{binaries}/martlet", "serve", "--listen", "127.0.0.1:0"], env=env, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL)
            try:
                server.stdout.readline()
                run(f"{binaries}/martlet", "volumes", "backup", "a-p-1-d", "--wait", env=env)
            finally:
                server.send_signal(signal.SIGTERM)
                server.wait(30)

        return once
    return prepare


def measure(systems, options):
    """For each system and kind the least CPU seconds of all rounds, and the wall time of that round."""
    best = {}
    for number in range(options.rounds):
        chance = random.Random(number)
        with tempfile.TemporaryDirectory() as home:
            tree = f"{home}/tree"
            os.mkdir(tree)
            make_tree(tree, options.files, options.megabytes, chance)
            backups = {}
            for name, prepare in systems.items():
                os.mkdir(f"{home}/{name}")
                backups[name] = prepare(tree, f"{home}/{name}")
            for kind in ("first", "second"):
                for name, backup in backups.items():
                    with Meter() as meter:
                        backup()
                    figure = {"wall": round(meter.wall, 2), "cpu": round(meter.used, 2)}
                    known = best.setdefault(name, {}).get(kind)
                    if known is None or figure["cpu"] < known["cpu"]:
                        best[name][kind] = figure
                change(tree, chance)
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binaries")
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--versions", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    binaries = os.path.abspath(options.binaries)
    systems = {"restic": bare_restic, "borg": borg, "martlet": martlet(binaries)}
    systems = {name: system for name, system in systems.items() if name == "martlet" or shutil.which(name)}
    results = {"backups": measure(systems, options) if options.rounds else {}, "browse": browse.measure(binaries, options.versions)}
    if options.json:
        print(json.dumps(results, indent=2))
        return
    print(f"{options.files} files, {options.megabytes} MB, least CPU of {options.rounds} rounds: wall seconds / CPU seconds")
    for name, figures in results["backups"].items():
        print(f"{name:10}" + "".join(f"  {kind} {value['wall']:6.2f} / {value['cpu']:6.2f}" for kind, value in figures.items()))
    print(f"{options.versions} versions in the catalogue: p50 / p99 in milliseconds")
    for name, (middle, worst) in results["browse"].items():
        print(f"{name:40}  {middle:8.1f} / {worst:8.1f}")


if __name__ == "__main__":
    main()
