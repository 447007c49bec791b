"""Settings in a browser: what is in force and who set it, narrowed by typing; who may call what; whether the server is well."""

import re

from browser import URL, Visit, browser, call, expect, main, shortcut
from looks import HOSTILE, SEEN, looks

CHECKS = []
STATE = {}


def check(body):
    CHECKS.append(body)
    return body


def rows(page):
    return page.locator(".settings li")


@check
def shows():
    """every setting in force is there with its source and the way to change it, and no secret is"""
    told = call("GET", "/api/settings")
    visit = Visit(STATE["browser"])
    page = visit.open("/")
    shortcut(page, "g", "s")
    expect(rows(page)).to_have_count(len(told["items"]))
    by_name = {each["name"]: each for each in told["items"]}
    inventory = rows(page).filter(has=page.get_by_text("backups.inventory", exact=True))
    expect(inventory).to_contain_text("MARTLET_BACKUPS_INVENTORY")
    expect(inventory).to_contain_text(by_name["backups.inventory"]["value"])
    expect(inventory.locator(".by .tag")).to_have_text("environment")
    expect(rows(page).filter(has=page.get_by_text("dataDir", exact=True)).locator(".by .tag")).to_have_text("flag")
    expect(rows(page).filter(has=page.get_by_text("limits.runs", exact=True)).locator(".by .tag")).to_have_text("default")
    password = rows(page).filter(has=page.get_by_text("clusters.password", exact=True))
    expect(password).to_contain_text("hidden")
    assert by_name["clusters.password"]["isSecret"] and "open sesame" not in page.content()
    visit.close()


@check
def narrows():
    """the list is narrowed by words and by source, in an address that can be kept"""
    visit = Visit(STATE["browser"], "zh-CN")
    page = visit.open("/console/settings")
    means = rows(page).locator(".key p")
    expect(means.first).to_be_visible()
    english = [each for each in means.all_text_contents() if not re.search("[\u4e00-\u9fff]", each)]
    assert not english, f"text/setting-meanings.js lacks {english}"
    page.get_by_label("搜索键").fill("RETENTION.")
    names = rows(page).locator(".key code")
    expect(names.first).to_have_text("retention.age")
    assert all(each.startswith("retention.") for each in names.all_text_contents())
    page.get_by_label("搜索键").fill("")
    page.get_by_label("来源").select_option("environment")
    expect(names.filter(has_text="backups.repository")).to_have_count(1)
    expect(names.filter(has_text="limits.runs")).to_have_count(0)
    page.reload()
    expect(page.get_by_label("来源")).to_have_value("environment")
    page.get_by_label("搜索键").fill("no such key")
    expect(page.locator("main")).to_contain_text("没有匹配的设置")
    visit.close()


@check
def health():
    """listeners say who may call what, and the server's own checks are there with what they link to"""
    visit = Visit(STATE["browser"])
    page = visit.open("/console/settings")
    panel = page.locator("section.panel", has=page.get_by_role("heading", name="Listener"))
    expect(panel).to_have_count(1)
    expect(panel).to_contain_text("http://127.0.0.1:")
    expect(panel.locator("div", has=page.get_by_text("With a token", exact=True))).to_contain_text("native")
    expect(panel.locator("div", has=page.get_by_text("Without a token", exact=True))).to_contain_text("scripts")
    well = page.locator("section.panel", has=page.get_by_role("heading", name="Health"))
    expect(well.get_by_role("listitem").filter(has_text="Disk")).to_contain_text("well")
    for name, beginning in (("/metrics", "# TYPE martlet_"), ("/readyz", '{"status":"ready"'), ("OpenAPI", "{")):
        answer = visit.context.request.get(URL + well.get_by_role("link", name=name).get_attribute("href"))
        assert answer.status == 200 and answer.text().startswith(beginning), (name, answer.status)
    visit.close()


@check
def hostile():
    """whatever a setting holds is text"""
    told = call("GET", "/api/settings")
    told["file"] = HOSTILE[1]
    for each, text in zip(told["items"], HOSTILE):
        each.update(name=f"server.{text}", value=text, description=text, variable=text, **{"from": text})
    told["listeners"][0].update(address=HOSTILE[0], facades=HOSTILE, open=HOSTILE[:3], allow=HOSTILE)
    visit = Visit(STATE["browser"])
    visit.context.route("**/api/settings", lambda route: route.fulfill(json=told))
    page = visit.open("/console/settings")
    shown = rows(page).locator(".given code")
    expect(shown.nth(len(SEEN) - 1)).to_be_visible()
    texts = shown.all_text_contents()
    assert all(each in texts for each in SEEN), texts
    assert page.locator("main script, main iframe, main img, main [onload], main [onerror], main [onmouseover], main a[href^='javascript' i]").count() == 0
    visit.close()


@check
def rights():
    """a token that does not administer is offered no settings"""
    token = call("POST", "/api/tokens", {"name": "settings-runner", "role": "run"})["token"]
    visit = Visit(STATE["browser"], token=token)
    page = visit.open("/console/settings")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no such page")
    expect(page.get_by_role("link", name="Settings")).to_have_count(0)
    visit.close()
    call("DELETE", "/api/tokens/settings-runner")


@check
def every_look():
    """the page fits and is accessible in both languages, light and dark, narrow and wide"""
    looks(STATE["browser"], {"settings": "/console/settings"})


if __name__ == "__main__":
    with browser() as STATE["browser"]:
        main(CHECKS)
