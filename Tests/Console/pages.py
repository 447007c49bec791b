"""Each page's main deed by clicking, in both languages, light and dark, narrow and wide; and nothing from outside is markup."""

import os
import re
import tempfile

from browser import PATIENCE, TOKEN, URL, Visit, accessible, browser, call, ended, eventually, expect, fits, main, shortcut
from looks import HOSTILE, SEEN

CHECKS = []
STATE = {}
LOOKS = [("en-US", "light", 1280), ("zh-CN", "dark", 1280), ("zh-CN", "light", 360), ("en-US", "dark", 360)]


def check(body):
    CHECKS.append(body)
    return body


def samples():
    """Runs of every kind that the pages are to show."""
    for name, code in (("sample-good", 0), ("sample-bad", 3)):
        call("PUT", f"/api/jobs/{name}", {"command": ["sh", "-c", f"echo hello from {name}; exit {code}"], "labels": {"team": "web"}})
    STATE["good"] = call("POST", "/api/runs", {"job": "sample-good", "labels": {"env": "prod"}})["id"]
    STATE["bad"] = call("POST", "/api/runs", {"job": "sample-bad"})["id"]
    script = "printf '\\033[31mred\\033[0m plain\\n'; echo trouble >&2; sleep 0.5; i=0; while [ $i -lt 4000 ]; do i=$((i+1)); echo \"line $i of many\"; done; echo the needle here"
    STATE["log"] = call("POST", "/api/runs", {"command": ["sh", "-c", script]})["id"]
    report = "printf '{\"v\":1,\"progress\":0.4,\"message\":\"nearly\",\"result\":{\"rows\":12}}\\n' >> $MARTLET_PROGRESS; echo on its way; sleep 1800"
    STATE["live"] = call("POST", "/api/runs", {"command": ["sh", "-c", report], "labels": {"team": "db"}, "group": "nightly"})["id"]
    call("PUT", "/api/schedules/sample-nightly", {"job": "sample-good", "cron": "0 3 1 1 *", "zone": "Asia/Shanghai"})
    text = "\n".join(HOSTILE)
    STATE["hostile"] = call("POST", "/api/runs", {
        "command": ["sh", "-c", "printf '%s\\n' \"$1\"; printf '%s\\n' \"$1\" >&2; exit 1", HOSTILE[0], text],
        "labels": {f"name{number}": each for number, each in enumerate(HOSTILE)},
        "key": HOSTILE[2]})["id"]
    for name in ("good", "bad", "log", "hostile"):
        ended(STATE[name])


def heading(page, text):
    expect(page.get_by_role("heading", level=1)).to_contain_text(text)


@check
def login_by_token():
    """a wrong token is refused with a sentence, the right one logs in, logging out ends it"""
    visit = Visit(STATE["browser"], token=None)
    page = visit.open("/console/runs")
    page.get_by_label("Token").fill("mlt_wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("not in force")
    visit.complaints.clear()  # The browser writes the refused call down.
    page.get_by_label("Token").fill(TOKEN)
    page.keyboard.press("Enter")
    heading(page, "Runs")
    assert page.evaluate("document.cookie") == "", "a script sees the cookie"
    kept = page.evaluate("JSON.stringify([localStorage, sessionStorage])")
    assert "mlt_" not in kept and "mls_" not in kept, kept
    page.get_by_role("button", name="admin").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Token")).to_be_visible()
    assert not visit.context.cookies(), "the cookie is still there"
    visit.close()


@check
def login_by_link():
    """a link logs in after a click, once, and leaves the address"""
    path = call("POST", "/api/login-links")["path"]
    visit = Visit(STATE["browser"], "zh-CN", token=None)
    page = visit.open(path)
    page.get_by_role("button", name="用链接登录").click()
    heading(page, "总览")
    assert "mlk_" not in page.url, page.url
    other = Visit(STATE["browser"], token=None)
    page = other.open(path)
    page.get_by_role("button", name="Log in with the link").click()
    expect(page.get_by_role("alert")).to_be_visible()
    other.complaints.clear()
    visit.close()
    other.close()


@check
def overview():
    """the overview shows what runs, failed and comes next, and changes by itself"""
    visit = Visit(STATE["browser"])
    page = visit.open("/")
    panel = lambda name: page.locator("section.panel", has=page.get_by_role("heading", name=name))
    expect(panel("Running now").get_by_role("listitem")).to_have_count(1)
    expect(panel("Running now")).to_contain_text("nearly")
    # What a run tells on its way comes by itself, though its state stays.
    gate = os.path.join(tempfile.mkdtemp(), "gate")
    script = """tell() { printf '{"v":1,"progress":%s,"message":"told %s"}\\n' 0.$1 $1 >> $MARTLET_PROGRESS; }
        tell 20; until [ -e "$0" ]; do sleep 0.1; done; tell 60; sleep 1800"""
    tells = call("POST", "/api/runs", {"command": ["sh", "-c", script, gate]})["id"]
    expect(panel("Running now")).to_contain_text("told 20")
    open(gate, "w", encoding="utf-8").close()
    expect(panel("Running now")).to_contain_text("told 60")
    call("POST", f"/api/runs/{tells}/stop", {"grace": "1s"})
    expect(panel("Running now").get_by_role("listitem")).to_have_count(1)
    expect(panel("Failed lately")).to_contain_text("sample-bad")
    expect(panel("Next fires")).to_contain_text("sample-nightly")
    expect(panel("Nodes")).to_contain_text("ready")
    expect(page.get_by_role("img", name="Runs per hour")).to_be_visible()
    new = call("POST", "/api/runs", {"command": ["sleep", "1800"]})["id"]
    expect(panel("Running now").get_by_role("listitem")).to_have_count(2)
    call("POST", f"/api/runs/{new}/stop", {"grace": "1s"})
    expect(panel("Running now").get_by_role("listitem")).to_have_count(1)
    panel("Failed lately").get_by_role("link", name="sample-bad").first.click()
    heading(page, "sample-bad")
    page.go_back()
    heading(page, "Overview")
    # What is shown leads to the pages that it belongs to.
    panel("Failed lately").locator("a.of", has_text="Job sample-bad").first.click()
    page.wait_for_url("**/console/jobs/sample-bad")
    page.go_back()
    panel("Next fires").get_by_role("link", name="sample-nightly").click()
    page.wait_for_url("**/console/schedules/sample-nightly")
    heading(page, "sample-nightly")
    visit.close()


@check
def runs():
    """runs are filtered by state, text and label, and opened by click and by key"""
    visit = Visit(STATE["browser"])
    page = visit.open("/console/runs")
    rows = page.locator(".run-row")
    expect(rows.filter(has_text="sample-good")).to_have_count(1)
    page.get_by_label("State").select_option("failed,lost")
    expect(rows.filter(has_text="sample-good")).to_have_count(0)
    expect(rows.filter(has_text="sample-bad")).to_have_count(1)
    assert "state=failed%2Clost" in page.url, page.url
    page.reload()
    expect(page.get_by_label("State")).to_have_value("failed,lost")
    page.get_by_role("button", name="Clear filters").click()
    # The page has drawn itself anew before somebody types.
    expect(rows.filter(has_text="sample-good")).to_have_count(1)
    page.get_by_label("Search names").fill("SAMPLE-goo")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="Clear filters").click()
    expect(rows.filter(has_text="sample-bad")).to_have_count(1)
    page.get_by_role("button", name="More filters").click()
    page.get_by_label("Label (name=value)").fill("team=db")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="Clear filters").click()
    expect(rows.filter(has_text="sample-bad")).to_have_count(1)
    page.get_by_role("grid").focus()
    page.keyboard.press("j")
    chosen = page.locator(".is-chosen a").get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{chosen}")
    shortcut(page, "g", "r")
    heading(page, "Runs")
    visit.close()


@check
def every_filter():
    """each filter of the list narrows it: kind, job, group, label, target and time, together with what was typed"""
    visit = Visit(STATE["browser"])
    since = call("GET", f"/api/runs/{STATE['bad']}")["createdAt"]
    # One run, which everything that is asked for is true of, and what another one fails at.
    cases = [("driver=command&text=sample-good", 1), ("driver=script", 0), ("job=sample-bad", None), ("job=nobody", 0), ("group=nightly", 1), ("group=weekly", 0),
             ("label=team%3Ddb&text=sh", 1), ("label=team%3Dnobody", 0), ("target=sample-good", None), (f"since={since}&job=sample-good", 0), (f"until={since}&job=sample-bad", 0)]
    page = visit.open("/console/runs")
    for query, count in cases:
        page.goto(f"{URL}/console/runs?{query}")
        expect(page.locator(".list-foot")).to_contain_text(re.compile(r"^(\d+ runs?|No run fits .*)$"))
        rows = page.locator(".run-row:not(.list-head):not(.is-missing)")
        told = call("GET", f"/api/runs?{query}")["items"]
        assert count is None or len(told) == count, (query, len(told))
        expect(rows).to_have_count(len(told))
        for row, each in zip(rows.all(), told):
            expect(row.locator(f"a[href$='{each['id']}']")).to_have_count(1)
    visit.close()


@check
def run():
    """a run tells its state and why, with tasks, results and events; it is stopped and repeated by click"""
    visit = Visit(STATE["browser"])
    page = visit.open(f"/console/runs/{STATE['bad']}")
    expect(page.locator(".why")).to_contain_text("Task main exited with code 3.")
    expect(page.locator(".facts")).to_contain_text(re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d GMT\+8"))
    expect(page.get_by_role("table")).to_contain_text("code 3")
    expect(page.locator(".facts a.of")).to_have_text("Job sample-bad")
    page.get_by_role("button", name="Run again").click()
    page.get_by_role("dialog").get_by_role("button", name="Run again").click()
    page.wait_for_url(lambda url: STATE["bad"] not in url)
    expect(page.locator(".facts")).to_contain_text("again of")
    live = call("POST", "/api/runs", {"command": ["sh", "-c", "echo going; sleep 1800"]})["id"]
    page.goto(f"{URL}/console/runs/{STATE['live']}")
    expect(page.locator(".values")).to_contain_text("12")
    expect(page.locator(".why")).to_contain_text("40 %")
    page.goto(f"{URL}/console/runs/{live}")
    expect(page.locator(".head .badge")).to_have_text("running")
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop").click()
    expect(page.locator(".head .badge")).to_contain_text("cancelled")
    visit.close()


@check
def log():
    """a log opens at its end, goes to its beginning, searches, marks stderr, colours, and links to a line"""
    visit = Visit(STATE["browser"], "zh-CN")
    page = visit.open(f"/console/runs/{STATE['log']}")
    view = page.locator(".log-view")
    expect(view).to_contain_text("the needle here")
    assert page.locator(".log-line").count() <= 2000
    eventually("the log stands at its end", lambda: view.evaluate("v => v.scrollHeight - v.scrollTop - v.clientHeight < 10"))
    page.get_by_role("button", name="到开头").click()
    expect(view.locator(".a-red")).to_have_text("red")
    expect(view.locator(".is-stderr .text")).to_have_text("trouble")
    # Down to the end by scrolling: every line once, in order.
    seen = []
    for _ in range(4000):
        for text in page.locator(".log-line.is-stdout .text").all_text_contents():
            number = re.match(r"line (\d+) of many", text)
            if number and (not seen or int(number[1]) > seen[-1]):
                seen.append(int(number[1]))
        if seen and seen[-1] == 4000:
            break
        view.evaluate("v => v.scrollBy(0, v.scrollHeight)")
        page.wait_for_timeout(50)
    assert seen == list(range(1, 4001)), f"{len(seen)} lines of 4000, {seen[0]} to {seen[-1]}"
    assert page.locator(".log-line").count() <= 2000
    page.get_by_label("搜索日志").fill("LINE 1234 of")
    page.keyboard.press("Enter")
    found = page.locator(".log-found button.is-stdout")
    expect(found).to_have_count(1)
    found.click()
    linked = page.locator(".log-line.is-linked")
    expect(linked).to_contain_text("line 1234 of many")
    expect(linked).to_be_in_viewport()
    page.reload()
    expect(linked).to_contain_text("line 1234 of many")
    expect(linked).to_be_in_viewport()
    page.get_by_role("button", name="换行").click()
    expect(page.locator(".log-lines.is-wrapped")).to_have_count(1)
    page.get_by_role("button", name="换行").click()
    expect(page.locator(".log-lines.is-wrapped")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="下载").click()
    text = open(download.value.path(), encoding="utf-8").read()
    assert text.count("\n") == 4003, text.count("\n")
    visit.close()


@check
def live_log():
    """new lines come while somebody looks, and follow"""
    script = """i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo tick $i; sleep 0.05; done; sleep 3
        i=0; while [ $i -lt 1500 ]; do i=$((i+1)); echo burst $i; done; sleep 1800"""
    live = call("POST", "/api/runs", {"command": ["sh", "-c", script]})["id"]
    visit = Visit(STATE["browser"])
    page = visit.open(f"/console/runs/{live}")
    view = page.locator(".log-view")
    expect(view).to_contain_text("tick 300", timeout=PATIENCE)
    eventually("the log follows", lambda: view.evaluate("v => v.scrollHeight - v.scrollTop - v.clientHeight < 10"))
    # More than is read at once.
    expect(view).to_contain_text("burst 1500", timeout=PATIENCE)
    eventually("the log follows", lambda: view.evaluate("v => v.scrollHeight - v.scrollTop - v.clientHeight < 10"))
    expect(page.get_by_role("button", name="Follow", exact=True)).to_have_attribute("aria-pressed", "true")
    call("POST", f"/api/runs/{live}/stop", {"grace": "1s"})
    expect(view).to_contain_text("End of the log")
    texts = page.locator(".log-line .text").all_text_contents()
    lines = [f"tick {number}" for number in range(1, 301)] + [f"burst {number}" for number in range(1, 1501)]
    assert len(texts) >= 500 and texts == lines[-len(texts):], texts[:5]
    visit.close()


@check
def hostile_texts():
    """nothing that comes from outside is markup, wherever it is shown"""
    visit = Visit(STATE["browser"])
    for path in ("/", "/console/runs", f"/console/runs/{STATE['hostile']}"):
        page = visit.open(path)
        expect(page.locator("main")).to_contain_text(HOSTILE[0][:12])
        page.wait_for_timeout(300)
        assert page.locator("main script, main iframe, main img, main [onload], main [onerror], main [onmouseover]").count() == 0
        assert page.locator("main a[href^='javascript' i]").count() == 0
        page.close()
    page = visit.open(f"/console/runs/{STATE['hostile']}")
    lines = page.locator(".log-line.is-stderr .text")
    expect(lines).to_have_count(len(HOSTILE))
    assert lines.all_text_contents() == SEEN
    tags = page.locator(".facts .tag").all_text_contents()
    assert tags == [f"name{number}={each}" for number, each in sorted(enumerate(SEEN), key=lambda each: f"name{each[0]}")], tags
    visit.close()


@check
def rights():
    """what a token may not do is not offered, and what it does not cover is not there"""
    token = call("POST", "/api/tokens", {"name": "onlooker", "role": "read", "labels": {"team": "web"}})["token"]
    visit = Visit(STATE["browser"], token=token)
    page = visit.open("/console/runs")
    rows = page.locator(".run-row")
    expect(rows.filter(has_text="sample-good").first).to_be_visible()
    expect(rows.filter(has_text="sleep 1800")).to_have_count(0)
    page.goto(f"{URL}/console/runs/{STATE['good']}")
    heading(page, "sample-good")
    expect(page.get_by_role("button", name="Run again")).to_have_count(0)
    page.goto(f"{URL}/console/runs/{STATE['live']}")
    expect(page.locator("main")).to_contain_text("There is no such run")
    page.goto(URL)
    heading(page, "Overview")
    expect(page.locator("main")).to_contain_text("Nothing runs")
    # A token that is revoked shows the login at the next call.
    call("DELETE", "/api/tokens/onlooker")
    page.get_by_role("link", name="Runs").first.click()
    expect(page.get_by_label("Token")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="The session has ended")).to_be_visible()
    visit.complaints[:] = [each for each in visit.complaints if "404" not in each]
    visit.close()


@check
def idle():
    """who left every tab alone for half an hour is logged out and told why; use of one tab counts for all"""
    visit = Visit(STATE["browser"])
    visit.context.clock.install()
    first, second = visit.open("/console/runs"), visit.open("/console/jobs")
    heading(first, "Runs")
    heading(second, "Jobs and scripts")
    visit.context.clock.fast_forward("20:00")
    with second.expect_response(lambda answer: answer.request.method == "PUT" and answer.url.endswith("/api/session")) as told:
        second.keyboard.press("ArrowDown")
    assert told.value.status == 204, told.value.status
    visit.context.clock.fast_forward("20:00")
    first.wait_for_timeout(500)
    heading(first, "Runs")
    visit.context.clock.fast_forward("15:00")
    expect(first.get_by_text("you were logged out")).to_be_visible()
    expect(second.get_by_label("Token")).to_be_visible()
    first.reload()
    expect(first.get_by_label("Token")).to_be_visible()
    visit.close()


@check
def languages():
    """the language is the browser's first, changes by a click and by a key, and is remembered"""
    visit = Visit(STATE["browser"], "zh-CN")
    page = visit.open("/console/runs")
    heading(page, "运行记录")
    page.get_by_role("button", name="English").click()
    heading(page, "Runs")
    page.reload()
    heading(page, "Runs")
    page.locator("body").press("Shift+L")
    heading(page, "运行记录")
    page.locator("body").press("?")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("键盘快捷键")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.locator("body").press("Shift+T")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    visit.close()


@check
def looks():
    """every page fits and is accessible in both languages, light and dark, narrow and wide"""
    paths = [("", None), ("console/runs", None), (f"console/runs/{STATE['log']}", None), (f"console/runs/{STATE['live']}", None)]
    for language, scheme, width in LOOKS:
        visit = Visit(STATE["browser"], language, scheme, width, 800)
        for path, _ in paths:
            page = visit.open(f"/{path}")
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            page.wait_for_timeout(400)
            what = f"/{path} {language} {scheme} {width}"
            fits(page, what)
            accessible(page, what)
            page.close()
        visit.close()
        guest = Visit(STATE["browser"], language, scheme, width, 800, token=None)
        page = guest.open("/")
        expect(page.locator("#token")).to_be_visible()
        fits(page, f"login {width}")
        accessible(page, f"login {language} {scheme} {width}")
        guest.close()


if __name__ == "__main__":
    samples()
    with browser() as STATE["browser"]:
        main(CHECKS)
