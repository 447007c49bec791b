"""The job API in a browser: jobs whose ids have slashes, what was decided and why, versions, allocations with their logs."""

from browser import PATIENCE, Visit, accessible, browser, call, eventually, expect, main, shortcut
from looks import HOSTILE, SEEN, looks

CHECKS = []
STATE = {}
SLASHED = "team/echo"


def check(body):
    CHECKS.append(body)
    return body


def register(job, script="echo hello; sleep 1", kind="batch", count=1, resources=None, **more):
    task = {"Name": "t", "Driver": "raw_exec", "Config": {"command": "/bin/sh", "args": ["-c", script]}}
    if resources:
        task["Resources"] = resources
    group = {"Name": "g", "Count": count, "Tasks": [task]}
    return call("POST", "/v1/jobs", {"Job": {"ID": job, "Name": job, "Type": kind, "Datacenters": ["dc1"], "TaskGroups": [group], **more}})


def allocations(job):
    return [each for each in call("GET", "/v1/allocations") if each["JobID"] == job]


def samples():
    register(SLASHED, "echo first")
    register(SLASHED, "echo hello from it; echo trouble >&2; sleep 1", count=2)
    register("stuck", resources={"CPU": 90_000_000, "MemoryMB": 10})
    register("service", "echo serving; exec sleep 300", "service")
    register("hostile", "echo done", Meta={f"m{number}": text for number, text in enumerate(HOSTILE)})
    eventually("it ended", lambda: [each for each in allocations(SLASHED) if each["ClientStatus"] == "complete"] and [each for each in allocations("service") if each["ClientStatus"] == "running"])


@check
def jobs():
    """jobs are searched and opened by click, with slashes in their ids; versions show what changed"""
    visit = Visit(STATE["browser"])
    page = visit.open("/")
    shortcut(page, "g", "j")
    expect(page.get_by_role("link", name="stuck")).to_be_visible()
    page.get_by_label("Search jobs").fill("TEAM")
    expect(page.get_by_role("link", name="stuck")).to_have_count(0)
    page.get_by_role("link", name=SLASHED).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(SLASHED)
    edited = page.locator(".diff li.is-edited")
    expect(edited.filter(has_text="Count")).to_contain_text("1 → 2")
    expect(edited.filter(has_text="args[1]")).to_contain_text("hello from it")
    page.get_by_role("button", name="Make version 0 the current one").click()
    page.get_by_role("dialog").get_by_role("button", name="Make it the current one").click()
    expect(page.locator(".rows strong").filter(has_text="#2")).to_be_visible()
    visit.close()


@check
def explains():
    """a job that has no place says why, and so does its evaluation"""
    visit = Visit(STATE["browser"])
    page = visit.open("/console/job-api/jobs/stuck")
    expect(page.locator(".why")).to_contain_text("Group g: 1 allocation waits for a place.")
    expect(page.locator(".why")).to_contain_text("1 node has too little left of: cpu")
    page.get_by_role("link", name="Job API").first.click()
    page.get_by_role("button", name="Evaluations").click()
    blocked = page.locator(".evaluation").filter(has_text="blocked").filter(has_text="stuck")
    expect(blocked).to_contain_text("too little left of: cpu")
    page.get_by_role("button", name="Nodes").click()
    expect(page.locator(".panel")).to_contain_text("takes allocations")
    expect(page.locator(".panel")).to_contain_text("raw_exec")
    visit.close()


@check
def allocation():
    """an allocation shows task events and its log, is restarted and stopped by click, and changes by itself"""
    visit = Visit(STATE["browser"])
    page = visit.open("/console/job-api/jobs/service")
    page.get_by_role("table").filter(has_text="Created").get_by_role("link").first.click()
    expect(page.locator(".events")).to_contain_text("Task started by client")
    expect(page.locator(".log-view")).to_contain_text("serving")
    page.get_by_role("link", name="The run").click()
    expect(page.locator(".facts a.of")).to_contain_text(["Job of the job API service", "Allocation"])
    page.go_back()
    page.get_by_role("button", name="Restart").click()
    page.get_by_role("dialog").get_by_role("button", name="Restart").click()
    expect(page.locator(".events")).to_contain_text("Restart", timeout=PATIENCE)
    page.get_by_role("link", name="service").first.click()
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop").click()
    expect(page.locator(".head")).to_contain_text("over", timeout=PATIENCE)
    visit.close()


@check
def dispatches():
    """a job that waits for dispatches is started from a form of its meta keys and its payload"""
    task = {"Name": "t", "Driver": "raw_exec", "Config": {"command": "/bin/sh", "args": ["-c", "echo table $NOMAD_META_table; cat local/input"]}, "DispatchPayload": {"File": "input"}}
    call("POST", "/v1/jobs", {"Job": {"ID": "team/copy", "Name": "team/copy", "Type": "batch", "Datacenters": ["dc1"], "TaskGroups": [{"Name": "g", "Count": 1, "Tasks": [task]}],
                                      "ParameterizedJob": {"Payload": "required", "MetaRequired": ["table"], "MetaOptional": ["rows", HOSTILE[1]]}}})
    visit = Visit(STATE["browser"], "zh-CN")
    page = visit.open("/console/job-api/jobs/team%2Fcopy")
    page.get_by_role("button", name="派发").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label(HOSTILE[1])).to_be_visible()
    accessible(page, "the form of a dispatch")
    dialog.get_by_label("负载").fill("行 one")
    dialog.get_by_role("button", name="派发").click()
    expect(dialog).to_be_visible()  # The browser asks for what is required.
    dialog.get_by_label("table").fill("orders")
    dialog.get_by_role("button", name="派发").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("team/copy/dispatch-")
    expect(page.locator(".facts")).to_contain_text("table=orders")
    page.get_by_role("table").filter(has_text="创建时间").get_by_role("link").first.click()
    expect(page.locator(".log-view")).to_contain_text("table orders")
    expect(page.locator(".log-view")).to_contain_text("行 one")
    visit.close()


@check
def node():
    """a node takes nothing new, is drained and takes allocations again by click"""
    register("rests", "exec sleep 300", "service")
    eventually("it runs", lambda: [each for each in allocations("rests") if each["ClientStatus"] == "running"])
    visit = Visit(STATE["browser"])
    page = visit.open("/console/job-api?view=nodes")
    head = page.locator(".panel h2")

    def change(name):
        head.get_by_role("button", name=name, exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()

    change("Take no new ones")
    expect(head).to_contain_text("takes no new allocations")
    change("Take allocations")
    expect(head).to_contain_text("takes allocations")
    change("Drain")
    expect(head.get_by_role("button", name="Take allocations")).to_be_visible()
    eventually("it is ended", lambda: not [each for each in allocations("rests") if each["ClientStatus"] == "running"])
    change("Take allocations")
    expect(head).to_contain_text("takes allocations")
    eventually("it runs again", lambda: [each for each in allocations("rests") if each["ClientStatus"] == "running"])
    call("DELETE", "/v1/job/rests")
    visit.close()


@check
def hostile():
    """what a job holds is text"""
    visit = Visit(STATE["browser"])
    page = visit.open("/console/job-api/jobs/hostile")
    tags = page.locator(".facts .tag")
    expect(tags).to_have_count(len(HOSTILE))
    assert sorted(tags.all_text_contents()) == sorted(f"m{number}={text}" for number, text in enumerate(SEEN))
    visit.close()


@check
def rights():
    """a token that only reads is offered no change; one for other jobs sees none"""
    token = call("POST", "/api/tokens", {"name": "jobs-reader", "role": "read", "labels": {"nomad/job": "stuck"}})["token"]
    visit = Visit(STATE["browser"], token=token)
    page = visit.open("/console/job-api")
    expect(page.get_by_role("link", name="stuck")).to_be_visible()
    expect(page.get_by_role("link", name=SLASHED)).to_have_count(0)
    page.get_by_role("link", name="stuck").click()
    expect(page.locator(".why")).to_be_visible()
    expect(page.locator(".actions")).to_have_count(0)
    visit.close()
    call("DELETE", "/api/tokens/jobs-reader")


@check
def every_look():
    """every page of the job API fits and is accessible in both languages, light and dark, narrow and wide"""
    one = allocations(SLASHED)[0]["ID"]
    register("service", "echo serving; exec sleep 300", "service")
    job = SLASHED.replace("/", "%2F")
    looks(STATE["browser"], {
        "job-api": "/console/job-api", "job-api-evaluations": "/console/job-api?view=evaluations", "job-api-nodes": "/console/job-api?view=nodes",
        "job-api-job": f"/console/job-api/jobs/{job}", "job-api-stuck": "/console/job-api/jobs/stuck", "job-api-allocation": f"/console/job-api/allocations/{one}"})


if __name__ == "__main__":
    samples()
    with browser() as STATE["browser"]:
        main(CHECKS)
