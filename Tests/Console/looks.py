"""Every page of a part in both languages, light and dark, narrow and wide: it fits, it is accessible, and on demand pictured."""

import os
import re

from browser import Visit, accessible, expect, fits

LOOKS = [("en-US", "light", 1280), ("zh-CN", "dark", 360)]
PICTURED = [*LOOKS, ("zh-CN", "dark", 1280), ("en-US", "light", 360)]
HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>", "javascript:alert(1)",
    "{{7*7}}${7*7}", "</textarea><script>alert(1)</script>", "' onmouseover='alert(1)", "<iframe srcdoc='<script>alert(1)</script>'>",
    "\u27e60\u27e7", "<!--\u27e61\u27e7-->", "\u202egnp.exe", "zero\u200bwidth",
]
# What hides, or turns the order of signs, is shown by its number.
SEEN = [each.replace("\u202e", "\u2039U+202E\u203a").replace("\u200b", "\u2039U+200B\u203a") for each in HOSTILE]


def named(page, what):
    """Every text that is asked for exists."""
    shown = page.evaluate("""() => {
        const copy = document.body.cloneNode(true);
        for (const code of copy.querySelectorAll("code, pre, .settings")) code.remove();
        return copy.textContent + [...document.querySelectorAll('[placeholder], [aria-label]')].map((each) => `${each.placeholder} ${each.ariaLabel}`);
    }""")
    keys = re.findall(r"\b(?:app|log|run|runs|page|group|backups|volume|version|jobapi|eval|alloc|node|token|audit|settings|repl)\.[a-zA-Z]+\b", shown)
    assert not keys, f"{what} lacks the texts {keys}"


def looks(running, paths):
    """Looks at each address; `paths` names them. MARTLET_PICTURES is a folder for pictures."""
    folder = os.environ.get("MARTLET_PICTURES")
    for language, scheme, width in PICTURED if folder else LOOKS:
        visit = Visit(running, language, scheme, width, 800)
        page = visit.open("/console/runs")
        for name, path in paths.items():
            what = f"{name} {language} {scheme} {width}"
            page.goto(page.url.split("/console")[0] + path)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            expect(page.locator(".loading")).to_have_count(0)
            page.wait_for_timeout(250)
            if folder:
                page.screenshot(path=f"{folder}/{name}-{language[:2]}-{scheme}-{width}.png", full_page=True)
            fits(page, what)
            named(page, what)
            accessible(page, what)
        visit.close()
