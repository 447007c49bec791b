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
from results import Results
from systems import ALL
from systems.system import Tools

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DISTURBED = 0.25  # share of the processors that others may use


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 Benchmarks/peers", description=__doc__,
        epilog="example: python3 Benchmarks/peers .build-bench/release martlet rq --rounds 1 --json")
    parser.add_argument("binaries", type=Path, help="directory of martlet and martlet-keeper, built for release")
    parser.add_argument("systems", nargs="*", metavar="SYSTEM", help=f"only these, of: {' '.join(ALL)}")
    parser.add_argument("--rounds", type=int, default=3, help="each system is measured so often, in turn (3)")
    parser.add_argument("--seconds", type=int, default=2, help="of each load (2)")
    parser.add_argument("--limit", type=int, default=450, help="seconds after which only the first round goes on (450)")
    parser.add_argument("--calm", type=int, default=60, help="wait for a quiet machine, seconds in all (60)")
    parser.add_argument("--again", type=int, default=3, help="disturbed turns that are measured again, in all (3)")
    parser.add_argument("--json", action="store_true", help="print one JSON object in place of the table")
    given = parser.parse_args()
    if unknown := set(given.systems) - set(ALL):
        parser.error(f"unknown system {', '.join(sorted(unknown))}; known: {' '.join(ALL)}")
    return given


def measure(bench: Bench, names: list[str], given: argparse.Namespace) -> Results:
    results = Results()
    begin = time.monotonic()
    for number in range(given.rounds):
        for name in names:
            if number > 0 and time.monotonic() - begin > given.limit:
                results.notes.append(f"round {number + 1} of {name} was left out: {given.limit} s were over")
            else:
                results.join(turn(bench, name, number, given))
    for name in names:
        if ALL[name].kills:
            say(f"kill -9, {name}")
            results.join(bench.kills(ALL[name]))
    return results


def turn(bench: Bench, name: str, number: int, given: argparse.Namespace) -> Results:
    """One system in one round. Measured once more when others disturbed it, while there is patience left."""
    for last in (False, True):
        given.calm = machine.wait_for_calm(DISTURBED, given.calm, say)
        others = machine.Others()
        results = bench.round(ALL[name], first=number == 0)
        share = others.share()
        say(f"round {number + 1}, {name}: load {machine.load()}, others used {share:.0%} of the processors")
        if last or share < DISTURBED or given.again == 0:
            break
        given.again -= 1
    if share >= DISTURBED:
        results.notes.append(f"others used {share:.0%} of the processors in round {number + 1} of {name}")
    return results


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
    about, others = machine.describe(), machine.Others()
    with tempfile.TemporaryDirectory(prefix="martlet-peers-") as directory:
        bench = Bench(Path(directory), Tools(given.binaries.resolve(), python), given.seconds)
        results = measure(bench, names, given)
    report(results, names, f"{about}; others used {others.share():.0%} of the processors", given.json)


def report(results: Results, names: list[str], about: str, as_json: bool) -> None:
    found = table.figures(results.values, "Martlet")
    keeps = {ALL[name].name: ALL[name].keeps for name in names}
    if as_json:
        whole = {"machine": about, "versions": versions(), "keeps": keeps, "notes": results.notes}
        print(json.dumps(whole | {"figures": table.as_json(found)}, indent=1))
        return
    print(f"{about}\n{versions()}\n")
    print("\n".join(f"{name:34}{promise}" for name, promise in keeps.items()) + "\n")
    print(table.text(found))
    print("\n".join(f"note: {note}" for note in results.notes))


if __name__ == "__main__":
    main()
