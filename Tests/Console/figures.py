"""What the pages cost: the first view, a long log, a million runs. MARTLET_DATA is the server's data directory; its logs may
be of any length (log.cap). Times are CPU time of the page's main thread, so that a busy machine makes no difference."""

import json
import os
import re
import sqlite3
import statistics
import time
from datetime import datetime, timezone
from urllib.parse import urlencode

from browser import URL, Visit, browser, call, ended, expect, main

CHECKS = []
STATE = {}
WORK = {
    "EvaluateScript", "FunctionCall", "RunMicrotasks", "TimerFire", "FireAnimationFrame", "EventDispatch", "Layout", "UpdateLayoutTree",
    "v8.compile", "v8.compileModule", "v8.evaluateModule", "v8.parseOnBackground", "MinorGC", "MajorGC", "V8.GCScavenger",
}
RUNS = 1_000_000
# Milliseconds between two of them.
STEP = 800
LINE = "a line of an ordinary length, such as programs write when they tell what they are doing at the moment"


def check(body):
    CHECKS.append(body)
    return body


def scripting(page, body):
    """Seconds of CPU that scripts, styles and layout of the page took while `body` ran."""
    STATE["browser"].start_tracing(page=page, categories=["devtools.timeline", "v8", "v8.execute", "disabled-by-default-v8.compile"])
    body()
    events = json.loads(STATE["browser"].stop_tracing())["traceEvents"]
    threads = {(each["pid"], each["tid"]) for each in events if each["name"] == "thread_name" and each["args"]["name"] == "CrRendererMain"}
    done = sorted((each for each in events if each["ph"] == "X" and each["name"] in WORK and (each["pid"], each["tid"]) in threads), key=lambda each: each["ts"])
    total, ends = 0, {}
    for each in done:
        thread = (each["pid"], each["tid"])
        # What is inside of another one is counted with it.
        if each["ts"] < ends.get(thread, 0):
            continue
        ends[thread] = each["ts"] + each["dur"]
        total += each.get("tdur", each["dur"])
    assert total > 0, "the trace tells nothing"
    return total / 1_000_000


@check
def first_view():
    """the first view is small, and quick with nothing in the cache"""
    times = []
    for _ in range(5):
        visit = Visit(STATE["browser"])
        page = visit.context.new_page()
        session = visit.context.new_cdp_session(page)
        session.send("Network.enable")
        sizes = []
        session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))

        def view():
            page.goto(URL)
            expect(page.get_by_role("img", name="Runs per hour")).to_be_visible()
            page.wait_for_timeout(300)

        times.append(scripting(page, view))
        visit.close()
    print(f"     first view: {sum(sizes)} bytes; scripting and layout {statistics.median(times) * 1000:.0f} ms of CPU (median of 5)")
    assert 50_000 < sum(sizes) <= 200_000, f"{sum(sizes)} bytes"
    assert statistics.median(times) <= 0.5, times


def written(count):
    """A run whose log has so many bytes."""
    script = f'echo the very first line; yes "{LINE}" | head -c {count}; echo; echo the very last line'
    return ended(call("POST", "/api/runs", {"command": ["sh", "-c", script]})["id"])


def opened(run):
    """Seconds until the end of a log is seen, and the bytes that were read of it."""
    visit = Visit(STATE["browser"])
    page = visit.open("/console/audit")
    read = []
    page.on("response", lambda answer: "/lines" in answer.url and read.append(answer))
    begun = time.monotonic()
    page.goto(f"{URL}/console/runs/{run}")
    expect(page.locator(".log-view")).to_contain_text("the very last line")
    took = time.monotonic() - begun
    count = sum(len(answer.body()) for answer in read)
    assert page.locator(".log-line").count() <= 2000
    return visit, page, took, count


@check
def long_log():
    """the log of a gigabyte opens at its end as quickly as one of some lines, and from there at its beginning"""
    small, long = written(100_000), written(1_073_741_824)
    assert long["state"] == "succeeded" and sum(each["logBytes"] for each in long["attempts"]) > 1_073_741_824, long["attempts"]
    took = {small["id"]: [], long["id"]: []}
    for run in [small["id"], long["id"]] * 5:
        visit, page, seconds, count = opened(run)
        took[run].append(seconds)
        assert count < 1_000_000, f"{count} bytes were read"
        visit.close()
    quick, slow = (min(took[run["id"]]) for run in (small, long))
    print(f"     the end of a log is seen after {quick * 1000:.0f} ms; that of 1 GiB after {slow * 1000:.0f} ms (minimum of 5)")
    assert slow <= 2 * quick + 0.5, took
    visit, page, _, _ = opened(long["id"])
    page.get_by_role("button", name="To the beginning").click()
    expect(page.locator(".log-line").first).to_contain_text("the very first line")
    expect(page.locator(".log-line").first).to_be_in_viewport()
    visit.close()


def fill(count):
    """So many ended runs of the last days, straight into the store."""
    store = sqlite3.connect(os.environ["MARTLET_DATA"] + "/martlet.db", timeout=60, isolation_level=None)
    model = ended(call("POST", "/api/runs", {"command": ["true"]})["id"])["id"]
    key = bytes.fromhex(model.replace("-", ""))
    columns = [row[1] for row in store.execute("PRAGMA table_info(runs)")]
    values = dict(zip(columns, store.execute("SELECT * FROM runs WHERE id = ?", (key,)).fetchone()))
    inputs = [row[1] for row in store.execute("PRAGMA table_info(run_inputs)")]
    given = dict(zip(inputs, store.execute("SELECT * FROM run_inputs WHERE run = ?", (key,)).fetchone()))
    # Oldest first: indexes grow at their ends.
    oldest = values["created_at"] - 1000 - count * STEP
    store.execute("PRAGMA synchronous = OFF")
    store.execute("PRAGMA cache_size = -200000")
    chunk = 50_000
    for first in range(0, count, chunk):
        rows, others = [], []
        for number in range(first, min(first + chunk, count)):
            at = oldest + number * STEP
            run = at.to_bytes(6, "big") + b"\x70\x00\x80\x00" + number.to_bytes(6, "big")
            rows.append([{"id": run, "created_at": at, "due_at": at, "started_at": at, "finished_at": at + 500}.get(name, values[name]) for name in columns])
            others.append([run if name == "run" else given[name] for name in inputs])
        store.execute("BEGIN IMMEDIATE")
        store.executemany(f"INSERT INTO runs VALUES ({','.join('?' * len(columns))})", rows)
        store.executemany(f"INSERT INTO run_inputs VALUES ({','.join('?' * len(inputs))})", others)
        store.execute("COMMIT")
    store.close()
    return oldest


def rows_of(page):
    return page.locator(".row-of-list:not(:has(.is-missing))")


@check
def million_runs():
    """among a million runs the list is there at once, scrolls on and on, and has few rows on the page at any time"""
    begun = time.monotonic()
    oldest = fill(RUNS)
    print(f"     {RUNS} runs stored in {time.monotonic() - begun:.0f} s")
    visit = Visit(STATE["browser"])
    page = visit.open("/console/runs")
    rows = rows_of(page)
    expect(rows.nth(5)).to_be_visible()
    grid = page.get_by_role("grid")
    grid.focus()
    seen = []

    def scroll():
        for _ in range(30):
            before = int(grid.get_attribute("aria-rowcount"))
            page.keyboard.press("End")
            expect(page.locator(".row-of-list.is-chosen")).to_be_in_viewport()
            page.wait_for_function("before => Number(document.querySelector('m-list').getAttribute('aria-rowcount')) > before", arg=before)
            seen.append(rows.count())

    seconds = scripting(page, scroll)
    count = int(grid.get_attribute("aria-rowcount"))
    print(f"     30 leaps to the end of what is there: {count} rows, {seconds * 1000 / 30:.0f} ms of CPU each, at most {max(seen)} rows on the page")
    assert count >= 30 * 200 and max(seen) <= 80, (count, seen)
    assert seconds / 30 <= 0.1, seconds
    page.keyboard.press("Home")
    expect(rows.first).to_be_in_viewport()
    visit.close()
    # In the middle of them the page is as quick as at their end.
    middle = datetime.fromtimestamp((oldest + RUNS // 2 * STEP) / 1000, timezone.utc).isoformat(timespec="milliseconds")
    took = []
    for _ in range(3):
        visit = Visit(STATE["browser"])
        begun = time.monotonic()
        page = visit.open("/console/runs?" + urlencode({"until": middle.replace("+00:00", "Z")}))
        expect(rows_of(page).nth(5)).to_be_visible()
        took.append(time.monotonic() - begun)
        visit.close()
    print(f"     the middle of the list is seen after {min(took) * 1000:.0f} ms (minimum of 3)")
    assert min(took) < 5, took


@check
def long_list():
    """a list of a million rows goes anywhere at once: a frame costs less than it lasts, and shows the rows that belong there"""
    visit = Visit(STATE["browser"])
    page = visit.open("/console/runs")
    page.wait_for_selector("m-list")
    page.evaluate("""() => {
        const list = document.createElement("m-list");
        Object.assign(list, {count: 1_000_000, rowHeight: 30, row: row => `row ${row}`, id: "long"});
        list.style.setProperty("height", "600px");
        document.querySelector("main").replaceChildren(list);
    }""")
    rows = page.locator("#long .row-of-list")
    expect(rows.first).to_have_text("row 0")
    page.locator("#long").hover()
    page.mouse.wheel(0, 300)
    expect(rows.filter(has_text=re.compile("^row 10$"))).to_be_in_viewport()
    expect(rows.filter(has_text=re.compile("^row 40$"))).to_have_count(0)
    page.locator("#long").focus()
    page.keyboard.press("End")
    expect(rows.last).to_have_text("row 999999")
    expect(rows.last).to_be_in_viewport()
    shown = []
    leaps = """async () => {
        const list = document.querySelector("#long");
        const frame = () => new Promise(requestAnimationFrame);
        const shown = [];
        for (let step = 1; step <= 60; step += 1) {
            list.scrollTop = step * 100_000;
            await frame();
            await frame();
            await frame();
            shown.push([Number(list.querySelector(".row-of-list").textContent.slice(4)), list.querySelectorAll(".row-of-list").length]);
        }
        return shown;
    }"""
    seconds = scripting(page, lambda: shown.extend(page.evaluate(leaps)))
    print(f"     a leap in a million rows: {seconds * 1000 / 60:.1f} ms of CPU")
    for step, (first, count) in enumerate(shown, 1):
        # The bar's way is 8,000,000 - 600 pixels for all rows but those that are seen.
        expected = step * 100_000 * (30_000_000 - 600) / (8_000_000 - 600) / 30
        assert abs(first + 6 - expected) <= 2 and count <= 60, (step, first, expected, count)
    assert seconds / 60 <= 0.016, seconds
    visit.close()


if __name__ == "__main__":
    with browser() as STATE["browser"]:
        main(CHECKS)
