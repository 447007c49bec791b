"""Replications in a browser: a real one, whose target has three rows that the source has not, and one that is told by its folder.

MARTLET_REPLICATION is the real one's job, MARTLET_DATA the server's data directory.
"""

import json
import os
import re
import subprocess
import sys
from datetime import datetime, timedelta, timezone

from browser import PATIENCE, Visit, accessible, browser, call, eventually, expect, main
from looks import HOSTILE, SEEN, looks

CHECKS = []
STATE = {}
JOB = os.environ["MARTLET_REPLICATION"]
TOLD = "team/told"


def check(body):
    CHECKS.append(body)
    return body


def address(job):
    return f"/console/job-api/jobs/{job.replace('/', '%2F')}"


def instant(seconds_ago):
    at = datetime.now(timezone.utc) - timedelta(seconds=seconds_ago)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def folder(job):
    """Where its processes tell how it stands."""
    value = 0xCBF29CE484222325
    for byte in job.encode():
        value = (value ^ byte) * 0x100000001B3 % (1 << 64)
    return os.path.join(os.environ["MARTLET_DATA"], "replications", f"{value:016x}")


def tell(**more):
    """What the target's process of the other job says of itself."""
    status = {
        "v": 1, "role": "target", "job": TOLD, "pid": STATE["process"].pid, "started": instant(60), "updated": instant(0), "state": "copying",
        "stages": [{"stage": "job_stage_full", "at": instant(60)}], "gtid": "", "file": "", "position": 0, "rowsPerSecond": 1234.5, "transactionsPerSecond": 0,
        "full": {"tables": 4, "tablesDone": 1, "rows": 400, "rowsTotal": 1000, "bytes": 1 << 20, "eta": 12, "done": False},
        "incremental": {"transactions": 0, "rows": 0, "statements": 0, "mismatches": 0, "events": 0},
        "spool": {"bytes": 2048, "limit": 8 << 30, "file": "", "position": 0, "events": 0, "read": 0}, "retries": 0, "events": [], **more}
    path = os.path.join(folder(TOLD), "target.json")
    with open(path + ".new", "w") as file:
        json.dump(status, file)
    os.rename(path + ".new", path)


def samples():
    """A job of which nothing is placed, and a process that is taken for its target's."""
    side = {"ConnectionConfig": {"Host": "127.0.0.1", "Port": 1, "User": "r", "Password": "correct horse"}}
    call("POST", "/v1/jobs", {"Job": {"ID": TOLD, "Name": TOLD, "Type": "service", "Datacenters": ["dc1"], "TaskGroups": [
        {"Name": name, "Count": 0, "Tasks": [{"Name": name, "Driver": "dtle", "Config": side}]} for name in ("src", "dest")]}})
    os.makedirs(folder(TOLD), mode=0o700, exist_ok=True)
    STATE["process"] = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()", "replication-worker"], stdin=subprocess.PIPE)
    tell()


@check
def listed():
    """the list of jobs shows stage, copy and lag"""
    visit = Visit(STATE["browser"])
    page = visit.open("/console/job-api")
    row = page.get_by_role("row").filter(has_text=JOB)
    expect(row).to_contain_text("follows")
    expect(row).to_contain_text(re.compile(r"Lag \d"))
    expect(page.get_by_role("row").filter(has_text=TOLD)).to_contain_text("40 %")
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(JOB)
    visit.close()


@check
def compares():
    """both sides are compared by key press: progress, tables and the keys of what differs"""
    visit = Visit(STATE["browser"])
    page = visit.open(address(JOB))
    panel = page.locator("m-replication")
    expect(panel).to_contain_text("Follows changes")
    expect(panel.locator(".copied")).to_contain_text("1,000 rows")
    expect(panel.get_by_role("img", name=re.compile("^Lag: now "))).to_be_visible(timeout=PATIENCE)
    expect(panel).to_contain_text("The two sides were not compared yet.")
    panel.get_by_role("button", name="Compare").press("Enter")
    expect(panel.locator(".comparison")).to_contain_text("3 rows differ, of 1,000 in 1 table.", timeout=PATIENCE)
    row = panel.get_by_role("row").filter(has_text=".t")
    expect(row.get_by_role("cell").nth(2)).to_have_text("3")
    row.locator("summary").press("Enter")
    expect(row.locator(".keys-of li")).to_have_text(["5", "7", "9999"])
    accessible(page, "a comparison")
    panel.get_by_role("link", name="The run").click()
    expect(page.locator(".facts a.of")).to_contain_text([JOB])
    expect(page.locator(".log-view")).to_contain_text("3 of 1000 rows differ: 5; 7; 9999")
    visit.close()


@check
def rests():
    """a replication is paused and goes on by click"""
    visit = Visit(STATE["browser"], "zh-CN")
    page = visit.open(address(JOB))
    panel = page.locator("m-replication")
    panel.get_by_role("button", name="暂停").click()
    expect(panel.locator(".head").first).to_contain_text("已暂停", timeout=PATIENCE)
    panel.get_by_role("button", name="继续").click()
    expect(panel.locator(".head").first).to_contain_text("增量同步中", timeout=PATIENCE)
    visit.close()


@check
def progresses():
    """a copy shows how far it is and how long it takes, by itself; then why nothing moves, in words, and what was wrong last"""
    tell()
    visit = Visit(STATE["browser"])
    page = visit.open(address(TOLD))
    panel = page.locator("m-replication")
    copied = panel.locator(".copied")
    expect(copied).to_contain_text("400 of about 1,000 rows, 1.00 MiB, 1 of 4 tables")
    expect(copied).to_contain_text("about 12.0 s left")
    expect(copied.get_by_role("progressbar")).to_have_attribute("value", "40")
    tell(full={"tables": 4, "tablesDone": 3, "rows": 900, "rowsTotal": 1000, "bytes": 3 << 20, "eta": 1, "done": False})
    expect(copied.get_by_role("progressbar")).to_have_attribute("value", "90")
    tell(state="retrying", retries=3, lastError={"at": instant(5), "text": HOSTILE[0]},
         stall={"since": instant(40), "cause": f"the target cannot take changes (readOnly): {HOSTILE[1]}"},
         events=[{"n": n, "at": instant(9), "level": "warning", "text": text} for n, text in enumerate(HOSTILE, 1)])
    why = panel.locator(".why")
    expect(why).to_contain_text("Nothing has moved since")
    expect(why).to_contain_text("The target is read-only.")
    expect(why.locator(".mono")).to_have_text(SEEN[1])
    expect(panel.locator(".facts")).to_contain_text(SEEN[0])
    expect(panel.locator(".rows .whole")).to_have_text(SEEN[::-1])
    expect(panel.locator(".head").first).to_contain_text("tries again")
    accessible(page, "a replication that stands still")
    tell(stall={"since": instant(40), "cause": "the source's process is away: it says nothing"})
    expect(why).to_contain_text("The source's process is away; reading waits for it.")
    expect(why.locator(".mono")).to_have_text("it says nothing")
    visit.close()


@check
def rights():
    """a token that only reads is offered no deed"""
    token = call("POST", "/api/tokens", {"name": "watcher", "role": "read", "labels": {"nomad/job": JOB}})["token"]
    visit = Visit(STATE["browser"], token=token)
    page = visit.open(address(JOB))
    expect(page.locator("m-replication")).to_contain_text("Follows changes")
    expect(page.locator("m-replication .actions")).to_have_count(0)
    visit.close()
    call("DELETE", "/api/tokens/watcher")


@check
def every_look():
    """the pages fit and are accessible in both languages, light and dark, narrow and wide"""
    tell(stall={"since": instant(40), "cause": "the target is at it since 31 s: Waiting for table metadata lock (ALTER TABLE `shop`.`orders` ADD COLUMN n INT)"})
    eventually("it follows", lambda: call("GET", f"/api/nomad-jobs/{JOB}")["replication"]["alive"])
    looks(STATE["browser"], {"replication-list": "/console/job-api", "replication": address(JOB), "replication-copy": address(TOLD)})


@check
def gone():
    """a process that is gone is told of at once"""
    visit = Visit(STATE["browser"])
    page = visit.open(address(TOLD))
    panel = page.locator("m-replication")
    expect(panel.locator(".why")).to_be_visible()
    STATE["process"].kill()
    STATE["process"].wait()
    expect(panel.locator(".head").first).to_contain_text("no process")
    expect(panel.locator(".why")).to_have_count(0)
    visit.close()


if __name__ == "__main__":
    samples()
    try:
        with browser() as STATE["browser"]:
            main(CHECKS)
    finally:
        STATE["process"].kill()
