"""Backups in a browser: a volume is backed up, proven, looked into and restored by clicking. MARTLET_VOLUMES has the directories 1 and 2."""

import os
import subprocess

from browser import PATIENCE, Visit, accessible, browser, call, eventually, expect, main, shortcut
from looks import HOSTILE, SEEN, looks

CHECKS = []
STATE = {}
FOLDER = os.environ["MARTLET_VOLUMES"] + "/1"
VOLUME = "shop-shop.web.web-1-data"
NAMES, SHOWN = ([name.replace("/", "\u2215") for name in names] for names in (HOSTILE, SEEN))


def check(body):
    CHECKS.append(body)
    return body


def write(name, text):
    os.makedirs(os.path.dirname(f"{FOLDER}/{name}"), exist_ok=True)
    with open(f"{FOLDER}/{name}", "w", encoding="utf-8") as file:
        file.write(text)


def samples():
    write("a.txt", "first\n")
    write("deep/er/b.txt", "below\n")
    for name in NAMES:
        write(f"hostile/{name}", name)


def versions():
    return call("GET", f"/api/volumes/{VOLUME}/versions")["items"]


@check
def makes():
    """a volume is found by search, backed up and proven by click; the list tells both"""
    visit = Visit(STATE["browser"])
    page = visit.open("/")
    shortcut(page, "g", "b")
    row = page.get_by_role("row").filter(has_text=VOLUME)
    expect(row).to_contain_text("no backup yet")
    row.get_by_role("link").click()
    expect(page.locator("main")).to_contain_text("Nothing was backed up yet")
    page.get_by_role("button", name="Back up (full)").click()
    expect(page.get_by_role("link", name="Browse version 1")).to_be_visible()
    expect(page.get_by_role("img", name="Size of versions")).to_be_visible()
    page.get_by_role("button", name="Prove it").click()
    page.get_by_role("dialog").get_by_role("button", name="Prove it").click()
    expect(page.locator(".head .badge")).to_contain_text("proven")
    page.get_by_role("link", name="Backups").first.click()
    expect(row).to_contain_text("proven")
    expect(row).to_contain_text("full")
    visit.close()


@check
def restores():
    """one chosen file is restored after a preview that wrote nothing; the volume's other files stay"""
    write("a.txt", "spoilt\n")
    write("new.txt", "new\n")
    visit = Visit(STATE["browser"])
    page = visit.open(f"/console/backups/{VOLUME}/1")
    page.get_by_role("button", name="Show what would change").click()
    changes = page.locator(".changes")
    expect(changes.locator("li").filter(has_text="/new.txt")).to_contain_text("remove")
    expect(changes.locator("li").filter(has_text="/a.txt")).to_contain_text("change")
    page.get_by_label("Restore a.txt").check()
    expect(changes).to_have_count(0)
    page.get_by_role("button", name="Show what would change").click()
    expect(changes.locator("li")).to_have_count(1)
    assert open(f"{FOLDER}/a.txt", encoding="utf-8").read() == "spoilt\n"
    page.get_by_role("button", name="Restore now").click()
    page.get_by_role("dialog").get_by_role("button", name="Restore now").click()
    page.wait_for_url("**/console/runs/*")
    expect(page.locator(".head .badge")).to_have_text("succeeded", timeout=PATIENCE)
    expect(page.locator(".facts a.of")).to_have_text(f"Volume {VOLUME}")
    assert open(f"{FOLDER}/a.txt", encoding="utf-8").read() == "first\n"
    assert os.path.exists(f"{FOLDER}/new.txt")
    assert any(version["mode"] == "safety" for version in versions())
    visit.close()


@check
def browses():
    """directories are entered by click and left by the way above; names are text"""
    visit = Visit(STATE["browser"])
    page = visit.open(f"/console/backups/{VOLUME}/1")
    page.get_by_role("link", name="deep/").click()
    page.get_by_role("link", name="er/").click()
    expect(page.get_by_role("cell", name="b.txt", exact=True)).to_be_visible()
    page.get_by_role("navigation", name="Where in the version").get_by_role("link", name="Volume").click()
    page.get_by_role("link", name="hostile/").click()
    cells = page.locator("td.break")
    expect(cells).to_have_count(len(NAMES))
    assert sorted(cells.all_text_contents()) == sorted(SHOWN)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as tar.gz").click()
    assert download.value.suggested_filename.endswith(".tar.gz")
    visit.close()


@check
def rights():
    """a token that only reads is offered no backup, no restore and no removal"""
    token = call("POST", "/api/tokens", {"name": "volumes-reader", "role": "read"})["token"]
    visit = Visit(STATE["browser"], token=token)
    page = visit.open(f"/console/backups/{VOLUME}")
    expect(page.get_by_role("link", name="Browse version 1")).to_be_visible()
    expect(page.locator(".actions")).to_have_count(0)
    page.get_by_role("link", name="Browse version 1").click()
    expect(page.get_by_role("cell", name="a.txt", exact=True)).to_be_visible()
    expect(page.get_by_role("checkbox")).to_have_count(0)
    expect(page.get_by_role("button", name="Remove")).to_have_count(0)
    visit.close()
    call("DELETE", "/api/tokens/volumes-reader")


@check
def maintains():
    """an archive is imported, what the rules remove is shown before it goes, and versions are looked for in the repository"""
    archive = os.environ["MARTLET_VOLUMES"] + "/old-1500000000.tar.gz"
    subprocess.run(["tar", "czf", archive, "-C", FOLDER, "a.txt"], check=True)
    before = len(versions())
    visit = Visit(STATE["browser"])
    page = visit.open(f"/console/backups/{VOLUME}")
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Import", exact=True).click()
    accessible(page, "the form of an import")
    dialog.get_by_label("File on the server").fill("/no/such.tar")
    dialog.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator(".toast.is-bad")).to_contain_text("file: is no file")
    page.get_by_role("button", name="Import", exact=True).click()
    dialog.get_by_label("File on the server").fill(archive)
    dialog.get_by_role("button", name="Import", exact=True).click()
    eventually("it is imported", lambda: len(versions()) == before + 1)
    imported = next(each for each in versions() if each["createdAt"].startswith("2017-07-14"))
    page.get_by_role("button", name="Clear up").click()
    row = dialog.get_by_role("row").filter(has_text="2017-07-14")
    expect(row).to_contain_text("goes")
    expect(dialog.get_by_role("row").filter(has_text="stays").first).to_contain_text("younger than")
    accessible(page, "what the rules keep")
    dialog.get_by_role("button", name="Remove 1 version", exact=True).click()
    eventually("it is gone", lambda: imported["number"] not in [each["number"] for each in versions()])
    page.get_by_role("button", name="Find versions").click()
    dialog.get_by_role("button", name="Find them").click()
    eventually("it ended", lambda: [run for run in call("GET", "/api/runs?job=volumes.adopt")["items"] if run["state"] == "succeeded"])
    visit.complaints[:] = [each for each in visit.complaints if "400" not in each and "404" not in each and "409" not in each]
    visit.close()


@check
def removes():
    """a version is removed after a question"""
    before = len(versions())
    oldest = versions()[0]["number"]
    visit = Visit(STATE["browser"], "zh-CN")
    page = visit.open(f"/console/backups/{VOLUME}/{oldest}")
    page.get_by_role("button", name="删除").click()
    page.get_by_role("dialog").get_by_role("button", name="删除").click()
    page.wait_for_url("**/console/runs/*")
    eventually("the version is gone", lambda: len(versions()) == before - 1)
    visit.close()


@check
def every_look():
    """every page of backups fits and is accessible in both languages, light and dark, narrow and wide"""
    looks(STATE["browser"], {"backups": "/console/backups", "volume": f"/console/backups/{VOLUME}", "version": f"/console/backups/{VOLUME}/1?path=%2Fhostile"})


if __name__ == "__main__":
    samples()
    with browser() as STATE["browser"]:
        main(CHECKS)
