"""A real browser before a real server: what the programs of this folder share."""

import json
import os
import sys
import time
import urllib.request
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

URL = os.environ["MARTLET_SERVER"]
TOKEN = os.environ["MARTLET_TOKEN"]
CHROMIUM = os.environ.get("MARTLET_CHROMIUM", "/usr/bin/chromium")

# Milliseconds; a browser that gets no processor for a while has not failed.
PATIENCE = 120_000
expect.set_options(timeout=60_000)


def call(method, path, body=None, headers=None):
    """One call of the native API; its JSON."""
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(URL + path, method=method, data=data)
    for name, value in {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", **(headers or {})}.items():
        request.add_header(name, value)
    with urllib.request.urlopen(request, timeout=600) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def ended(run):
    """The run after its end."""
    def found():
        answer = call("GET", f"/api/runs/{run}", headers={"Prefer": "wait=60"})
        return answer if answer.get("finishedAt") else None

    return eventually(f"run {run} ends", found, 600)


def eventually(what, found, seconds=120):
    """What `found` gives once that is true."""
    deadline = time.monotonic() + seconds
    while True:
        value = found()
        if value:
            return value
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(0.05)


@contextmanager
def browser():
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, timeout=PATIENCE,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        try:
            yield running
        finally:
            running.close()


class Visit:
    """One browser profile that is logged in; what its pages complain of is a failure."""

    def __init__(self, running, language="en-US", scheme="light", width=1280, height=800, token=TOKEN):
        self.context = running.new_context(
            locale=language, color_scheme=scheme, viewport={"width": width, "height": height},
            timezone_id="Asia/Shanghai", reduced_motion="reduce")
        self.context.set_default_timeout(PATIENCE)
        self.complaints = []
        self.language = language
        if token:
            answer = self.context.request.post(
                URL + "/api/session", data={"token": token}, headers={"X-Martlet-Console": "1"}, timeout=PATIENCE)
            assert answer.status == 201, answer.text()
            # As the login page does it; what a later login keeps stays.
            mark = json.dumps(answer.json()["mark"])
            self.context.add_init_script(
                f"if (!localStorage.getItem('martlet.mark')) localStorage.setItem('martlet.mark', {mark})")

    def open(self, path="/"):
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"{path}: {error}"))
        page.on("console", lambda message: self.heard(path, message))
        page.on("dialog", lambda dialog: (self.complaints.append(f"{path}: a script ran"), dialog.dismiss()))
        page.goto(URL + path)
        return page

    def heard(self, path, message):
        # A call that nobody is logged in for says so in the console of the browser, too.
        if message.type == "error" and "401" not in message.text:
            self.complaints.append(f"{path}: {message.text}")

    def close(self):
        self.context.close()
        assert not self.complaints, "\n".join(self.complaints)


def shortcut(page, *keys):
    """Presses keys one after the other, as soon as the page takes them: they come with its frame."""
    expect(page.locator("nav").first).to_be_attached()
    for key in keys:
        page.keyboard.press(key)


def accessible(page, what):
    """axe finds nothing serious."""
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    bad = [violation for violation in found.response["violations"] if violation["impact"] in ("serious", "critical")]
    assert not bad, f"{what}: " + json.dumps(
        [{"id": each["id"], "nodes": [node["html"][:200] for node in each["nodes"][:3]]} for each in bad], indent=1)


def fits(page, what):
    """Nothing is wider than the page."""
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1")
    assert not wide, f"{what} is wider than its window"


def main(checks):
    """Runs every check and says which ones failed."""
    failures = 0
    for check in checks:
        begun = time.monotonic()
        try:
            check()
            print(f"ok   {check.__doc__} ({time.monotonic() - begun:.1f} s)")
        except Exception as error:  # The others are tried all the same.
            failures += 1
            print(f"FAIL {check.__doc__}\n{type(error).__name__}: {str(error)[:2000]}")
    sys.exit(1 if failures else 0)
