"""New programs put in the place of the old ones while runs live, as a package manager does it; and an older store."""
import contextlib
import pathlib
import shutil
import sqlite3

from operating.world import eventually, expect, ms

EVENT = "Upgrade (programs replaced, SIGTERM, the new server started), also from an older store"
PROMISE = "Runs go on and are adopted. An older store is copied to `martlet.db.before-v<N>`, then migrated in one transaction"
RUNS = 20
FIXTURES = pathlib.Path(__file__).parents[2] / "Tests/MartletStoreTests/Fixtures"


def install(source, target):
    """Each program replaced whole: a running one keeps its old file."""
    target.mkdir(exist_ok=True)
    for name in ("martlet", "martlet-keeper", *(path.name for path in pathlib.Path(source).glob("lib*.so"))):
        shutil.copy2(pathlib.Path(source) / name, target / f"{name}.new")
        (target / f"{name}.new").rename(target / name)


def upgrade(world):
    """Seconds until the old server was gone, and until the new one listened after that."""
    programs, go = world.directory / "programs", world.directory / "go"
    install(world.old_binaries, programs)
    server = world.server(binaries=programs)
    server.start()
    script = f"until [ -e {go} ]; do sleep 0.05; done; echo $MARTLET_RUN_ID >>{world.directory}/starts; exit "
    ids = [server.submit("sh", "-c", script + str(number)) for number in range(RUNS)]
    eventually("all run", lambda: all(server.run(id)["state"] == "running" for id in ids))
    install(world.binaries, programs)
    ending = server.terminate()
    starting = server.start()
    go.touch()
    eventually("all end", lambda: all(server.run(id)["state"] not in ("running", "stopping") for id in ids))
    codes = [server.run(id)["exitCode"] for id in ids]
    expect(codes == list(range(RUNS)), f"exit codes after the upgrade: {codes}")
    starts = (world.directory / "starts").read_text().split()
    expect(sorted(starts) == sorted(ids), "a run was started twice")
    return ending, starting


def migrate(world, dump):
    """Seconds until a server listens on the store of an older schema."""
    data = world.directory / dump.stem
    data.mkdir(mode=0o700)
    with contextlib.closing(sqlite3.connect(data / "martlet.db")) as database:
        database.executescript(dump.read_text())
    (data / "martlet.db").chmod(0o600)
    # The runs of the dump are from 2023.
    server = world.server(data, environment={"MARTLET_RETENTION_AGE": "3650d"})
    seconds = server.start()
    count = len(server.call("GET", "/api/runs")["items"])
    server.terminate()
    with contextlib.closing(sqlite3.connect(data / "martlet.db")) as database:
        newest = database.execute("PRAGMA user_version").fetchone()[0]
        expect(count == database.execute("SELECT count(*) FROM runs").fetchone()[0], "runs are missing")
    oldest = int(dump.stem.removeprefix("v"))
    if newest == oldest:
        return f"schema {oldest} is the present one"
    expect((data / f"martlet.db.before-v{newest}").exists(), "no copy was made before the migration")
    return f"schema {oldest} → {newest} with {count} runs: listening after {ms(seconds)}, copy made"


def measure(world):
    ending, starting = upgrade(world)
    world.end_servers()
    stores = "; ".join(migrate(world, dump) for dump in sorted(FIXTURES.glob("v*.sql")))
    kind = "the same version" if world.old_binaries == world.binaries else "an older version"
    return (f"from {kind} with {RUNS} live runs: old server gone after {ms(ending)}, new one listening {ms(starting)} later; "
            f"{RUNS} adopted, exits true, none started twice; {stores}")
