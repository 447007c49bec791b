"""CPU and time of backups: ours beside bare restic and borg, on the same tree.

    python3 -B Benchmarks/volumes DIRECTORY-OF-MARTLET [--files N] [--megabytes N] [--json]

Ours is the whole of it: server, keepers, workers and restic. A first backup, and a second one after a change of 1 %.
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
    run("restic", "init", env=env)
    return lambda: run("restic", "backup", "--one-file-system", ".", cwd=tree, env=env)


def borg(tree, home):
    env = os.environ | {"BORG_PASSPHRASE": "benchmark", "BORG_REPO": f"{home}/repo", "BORG_BASE_DIR": home}
    run("borg", "init", "--encryption", "repokey-blake2", env=env)
    return lambda: run("borg", "create", "--compression", "zstd,3", "::{now:%s%f}", ".", cwd=tree, env=env)


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


def measure(prepare, options):
    chance = random.Random(7)
    with tempfile.TemporaryDirectory() as home:
        tree = f"{home}/tree"
        os.mkdir(tree)
        make_tree(tree, options.files, options.megabytes, chance)
        backup = prepare(tree, home)
        figures = {}
        for name in ("first", "second"):
            with Meter() as meter:
                backup()
            figures[name] = {"wall": round(meter.wall, 2), "cpu": round(meter.used, 2)}
            change(tree, chance)
        return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binaries")
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    systems = {"restic": bare_restic, "borg": borg, "martlet": martlet(os.path.abspath(options.binaries))}
    results = {name: measure(prepare, options) for name, prepare in systems.items() if name == "martlet" or shutil.which(name)}
    if options.json:
        print(json.dumps(results, indent=2))
        return
    print(f"{options.files} files, {options.megabytes} MB: wall seconds / CPU seconds")
    for name, figures in results.items():
        print(f"{name:10}" + "".join(f"  {kind} {value['wall']:6.2f} / {value['cpu']:6.2f}" for kind, value in figures.items()))


if __name__ == "__main__":
    main()
