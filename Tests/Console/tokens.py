"""Tokens in a browser: one is made by clicking, shown once, works with its rights alone, and is revoked."""

from browser import URL, Visit, browser, call, expect, main, shortcut
from looks import HOSTILE, SEEN, looks

CHECKS = []
STATE = {}


def check(body):
    CHECKS.append(body)
    return body


def fill(page, name, role="Run"):
    page.get_by_role("button", name="Make a token").first.click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_text(role, exact=True).click()


@check
def makes_and_revokes():
    """a token is made with its bounds, shown once, used, and revoked after a question"""
    visit = Visit(STATE["browser"])
    page = visit.open("/")
    shortcut(page, "g", "t")
    expect(page.locator("main")).to_contain_text("There is no token beside the admin token")
    fill(page, "ci")
    page.get_by_label("Only these jobs").fill("deploy-*\nbuild-*")
    page.get_by_label("Only these labels").fill("team=web*")
    page.get_by_label("Valid for").select_option("30d")
    page.locator("form").get_by_role("button", name="Make a token").click()
    secret = page.get_by_label("The new token")
    expect(secret).to_be_visible()
    value = secret.input_value()
    assert value.startswith("mlt_")
    made = call("GET", "/api/tokens")["items"][0]
    assert (made["role"], made["jobs"], made["labels"], made["secretsRead"]) == ("run", ["deploy-*", "build-*"], {"team": "web*"}, False), made
    row = page.get_by_role("row").filter(has_text="ci")
    expect(row).to_contain_text("deploy-*")
    other = Visit(STATE["browser"], token=value)
    seen = other.open("/console/runs")
    expect(seen.get_by_role("link", name="Tokens")).to_have_count(0)
    seen.goto(URL + "/console/tokens")
    expect(seen.get_by_role("heading", level=1)).to_have_text("There is no such page")
    page.reload()
    expect(row).to_be_visible()
    assert value not in page.content()
    page.get_by_role("button", name="Revoke ci").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("row").filter(has_text="ci")).to_have_count(0)
    page.get_by_role("button", name="Show revoked").click()
    expect(page.get_by_role("row").filter(has_text="ci")).to_contain_text("revoked")
    seen.goto(URL + "/console/runs")
    expect(seen.get_by_label("Token")).to_be_visible()
    other.close()
    visit.close()


@check
def refuses():
    """what the server refuses is said in the form, which stays as it is; what was typed is text"""
    call("POST", "/api/tokens", {"name": "taken", "role": "read"})
    visit = Visit(STATE["browser"])
    page = visit.open("/console/tokens")
    fill(page, "taken")
    page.get_by_label("Only these labels").fill("nothing")
    page.locator("form").get_by_role("button", name="Make a token").click()
    expect(page.get_by_role("alert")).to_contain_text("name=pattern: nothing")
    page.get_by_label("Only these labels").fill("team=web")
    page.locator("form").get_by_role("button", name="Make a token").click()
    expect(page.get_by_role("alert")).to_contain_text("taken")
    expect(page.get_by_label("Name", exact=True)).to_have_value("taken")
    visit.complaints[:] = [each for each in visit.complaints if "409" not in each and "400" not in each]
    page.get_by_label("Name", exact=True).fill("hostile")
    page.get_by_label("Only these jobs").fill("\n".join(HOSTILE))
    page.locator("form").get_by_role("button", name="Make a token").click()
    tags = page.get_by_role("row").filter(has_text="hostile").locator(".tag")
    expect(tags).to_have_count(len(HOSTILE) + 1)
    assert tags.all_text_contents() == [*SEEN, "team=web"]
    visit.close()


@check
def every_look():
    """the page fits and is accessible in both languages, light and dark, narrow and wide"""
    looks(STATE["browser"], {"tokens": "/console/tokens"})


if __name__ == "__main__":
    with browser() as STATE["browser"]:
        main(CHECKS)
