"""Jobs and scripts, schedules, notices: each page's main deed by clicking, every look, and nothing from outside is markup.

The server has the tasks of tasks.yaml, and the channel `hook`, behind which nobody answers.
"""

import re

from browser import Visit, accessible, browser, call, ended, eventually, expect, fits, main
from looks import HOSTILE, SEEN

CHECKS = []
STATE = {}
LOOKS = [("en-US", "light", 1280), ("zh-CN", "dark", 360)]


def check(body):
    CHECKS.append(body)
    return body


def heading(page, text):
    expect(page.get_by_role("heading", level=1)).to_contain_text(text)


def newest(job):
    """The last run of a job, with its parameters."""
    return call("GET", "/api/runs/" + call("GET", f"/api/runs?job={job}&limit=1")["items"][0]["id"])


def samples():
    """Jobs and schedules that the pages are to show."""
    call("PUT", "/api/jobs/work-report", {
        "description": "Writes the report of a table", "command": ["sh", "-c", "echo $MARTLET_PARAM_TABLE $MARTLET_PARAM_ROWS; sleep 0.2"],
        "params": {
            "table": {"required": True, "pattern": "[a-z_]+", "description": "Which table"},
            "rows": {"type": "integer", "default": 1000, "minimum": 1, "maximum": 100000},
            "mode": {"choices": ["fast", "safe"], "default": "safe"},
            "verbose": {"type": "boolean"}, "hosts": {"type": "list"},
            "password": {"secret": True},
        }})
    call("PUT", "/api/jobs/work-plain", {"command": ["sh", "-c", "exit $((RANDOM % 2))"], "description": "Takes nothing"})
    call("PUT", "/api/jobs/work-hostile", {
        "command": ["true"], "description": HOSTILE[0],
        "params": {"first": {"default": HOSTILE[1], "description": HOSTILE[2]}, "second": {"choices": HOSTILE, "default": HOSTILE[0]},
                   "third": {"type": "list", "default": HOSTILE, "description": HOSTILE[4]}}})
    for _ in range(6):
        ended(call("POST", "/api/runs", {"job": "work-plain"})["id"])
    for name, body in {
        "work-nightly": {"job": "work-report", "params": {"table": "orders"}, "cron": "0 3 * * *", "zone": "Asia/Shanghai", "description": "Report of the night"},
        "work-weekly": {"job": "work-plain", "cron": "30 6 * * mon,thu", "zone": "Europe/Berlin", "overlap": "queue"},
        "work-often": {"job": "work-plain", "every": "6h", "zone": "UTC"},
        "work-hostile": {"job": "work-hostile", "params": {"first": HOSTILE[6]}, "cron": "15 4 * * *", "zone": "UTC", "description": HOSTILE[1], "labels": {"x": HOSTILE[2]}},
        "work-paused": {"job": "work-plain", "cron": "0 12 1 * *", "zone": "UTC", "paused": True},
        "work-old": {"job": "work-plain", "cron": "0 * 5 1 *", "zone": "Asia/Shanghai"},
    }.items():
        call("PUT", f"/api/schedules/{name}", body)
    call("POST", "/api/schedules/work-nightly/run")
    call("POST", "/api/schedules/work-hostile/run")


@check
def job_form():
    """a job is started from the form of its parameters; what is wrong stands beside its field"""
    visit = Visit(STATE["browser"])
    page = visit.open("/console/jobs")
    heading(page, "Jobs and scripts")
    page.get_by_label("Search jobs").fill("REPORT of a")
    expect(page.locator("table.cards tbody tr")).to_have_count(1)
    page.get_by_role("link", name="work-report").click()
    heading(page, "work-report")
    expect(page.get_by_label("rows")).to_have_value("1000")
    expect(page.get_by_label("mode")).to_have_value("safe")
    expect(page.get_by_label("password")).to_have_attribute("type", "password")
    run = page.get_by_role("button", name="Run", exact=True)
    page.get_by_label("rows").fill("7x")
    run.click()
    expect(page.get_by_label("table")).to_be_focused()
    expect(page.get_by_label("table")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("rows")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("rows")).to_have_value("7x")
    visit.complaints.clear()  # The browser writes the refused call down.
    page.get_by_label("table").fill("orders")
    page.get_by_label("rows").fill("7")
    page.get_by_label("mode").select_option("fast")
    page.get_by_label("verbose").select_option("true")
    page.get_by_label("hosts").fill("one\ntwo")
    page.get_by_label("password").fill("very secret")
    page.get_by_label("password").press("Enter")
    expect(page.get_by_role("status").filter(has_text="Started.")).to_contain_text("succeeded")
    expect(page.get_by_label("password")).to_have_value("")
    page.get_by_role("link", name="Open the run").click()
    heading(page, "work-report")
    expect(page.locator(".log-view")).to_contain_text("orders 7")
    known = newest("work-report")["params"]
    assert known["rows"] == 7 and known["mode"] == "fast" and known["verbose"] is True and known["hosts"] == ["one", "two"], known
    visit.close()


@check
def one_click():
    """a job without required parameters runs by one click in the list, and its result comes by itself"""
    before = len(call("GET", "/api/runs?job=work-plain&limit=100")["items"])
    visit = Visit(STATE["browser"], "zh-CN")
    page = visit.open("/console/jobs")
    page.get_by_role("button", name="运行 work-plain").click()
    expect(page.locator(".toasts")).to_contain_text("work-plain 已开始运行")
    eventually("a run", lambda: len(call("GET", "/api/runs?job=work-plain&limit=100")["items"]) == before + 1)
    page.get_by_role("link", name="work-plain").click()
    results = page.locator("section.panel", has=page.get_by_role("heading", name="最近结果"))
    expect(results.get_by_role("listitem")).to_have_count(min(before + 1, 10))
    new = call("POST", "/api/runs", {"job": "work-plain"})["id"]
    expect(results.locator(f"a[href$='{new}']")).to_be_visible()
    expect(page.get_by_role("img", name="最近运行的耗时")).to_be_visible()
    expect(page.locator("main")).to_contain_text("work-often")
    visit.close()


@check
def scripts():
    """a script task is started from its parameters, and one without them from a list of arguments"""
    visit = Visit(STATE["browser"])
    page = visit.open("/console/jobs")
    page.get_by_role("group", name="Kind").get_by_role("button", name="Scripts").click()
    page.get_by_role("link", name="tendb-cluster/dump").click()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("form .failure, form .problem").first).to_be_visible()
    page.get_by_label("table").fill("orders")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Started.")).to_contain_text("succeeded")
    page.get_by_role("link", name="Jobs and scripts").first.click()
    page.get_by_role("link", name="tendb-cluster/demo-1").click()
    page.get_by_label("Arguments").fill("aaa\nb c")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Started.")).to_contain_text("succeeded")
    assert newest("scripts.tendb-cluster.demo-1")["params"]["args"] == ["aaa", "b c"]
    visit.close()


@check
def calendar():
    """the calendar shows what comes in its zone, by month and week; a schedule is paused and resumed by click"""
    visit = Visit(STATE["browser"])
    page = visit.open("/console/schedules?day=2027-03-10")
    heading(page, "Schedules")
    table = page.locator("table.calendar")
    chips = table.locator(".chip", has_text="work-nightly")
    expect(chips.first).to_contain_text("03:00")
    assert 28 <= chips.count() <= 42, chips.count()
    expect(table.locator(".chip", has_text="work-weekly").first).to_contain_text("13:30")
    expect(table.locator(".chip", has_text="work-often").first).to_contain_text("× ")
    expect(page.locator(".calendar-bar")).to_contain_text("Asia/Shanghai GMT+8")
    page.get_by_role("button", name="Show the week of 2027-03-10").click()
    expect(page.get_by_role("heading", name="2027-03-08 – 2027-03-14")).to_be_visible()
    expect(chips).to_have_count(7)
    page.get_by_role("button", name="Later", exact=True).click()
    expect(page.get_by_role("heading", name="2027-03-15")).to_be_visible()
    page.get_by_role("button", name="Pause work-nightly").click()
    resume = page.get_by_role("button", name="Resume work-nightly")
    expect(resume).to_be_visible()
    expect(chips).to_have_count(0)
    assert call("GET", "/api/schedules/work-nightly")["state"] == "paused"
    resume.click()
    expect(chips).to_have_count(7)
    page.reload()
    expect(page.get_by_role("heading", name="2027-03-15")).to_be_visible()
    visit.close()


@check
def made_and_changed():
    """a schedule is made by a form that shows its times, changed without losing what it does not show, and deleted"""
    visit = Visit(STATE["browser"])
    page = visit.open("/console/schedules")
    page.get_by_role("button", name="New schedule").click()
    page.get_by_label("Name").fill("work-made")
    page.get_by_label("Job", exact=True).select_option("work-report")
    page.get_by_label("table").fill("orders")
    page.get_by_label("Cron text").last.fill("61 * * * *")
    expect(page.locator("aside").get_by_role("alert")).to_be_visible()
    visit.complaints.clear()
    page.get_by_label("Cron text").last.fill("0 5 * * *")
    page.get_by_label("Zone").fill("Europe/Berlin")
    expect(page.locator("aside")).to_contain_text("05:00:00")
    expect(page.locator("aside")).to_contain_text("Europe/Berlin")
    page.get_by_role("button", name="Create").click()
    page.get_by_role("link", name="work-made").last.click()
    heading(page, "work-made")
    call("PATCH", "/api/schedules/work-made", {"labels": {"team": "db"}})
    expect(page.locator(".facts")).to_contain_text("0 5 * * *")
    page.reload()
    page.get_by_role("button", name="Edit").click()
    expect(page.get_by_label("table")).to_have_value("orders")
    page.get_by_text("More rules").click()
    page.get_by_label("When the one before runs still").select_option("queue")
    page.locator("label", has_text="Every").click()
    page.get_by_label("Every").last.fill("12h")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".facts")).to_contain_text("every 12h")
    definition = call("GET", "/api/schedules/work-made")["definition"]
    assert definition["overlap"] == "queue" and "cron" not in definition and definition["labels"] == {"team": "db"}, definition
    assert definition["params"]["table"] == "orders", definition
    # Another version leaves what is typed.
    page.get_by_role("button", name="Edit").click()
    page.locator("#sf-zone").fill("UTC")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_role("button", name="Resume", exact=True)).to_be_visible()
    expect(page.locator("#sf-zone")).to_have_value("UTC")
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    heading(page, "Schedules")
    expect(page.get_by_role("link", name="work-made")).to_have_count(0)
    visit.close()


@check
def backfill():
    """a backfill shows its times before it starts them"""
    visit = Visit(STATE["browser"], "zh-CN")
    page = visit.open("/console/schedules/work-old")
    page.get_by_role("button", name="补跑").click()
    page.get_by_label("从").fill("2026-01-05T00:30")
    page.get_by_label("到").fill("2026-01-05T03:30")
    page.get_by_role("button", name="预览").click()
    expect(page.locator(".times.many li")).to_have_text([re.compile(f"2026-01-05 0{hour}:00:00 GMT\\+8") for hour in (1, 2, 3)])
    assert not call("GET", "/api/schedules/work-old/fires")["items"], "a preview started something"
    page.get_by_role("button", name="补跑这 3 次").click()
    expect(page.locator("main .rows").get_by_text("补跑")).to_have_count(3)
    eventually("three runs", lambda: all(each["endedAt"] for each in call("GET", "/api/schedules/work-old/fires")["items"]))
    visit.close()


@check
def notices():
    """a channel is tested by click, and what became of the message is in the ledger with its text and a retry"""
    visit = Visit(STATE["browser"])
    page = visit.open("/console/notices")
    heading(page, "Notices")
    page.get_by_role("button", name="Send a test message to hook").click()
    row = page.locator(".ledger > li", has_text="hook").first
    expect(row).to_contain_text("tried 1 time")
    row.get_by_role("button", expanded=False).click()
    expect(row.locator("pre")).to_contain_text("hook")
    row.get_by_role("button", name="Send notice").click()
    expect(row).to_contain_text("tried 2 times")
    page.get_by_label("State").select_option("sent")
    expect(page.locator("main")).to_contain_text("No notice fits")
    page.reload()
    expect(page.get_by_label("State")).to_have_value("sent")
    page.get_by_label("State").select_option("waiting")
    expect(row).to_be_visible()
    visit.close()


@check
def hostile_texts():
    """nothing that comes from outside is markup on these pages"""
    visit = Visit(STATE["browser"])
    for path in ("jobs", "jobs/work-hostile", "schedules", "schedules/work-hostile", "notices"):
        page = visit.open(f"/console/{path}")
        expect(page.locator("main")).to_contain_text("work-hostile" if path != "notices" else "Notices")
        if path == "schedules/work-hostile":
            page.get_by_role("button", name="Edit").click()
            expect(page.get_by_label("Description")).to_have_count(1)
            expect(page.get_by_label("first")).to_have_value(HOSTILE[6])
        if path == "jobs/work-hostile":
            expect(page.locator(".lead")).to_have_text(HOSTILE[0])
            expect(page.get_by_label("first")).to_have_value(HOSTILE[1])
            expect(page.get_by_label("third")).to_have_value("\n".join(HOSTILE))
            assert page.get_by_label("second").locator("option").all_text_contents() == SEEN
        page.wait_for_timeout(300)
        assert page.locator("main script, main iframe, main img, main [onload], main [onerror], main [onmouseover]").count() == 0
        assert page.locator("main a[href^='javascript' i]").count() == 0
        page.close()
    visit.close()


@check
def rights():
    """a token that may only look is offered nothing else"""
    token = call("POST", "/api/tokens", {"name": "work-onlooker", "role": "read", "jobs": ["work-plain"]})["token"]
    visit = Visit(STATE["browser"], token=token)
    page = visit.open("/console/jobs")
    expect(page.get_by_role("link", name="work-plain")).to_be_visible()
    expect(page.get_by_role("link", name="work-report")).to_have_count(0)
    expect(page.get_by_role("button", name="Run work-plain")).to_have_count(0)
    page.get_by_role("link", name="work-plain").click()
    expect(page.locator("main")).to_contain_text("may look at jobs and not start them")
    page.get_by_role("link", name="Schedules").click()
    expect(page.get_by_role("link", name="work-weekly").first).to_be_visible()
    expect(page.get_by_role("button", name="New schedule")).to_have_count(0)
    expect(page.get_by_role("button", name="Pause work-weekly")).to_have_count(0)
    page.get_by_role("link", name="Notices").click()
    heading(page, "Notices")
    expect(page.get_by_role("button", name="Send a test")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)
    visit.close()
    call("DELETE", "/api/tokens/work-onlooker")


PATHS = ["jobs", "jobs/work-report", "schedules", "schedules?view=week", "schedules/work-nightly", "schedules?new=1", "notices"]


@check
def looks():
    """every page fits and is accessible in both languages, light and dark, narrow and wide"""
    for language, scheme, width in LOOKS:
        visit = Visit(STATE["browser"], language, scheme, width, 800)
        for path in PATHS:
            page = visit.open(f"/console/{path}")
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            expect(page.locator("main .loading")).to_have_count(0)
            page.wait_for_timeout(300)
            what = f"{path} {language} {scheme} {width}"
            fits(page, what)
            accessible(page, what)
            page.close()
        visit.close()


if __name__ == "__main__":
    samples()
    with browser() as STATE["browser"]:
        main(CHECKS)
