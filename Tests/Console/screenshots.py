"""Takes pictures of every page: in both languages, light and dark, narrow and wide."""

import os
import re
import sys

import pages
import work
from browser import Visit, browser, expect

LOOKS = [("en-US", "light", 1280), ("zh-CN", "dark", 1280), ("zh-CN", "light", 360), ("en-US", "dark", 360), ("zh-CN", "light", 2560)]


def main(folder):
    os.makedirs(folder, exist_ok=True)
    pages.samples()
    work.samples()
    state = pages.STATE
    paths = {"overview": "/", "runs": "/console/runs", "run": f"/console/runs/{state['log']}", "run-live": f"/console/runs/{state['live']}", "run-hostile": f"/console/runs/{state['hostile']}"}
    paths.update({re.sub(r"\W", "-", path): f"/console/{path}" for path in work.PATHS})
    with browser() as running:
        for language, scheme, width in LOOKS:
            look = f"{language[:2]}-{scheme}-{width}"
            visit = Visit(running, language, scheme, width, 900)
            for name, path in paths.items():
                page = visit.open(path)
                expect(page.get_by_role("heading", level=1)).to_be_visible()
                page.wait_for_timeout(600)
                page.screenshot(path=f"{folder}/{name}-{look}.png", full_page=name != "runs")
                page.close()
            visit.close()
            guest = Visit(running, language, scheme, width, 900, token=None)
            page = guest.open("/")
            expect(page.locator("#token")).to_be_visible()
            page.screenshot(path=f"{folder}/login-{look}.png")
            guest.close()


if __name__ == "__main__":
    main(sys.argv[1])
