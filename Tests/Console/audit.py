"""The audit trail in a browser: listed at any length, narrowed, looked into, verified by clicking."""

import re
import urllib.error

from browser import Visit, browser, call, eventually, expect, main, shortcut
from looks import HOSTILE, looks

CHECKS = []
STATE = {}


def check(body):
    CHECKS.append(body)
    return body


def refused(method, path, body=None):
    try:
        call(method, path, body)
    except urllib.error.HTTPError:
        return
    raise AssertionError(f"{method} {path} was not refused")


def samples():
    for number in range(230):
        call("PUT", f"/api/jobs/sample-{number % 5}", {"command": ["true"], "timeout": f"{number + 1}s"})
    refused("PUT", "/api/jobs/sample-bad", {"command": []})
    for text in HOSTILE:
        refused("DELETE", "/api/jobs/" + "".join(f"%{byte:02x}" for byte in text.encode()))


@check
def lists():
    """older records follow as somebody scrolls; a record is opened by click and by key, and narrows the list"""
    visit = Visit(STATE["browser"])
    page = visit.open("/")
    shortcut(page, "g", "a")
    rows = page.locator(".audit-row[class='audit-row']")
    expect(rows.first).to_be_visible()
    expect(page.locator(".list-foot")).to_contain_text("loaded")
    page.get_by_role("grid").focus()

    def is_whole():
        page.keyboard.press("End")
        return re.fullmatch(r"\d+ records", page.locator(".list-foot").inner_text().strip())

    eventually("every record is there", is_whole)
    page.keyboard.press("End")
    expect(rows.filter(has_text="PUT /api/jobs/{name}").last).to_be_visible()
    expect(page.locator(".list-foot")).to_have_text(re.compile(r"^\d+ records$"))
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Record 1")
    page.keyboard.press("Escape")
    page.keyboard.press("Home")
    page.get_by_label("Target, whole").fill("job sample-3")
    page.keyboard.press("Enter")
    expect(page.locator(".list-foot")).to_have_text("46 records")
    assert "target=job+sample-3" in page.url, page.url
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".list-foot")).not_to_have_text("46 records")
    expect(page.get_by_label("Target, whole")).to_have_value("")
    page.get_by_label("Target, whole").fill("job sample-bad")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("invalid")
    rows.get_by_role("button").click()
    expect(dialog).to_contain_text("127.0.0.1")
    page.keyboard.press("Escape")
    page.get_by_label("Target, whole").fill("job nobody")
    page.keyboard.press("Enter")
    expect(page.locator(".list-foot")).to_contain_text("No record has this target")
    visit.close()


@check
def hostile():
    """what somebody tried stays text"""
    visit = Visit(STATE["browser"])
    page = visit.open("/console/audit")
    shown = page.locator(".audit-row[class='audit-row'] > :nth-child(5)")
    expect(shown.first).to_be_visible()
    texts = shown.all_text_contents()
    for text in HOSTILE[:3]:
        assert any(text in each for each in texts), (text, texts)
    visit.close()


@check
def verifies():
    """the chain is walked by click, and compared with a line of before; a wrong one is told"""
    visit = Visit(STATE["browser"])
    page = visit.open("/console/audit")
    page.get_by_role("button", name="Verify the chain").click()
    page.get_by_role("button", name="Verify", exact=True).click()
    line = page.locator("code.line")
    expect(line).to_have_text(re.compile(r"^\d+:[0-9a-f]{64}$"))
    noted = line.text_content()
    field = page.get_by_label("A line noted earlier")
    field.fill(noted)
    page.get_by_role("button", name="Verify", exact=True).click()
    expect(page.locator("#audit-verify")).to_contain_text("fit")
    number, digest = noted.split(":")
    field.fill(f"{number}:{digest[::-1]}")
    page.get_by_role("button", name="Verify", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("another hash")
    field.fill("no line")
    page.get_by_role("button", name="Verify", exact=True).click()
    expect(page.get_by_role("alert").first).to_contain_text("NUMBER:HASH")
    visit.close()


@check
def rights():
    """a token that does not administer is offered neither the trail nor the tokens"""
    token = call("POST", "/api/tokens", {"name": "audit-runner", "role": "run"})["token"]
    visit = Visit(STATE["browser"], token=token)
    page = visit.open("/console/audit")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no such page")
    expect(page.get_by_role("link", name="Audit")).to_have_count(0)
    visit.close()
    call("DELETE", "/api/tokens/audit-runner")


@check
def every_look():
    """the page fits and is accessible in both languages, light and dark, narrow and wide"""
    looks(STATE["browser"], {"audit": "/console/audit"})


if __name__ == "__main__":
    samples()
    with browser() as STATE["browser"]:
        main(CHECKS)
