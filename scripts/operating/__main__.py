"""Measures the rows named on the command line, or all of them, and prints them as a Markdown table."""
import pathlib
import shutil
import sys
import tempfile
import time

from operating import clock, disk, kill, load, power, upgrade
from operating.world import Broken, NeedsRoot, World

ROWS = {"kill": kill, "power": power, "disk": disk, "clock": clock, "upgrade": upgrade, "load": load}


def measure(module, world):
    """One row: what happens, and the figures or what went wrong; and whether the promise holds."""
    try:
        return module.measure(world), True
    except NeedsRoot:
        return "**not measured: needs root**", False
    except Broken as failure:
        return f"**broken: {failure}**", False
    finally:
        world.end_servers()


def main(names):
    unknown = [name for name in names if name not in ROWS]
    if unknown:
        sys.exit(f"unknown row {', '.join(unknown)}; known: {', '.join(ROWS)}")
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="martlet-operating-", dir="/var/tmp"))
    isWell = True
    print("| Event | What happens | Measured |\n|---|---|---|", flush=True)
    try:
        for name in names or ROWS:
            begin = time.monotonic()
            (scratch / name).mkdir()
            figures, holds = measure(ROWS[name], World(scratch / name))
            isWell = isWell and holds
            print(f"| {ROWS[name].EVENT} | {ROWS[name].PROMISE} | {figures} |", flush=True)
            print(f"{name}: {time.monotonic() - begin:.0f} s", file=sys.stderr)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return 0 if isWell else 1


sys.exit(main(sys.argv[1:]))
