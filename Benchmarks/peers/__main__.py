"""`make bench-peers`: Martlet beside what people use instead, in one run on one machine."""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import machine
import packages
import processes
import table
from measures import Bench
from systems import ALL
from systems.system import Tools

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench-peers", description=__doc__,
        epilog="example: python3 Benchmarks/peers .build-bench/release martlet rq --rounds 1 --json")
    parser.add_argument("binaries", type=Path, help="directory of martlet and martlet-keeper, built for release")
    parser.add_argument("systems", nargs="*", metavar="SYSTEM", help=f"only these, of: {' '.join(ALL)}")
    parser.add_argument("--rounds", type=int, default=3, help="each system is measured so often, in turn (3)")
    parser.add_argument("--seconds", type=int, default=2, help="of each load (2)")
    parser.add_argument("--limit", type=int, default=400, help="seconds after which no new round begins (400)")
    parser.add_argument("--calm", type=int, default=120, help="wait so many seconds for a load below 1.5 (120)")
    parser.add_argument("--json", action="store_true", help="print one JSON object in place of the table")
    given = parser.parse_args()
    if unknown := set(given.systems) - set(ALL):
        parser.error(f"unknown system {', '.join(sorted(unknown))}; known: {' '.join(ALL)}")
    return given


def measure(bench: Bench, names: list[str], rounds: int, limit: int) -> None:
    begin = time.monotonic()
    for number in range(rounds):
        if time.monotonic() - begin > limit:
            bench.results.notes.append(f"only {number} of {rounds} rounds: the limit of {limit} s was reached")
            break
        one_round(bench, names, number)
    for name in names:
        if ALL[name].kills:
            say(f"kill -9, {name}")
            bench.kills(ALL[name])


def one_round(bench: Bench, names: list[str], number: int) -> None:
    for name in names:
        others, load = machine.Others(), machine.load()
        bench.round(ALL[name], first=number == 0)
        say(f"round {number + 1}, {name}: load before {load}, others used {others.share():.0%} of the processors")


def versions() -> str:
    webhook = subprocess.run(["webhook", "-version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    redis = subprocess.run(["redis-server", "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
    return f"webhook {webhook}, Redis {redis[2:]}; from PyPI {packages.versions(HERE / 'requirements.txt')}"


def main() -> None:
    given = arguments()
    names = [name for name in ALL if name in given.systems] or list(ALL)
    requirements = HERE / "requirements.txt"
    python = packages.prepare(ROOT / ".build-peers", requirements, say)
    processes.adopt_orphans()
    machine.wait_for_calm(1.5, given.calm, say)
    about, others = machine.describe(), machine.Others()
    with tempfile.TemporaryDirectory(prefix="martlet-peers-") as directory:
        bench = Bench(Path(directory), Tools(given.binaries.resolve(), python), given.seconds)
        measure(bench, names, given.rounds, given.limit)
    report(bench, names, f"{about}; others used {others.share():.0%} of the processors", given.json)


def report(bench: Bench, names: list[str], about: str, as_json: bool) -> None:
    found = table.figures(bench.results.values, "Martlet")
    keeps = {ALL[name].name: ALL[name].keeps for name in names}
    if as_json:
        whole = {"machine": about, "versions": versions(), "keeps": keeps, "notes": bench.results.notes}
        print(json.dumps(whole | {"figures": table.as_json(found)}, indent=1))
        return
    print(f"{about}\n{versions()}\n")
    print("\n".join(f"{name:34}{promise}" for name, promise in keeps.items()) + "\n")
    print(table.text(found))
    print("\n".join(f"note: {note}" for note in bench.results.notes))


if __name__ == "__main__":
    main()
