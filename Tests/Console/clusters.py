"""The page of clusters, as its document walks through it: before a server whose Ansible is a stand-in (`ansible-playbook` here)."""

import json
import os
import re

from browser import TOKEN, URL, Visit, accessible, browser, call, eventually, expect, fits, main, shortcut
from looks import HOSTILE, SEEN
from pages import LOOKS

CHECKS = []
STATE = {}
HOME = os.environ["STAND_IN"]
IPS = ["192.0.2.10", "192.0.2.11"]
MASK = "••••••••"


def check(body):
    CHECKS.append(body)
    return body


def path(name):
    return os.path.join(HOME, name)


def write(name, text=""):
    with open(path(name), "w", encoding="utf-8") as file:
        file.write(text)


def cluster(name, hosts=IPS, remark=""):
    def role(role_name, body, at=hosts):
        return {"roleName": role_name, "roleBody": body, "roleDependHost": at}

    mail = {"alertType": "mail", "mailSender": "ds@example.org", "mailUser": "ds@example.org", "mailPasswd": "battery staple",
            "mailServerHost": "smtp.example.org", "mailServerPort": 25, "mailSmtpSslEnable": False, "mailSmtpStarttlsEnable": False}
    return {"name": name, "hosts": hosts, "remark": remark, "base": {"version": "1.2.0", "deployUser": "easy", "deployDir": "/home/easy/ds"},
            "roles": [
                role("database", {"databaseType": "mysql", "databaseName": "dolphinscheduler", "account": "ds", "password": "correct horse"}, hosts[:1]),
                role("backend", {"serverPort": 12345}), role("frontend", {"escProxyPort": 8888}, hosts[:1]),
                role("master", {"masterReservedMemory": 0.5}), role("worker", {"workerReservedMemory": 0.5}), role("alert", mail, hosts[:1]),
                role("zookeeper", None)]}


def over():
    eventually("the run is over", lambda: call("GET", "/api/clusters")["run"] is None)


def act(verb, identifier):
    call("POST", f"/api/clusters/{identifier}/{verb}")
    over()


def samples():
    for number, ip in enumerate(IPS):
        call("POST", "/api/cluster-hosts", {"name": f"h{number}", "ip": ip, "port": 22, "root": "", "remark": "", "bootstrap": False})
    call("POST", "/api/cluster-templates", {"role": "database", "name": "usual", "remark": "", "body": {
        "databaseType": "postgresql", "databaseName": "scheduler", "account": "template", "password": "of the template"}})
    STATE["other"] = call("POST", "/api/clusters", cluster("other", IPS[:1]))["id"]


def pictures():
    """Addresses of the pages with something to look at: a cluster that is started, and one whose deploy failed."""
    samples()
    started = call("POST", "/api/clusters", cluster("订单", remark="two hosts"))["id"]
    write("fail", IPS[0])
    act("deploy", STATE["other"])
    os.remove(path("fail"))
    act("deploy", started)
    act("start", started)
    return {"clusters": "/console/clusters", "cluster-failed": f"/console/clusters?id={STATE['other']}",
            "cluster-hosts": "/console/clusters/hosts", "cluster-templates": "/console/clusters/templates"}


def status(name):
    return next((each["status"] for each in call("GET", "/api/clusters")["items"] if each["name"] == name), None)


def button(page, name):
    return page.get_by_role("toolbar").get_by_role("button", name=name, exact=True)


def enabled(page):
    """The deeds that are offered."""
    names = page.locator(".cluster-bar button:not([disabled])").all_text_contents()
    return [name.strip() for name in names]


def offers(page, *names):
    """These deeds and no others, as soon as the page shows what it was told."""
    eventually(f"these are offered: {names}", lambda: enabled(page) == list(names))


def row(page, name):
    return page.locator(".cluster-list li").filter(has_text=name)


def answer(page, name):
    page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()


def create(page, name):
    page.get_by_role("button", name="创建集群").click()
    page.get_by_role("dialog").get_by_label("名称").fill(name)
    page.get_by_role("dialog").get_by_label("备注").fill("a remark")
    answer(page, "确定")
    expect(page.locator(".cluster-head h2")).to_have_text(name)


def fill(page):
    """The form of a new cluster, on both hosts."""
    for ip in IPS:
        page.locator(".cluster-form > section").nth(1).get_by_text(ip).click()
    for role in ("backend", "frontend", "master", "worker", "alert", "zookeeper", "database"):
        page.locator(f"[data-role={role}] .choices").get_by_text(IPS[0]).click()
    database = page.locator("[data-role=database]")
    database.get_by_role("combobox", name="选择配置模板").select_option(label="usual")
    expect(database.get_by_label("数据库帐号")).to_have_value("template")
    alert = page.locator("[data-role=alert]")
    for label, value in (("邮件发送人", "a@example.org"), ("邮件帐号", "a@example.org"), ("邮件密码", "battery staple"), ("邮件发送服务器", "smtp.example.org")):
        alert.get_by_label(label).fill(value)


@check
def the_documents_steps():
    """a cluster is created, saved, deployed, started, stopped, edited and deleted as the document says"""
    visit = Visit(STATE["browser"], "zh-CN")
    page = visit.open("/console/clusters")
    expect(page.get_by_role("heading", level=1)).to_have_text("集群管理")
    expect(row(page, "other")).to_have_count(1)
    expect(page.locator(".cluster")).to_contain_text("请在左侧选择一个集群")
    assert page.locator(".light.is-on").count() == 0
    create(page, "订单")
    expect(row(page, "订单")).to_have_count(0)
    offers(page, "保存集群")
    button(page, "保存集群").click()
    expect(page.get_by_role("alert")).to_contain_text("保存前请检查")
    assert call("GET", "/api/clusters")["items"][0]["name"] == "other"
    fill(page)
    button(page, "保存集群").click()
    expect(row(page, "订单")).to_contain_text("准备")
    offers(page, "部署/升级", "删除")
    saved = next(each for each in call("GET", "/api/clusters")["items"] if each["name"] == "订单")
    assert saved["remark"] == "a remark" and saved["hosts"] == IPS, saved
    body = next(each["roleBody"] for each in saved["roles"] if each["roleName"] == "database")
    assert body == {"account": "template", "databaseName": "scheduler", "databaseType": "postgresql", "password": MASK}, body

    # Deploying, with what it would change; everything waits until it is over, and a new load of the page goes on with it.
    write("hold")
    button(page, "部署/升级").click()
    expect(page.get_by_role("dialog")).to_contain_text("尚未部署过")
    answer(page, "部署/升级")
    expect(row(page, "订单")).to_contain_text("执行中")
    expect(page.get_by_role("button", name="创建集群")).to_be_disabled()
    offers(page)
    cells = page.locator(".matrix .cell")
    expect(cells).to_have_count(10)
    expect(page.locator(".captions-view")).to_contain_text("TASK [None : look whether it is well]")
    page.reload()
    expect(row(page, "订单")).to_contain_text("执行中")
    expect(cells).to_have_count(10)
    offers(page)
    os.remove(path("hold"))
    expect(row(page, "订单")).to_contain_text("部署成功")
    expect(page.locator(".toasts")).to_contain_text("执行成功")
    expect(cells).to_have_count(12)
    offers(page, "启动", "停止", "取消", "删除")
    cells.nth(6).click()
    expect(page.get_by_role("dialog")).to_contain_text("+new")
    page.keyboard.press("Escape")

    # The log by pages of ten lines.
    pager = page.get_by_role("group", name="每页 10 行")
    pager.get_by_role("button", name="首页").click()
    lines = page.locator(".captions-view p")
    expect(lines).to_have_count(10)
    expect(lines.first).to_contain_text("deployupdate")
    pager.get_by_role("button", name="末页").click()
    expect(page.locator(".captions-view")).to_contain_text("recap line 29")

    # Starting: the green light, which opens at the next load.
    button(page, "启动").click()
    expect(row(page, "订单").locator(".light.is-on")).to_have_count(1)
    offers(page, "停止")
    page.goto(f"{URL}/console/clusters")
    expect(page.locator(".cluster-head h2")).to_have_text("订单")
    expect(row(page, "订单")).to_contain_text("已启动")

    # Whoever comes home finds it at once.
    page.get_by_role("link", name="总览").click()
    card = page.locator(".home")
    expect(card).to_contain_text("订单 启动成功")
    expect(card).to_contain_text("DolphinScheduler 1.2.0，2 台主机")
    card.get_by_role("link", name="订单").click()
    expect(page.locator(".cluster-head h2")).to_have_text("订单")

    # No other one beside it: the server's own words.
    row(page, "other").get_by_role("button").click()
    button(page, "部署/升级").click()
    answer(page, "部署/升级")
    expect(page.locator(".cluster").get_by_role("alert")).to_contain_text("同一时间只能启动一个集群,请停止再操作其他集群!!")
    assert status("other") == "prepare"

    row(page, "订单").get_by_role("button").click()
    button(page, "停止").click()
    answer(page, "停止")
    expect(row(page, "订单")).to_contain_text("停止成功")
    page.locator("[data-role=master]").get_by_label("Master 内存").fill("0.75")
    offers(page, "保存集群")
    button(page, "保存集群").click()
    expect(row(page, "订单")).to_contain_text("准备")
    button(page, "部署/升级").click()
    changes = page.get_by_role("dialog").locator("tbody tr")
    expect(changes).to_have_count(1)
    expect(changes).to_contain_text(re.compile("masterReservedMemory.*0.5.*0.75"))
    answer(page, "部署/升级")
    expect(row(page, "订单")).to_contain_text("部署成功")
    button(page, "取消").click()
    answer(page, "确定取消")
    expect(row(page, "订单").locator(".badge")).to_have_text("取消")
    offers(page)
    page.locator("#f-remark").fill("another remark")
    button(page, "保存集群").click()
    expect(row(page, "订单")).to_contain_text("准备")

    # Two questions before it is gone.
    button(page, "删除").click()
    answer(page, "继续")
    page.get_by_role("dialog").get_by_role("button", name="取消", exact=True).click()
    assert status("订单") == "prepare"
    button(page, "删除").click()
    answer(page, "继续")
    answer(page, "确定删除")
    expect(row(page, "订单")).to_have_count(0)
    assert status("订单") is None
    visit.close()


@check
def leaving():
    """unsaved changes are saved or given up before anything else is opened"""
    visit = Visit(STATE["browser"], "zh-CN")
    page = visit.open("/console/clusters")
    create(page, "draft")
    row(page, "other").get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("draft")
    answer(page, "取消")
    expect(page.locator(".cluster-head h2")).to_have_text("draft")
    page.get_by_role("link", name="总览").click()
    expect(dialog).to_be_visible()
    answer(page, "取消")
    assert page.url.endswith("/console/clusters"), page.url
    page.get_by_role("button", name="创建集群").click()
    answer(page, "保存集群")
    expect(page.get_by_role("alert")).to_contain_text("保存前请检查")
    fill(page)
    page.get_by_role("link", name="总览").click()
    answer(page, "保存集群")
    expect(page.get_by_role("heading", level=1)).to_have_text("总览")
    assert status("draft") == "prepare"
    page.goto(f"{URL}/console/clusters")
    create(page, "given up")
    row(page, "draft").get_by_role("button").click()
    answer(page, "放弃")
    expect(page.locator(".cluster-head h2")).to_have_text("draft")
    call("DELETE", "/api/clusters/" + next(each["id"] for each in call("GET", "/api/clusters")["items"] if each["name"] == "draft"))
    visit.close()


@check
def failing():
    """a failed deploy names its hosts, and is repeated by click"""
    visit = Visit(STATE["browser"])
    page = visit.open(f"/console/clusters?id={STATE['other']}")
    write("fail", IPS[0])
    button(page, "Deploy / upgrade").click()
    answer(page, "Deploy / upgrade")
    expect(row(page, "other")).to_contain_text("deploy failed")
    expect(page.locator(".failures")).to_contain_text(f"{IPS[0]} has no space left")
    expect(page.locator(".matrix .cell.is-failed")).to_have_count(1)
    os.remove(path("fail"))
    page.get_by_role("button", name="Retry where it failed").click()
    expect(row(page, "other")).to_contain_text("deployed")
    visit.close()


@check
def looked_at():
    """what is deployed is the version whose changes were shown: after a save elsewhere it is refused"""
    for language, deploy, words in (("zh-CN", "部署/升级", "数据已被修改"), ("en-US", "Deploy / upgrade", "was saved since")):
        body = cluster("watched", IPS[:1])
        identifier = call("POST", "/api/clusters", body)["id"]
        act("deploy", identifier)
        call("POST", f"/api/clusters/{identifier}/cancel")
        call("PUT", f"/api/clusters/{identifier}", body)
        visit = Visit(STATE["browser"], language)
        page = visit.open(f"/console/clusters?id={identifier}")
        button(page, deploy).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        call("PUT", f"/api/clusters/{identifier}", {**body, "remark": "newer", "force": True, "confirm": "watched"})
        answer(page, deploy)
        expect(page.locator(".cluster").get_by_role("alert")).to_contain_text(words)
        assert status("watched") == "prepare" and call("GET", "/api/clusters")["run"] is None
        visit.complaints[:] = [each for each in visit.complaints if "412" not in each]
        visit.close()
        call("DELETE", f"/api/clusters/{identifier}")


@check
def session_ends():
    """whose session ends while a cluster is edited is told so, and what was not saved"""
    token = call("POST", "/api/tokens", {"name": "edits-clusters", "role": "admin"})["token"]
    visit = Visit(STATE["browser"], "zh-CN", token=token)
    page = visit.open(f"/console/clusters?id={STATE['other']}")
    create(page, HOSTILE[1])
    call("DELETE", "/api/tokens/edits-clusters")
    shortcut(page, "g", "r")
    expect(page.get_by_role("status").filter(has_text="会话已结束")).to_contain_text(HOSTILE[1])
    page.get_by_label("令牌").fill(TOKEN)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("运行记录")
    page.goto(f"{URL}/console/clusters")
    expect(page.locator(".cluster-head")).to_have_count(0)
    visit.close()


@check
def hosts_and_templates():
    """hosts and templates are made, changed and removed"""
    visit = Visit(STATE["browser"], "zh-CN")
    page = visit.open("/console/clusters")
    page.get_by_role("link", name="主机", exact=True).click()
    page.get_by_role("button", name="添加主机").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("名称").fill("h9")
    dialog.get_by_label("IPv4 地址").fill("192.0.2")
    dialog.get_by_label("立即准备主机").uncheck()
    answer(page, "确定")
    expect(dialog.get_by_role("alert")).to_contain_text("192.0.2.10")  # What an address looks like.
    dialog.get_by_label("IPv4 地址").fill("192.0.2.19")
    answer(page, "确定")
    item = page.locator("tbody tr").filter(has_text="192.0.2.19")
    expect(item).to_have_count(1)
    item.get_by_role("button", name="修改主机").click()
    dialog.get_by_label("备注").fill("the last one")
    expect(dialog.get_by_label("立即准备主机")).not_to_be_checked()
    answer(page, "确定")
    expect(item).to_contain_text("the last one")
    item.get_by_role("button", name="删除").click()
    answer(page, "删除")
    expect(item).to_have_count(0)
    page.get_by_role("link", name="配置模板", exact=True).click()
    page.get_by_role("button", name="创建配置模板").click()
    page.get_by_label("名称").fill("big")
    page.get_by_label("角色").select_option("worker")
    page.get_by_label("Worker 内存").fill("much")
    page.get_by_role("button", name="保存模板").click()
    expect(page.locator(".problem")).to_contain_text("请输入数字")
    page.get_by_label("Worker 内存").fill("16")
    page.get_by_role("button", name="保存模板").click()
    expect(page.locator("main")).to_contain_text("workerReservedMemory=16")
    page.get_by_role("button", name="删除: big").click()
    answer(page, "删除")
    expect(page.locator("main")).not_to_contain_text("workerReservedMemory=16")
    visit.complaints[:] = [each for each in visit.complaints if "400" not in each]
    visit.close()


@check
def rights():
    """a token that only sees is offered no deeds"""
    token = call("POST", "/api/tokens", {"name": "sees-clusters", "role": "read"})["token"]
    visit = Visit(STATE["browser"], token=token)
    page = visit.open(f"/console/clusters?id={STATE['other']}")
    expect(page.locator(".cluster-head h2")).to_have_text("other")
    expect(page.locator(".cluster-bar button")).to_have_count(0)
    expect(page.get_by_role("button", name="New cluster")).to_have_count(0)
    expect(page.locator(".cluster-form input:not([disabled])")).to_have_count(0)
    page.get_by_role("link", name="Hosts", exact=True).click()
    expect(page.locator("main")).to_contain_text(IPS[0])
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)
    visit.close()


@check
def hostile_texts():
    """nothing that comes from outside is markup, wherever it is shown"""
    harmless = [each for each in HOSTILE if "{{" not in each]
    name = HOSTILE[1]
    body = cluster(name, IPS[:1], "\n".join(HOSTILE))
    body["roles"][0]["roleBody"]["account"] = harmless[0]
    STATE["hostile"] = call("POST", "/api/clusters", body)["id"]
    call("POST", "/api/cluster-hosts", {"name": HOSTILE[2], "ip": "192.0.2.77", "port": 22, "root": "", "remark": HOSTILE[0], "bootstrap": False})
    call("POST", "/api/cluster-templates", {"role": "common", "name": HOSTILE[5], "remark": HOSTILE[0], "body": {"dataStore2hdfsBasepath": harmless[2]}})
    write("texts", json.dumps(HOSTILE))
    write("fail", IPS[0])
    act("deploy", STATE["hostile"])
    os.remove(path("texts"))
    os.remove(path("fail"))
    visit = Visit(STATE["browser"])
    for where, text in ((f"/console/clusters?id={STATE['hostile']}", name), ("/console/clusters/hosts", HOSTILE[2]), ("/console/clusters/templates", HOSTILE[5])):
        page = visit.open(where)
        expect(page.locator("main")).to_contain_text(text)
        if "id=" in where:
            expect(page.locator(".matrix")).to_contain_text(HOSTILE[0])
            expect(page.locator(".captions-view")).to_contain_text(SEEN[-1])
            pager = page.get_by_role("group", name="Pages of ten lines")
            pager.get_by_role("button", name="First page").click()
            pager.get_by_role("button", name="Next page").click()
            expect(page.locator(".captions-view")).to_contain_text(HOSTILE[0])
            page.locator(".matrix .cell").last.click()
            page.keyboard.press("Escape")
        assert page.locator("main script, main iframe, main img, main [onload], main [onerror], main [onmouseover]").count() == 0
        assert page.locator("main a[href^='javascript' i]").count() == 0
        page.close()
    visit.close()


@check
def looks():
    """the pages fit and are accessible in both languages, light and dark, narrow and wide"""
    for language, scheme, width in LOOKS:
        visit = Visit(STATE["browser"], language, scheme, width, 800)
        # The small pages once narrow and once wide.
        more = ("clusters/hosts", "clusters/templates") if (scheme == "dark") == (width > 1000) else ()
        for where in (f"clusters?id={STATE['other']}", *more):
            page = visit.open(f"/console/{where}")
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            if "id=" in where:
                page.locator(".cluster-run summary").click()
                expect(page.locator(".matrix .cell").first).to_be_visible()
            page.wait_for_timeout(400)
            what = f"{where} {language} {scheme} {width}"
            fits(page, what)
            accessible(page, what)
            page.close()
        visit.close()


if __name__ == "__main__":
    samples()
    with browser() as STATE["browser"]:
        main(CHECKS)
