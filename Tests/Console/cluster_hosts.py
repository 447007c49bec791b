"""The document's steps on the page of clusters, with real hosts and the real Ansible: $HOSTS answer SSH with $HOST_PASSWORD."""

import os
import pathlib
import subprocess
import urllib.request

from browser import Visit, browser, call, expect, main

IPS = os.environ["HOSTS"].split(",")
PASSWORD = os.environ["HOST_PASSWORD"]
TOOL = pathlib.Path(__file__).resolve().parent.parent / "Conformance/clusters/hosts"
STATE = {}
MINUTES = 300_000


def button(page, name):
    return page.get_by_role("toolbar").get_by_role("button", name=name, exact=True)


def answer(page, name):
    page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()


def add_host(page, name, ip, password):
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="添加主机").click()
    for label, value in (("名称", name), ("IPv4 地址", ip), ("root 密码", password)):
        dialog.get_by_label(label).fill(value)
    answer(page, "确定")


def hosts():
    """hosts are prepared by the page; a wrong password is told, and mended in the same form"""
    visit = Visit(STATE["browser"], "zh-CN")
    page = visit.open("/console/clusters/hosts")
    add_host(page, "h0", IPS[0], "not the password")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("alert")).to_be_visible(timeout=MINUTES)
    expect(dialog.get_by_label("IPv4 地址")).to_have_value(IPS[0])
    dialog.get_by_label("root 密码").fill(PASSWORD)
    answer(page, "确定")
    expect(page.locator("tbody tr").filter(has_text=IPS[0])).to_have_count(1, timeout=MINUTES)
    add_host(page, "h1", IPS[1], PASSWORD)
    expect(page.locator("tbody tr").filter(has_text=IPS[1])).to_have_count(1, timeout=MINUTES)
    visit.complaints.clear()  # The browser writes the refused call down.
    visit.close()
    subprocess.run([TOOL, "database", IPS[0]], check=True, capture_output=True)


def fill(page):
    for ip in IPS:
        page.locator(".cluster-form > section").nth(1).get_by_text(ip).click()
    for role in ("database", "backend", "frontend", "master", "worker", "alert", "zookeeper"):
        page.locator(f"[data-role={role}] .choices").get_by_text(IPS[0]).click()
    page.locator("[data-role=worker] .choices").get_by_text(IPS[1]).click()
    database, alert = page.locator("[data-role=database]"), page.locator("[data-role=alert]")
    database.get_by_label("数据库帐号").fill("easy")
    database.get_by_label("数据库密码").fill("correct horse")
    for label, value in (("邮件发送人", "a@example.org"), ("邮件帐号", "a@example.org"), ("邮件密码", "battery staple"), ("邮件发送服务器", "smtp.example.org")):
        alert.get_by_label(label).fill(value)


def steps():
    """a cluster is created, deployed, started and stopped on the hosts"""
    visit = Visit(STATE["browser"], "zh-CN")
    page = visit.open("/console/clusters")
    row = page.locator(".cluster-list li")
    page.get_by_role("button", name="创建集群").click()
    page.get_by_role("dialog").get_by_label("名称").fill("one")
    answer(page, "确定")
    fill(page)
    button(page, "保存集群").click()
    expect(row).to_contain_text("准备")
    button(page, "部署/升级").click()
    answer(page, "部署/升级")
    expect(page.locator(".captions-view")).to_contain_text("TASK", timeout=MINUTES)
    expect(page.locator(".matrix thead")).to_contain_text(IPS[1], timeout=MINUTES)
    page.reload()
    expect(button(page, "部署/升级")).to_be_disabled()
    expect(row).to_contain_text("部署成功", timeout=MINUTES)
    expect(page.locator(".recap li").filter(has_text="正常")).to_have_count(2)
    assert page.locator(".matrix .cell").count() > 50
    button(page, "启动").click()
    expect(row.locator(".light.is-on")).to_have_count(1, timeout=MINUTES)
    text = urllib.request.urlopen(f"http://{IPS[0]}:12345/dolphinscheduler/login", timeout=60).read().decode()
    assert "ApiApplicationServer" in text, text[:200]
    button(page, "停止").click()
    answer(page, "停止")
    expect(row).to_contain_text("停止成功", timeout=MINUTES)
    page.locator("[data-role=master]").get_by_label("Master 内存").fill("0.75")
    button(page, "保存集群").click()
    button(page, "部署/升级").click()
    expect(page.get_by_role("dialog").locator("tbody tr")).to_have_count(1)
    answer(page, "部署/升级")
    expect(row).to_contain_text("部署成功", timeout=MINUTES)
    changed = [host["changed"] for host in call("GET", f"/api/runs/{call('GET', '/api/runs?driver=playbook&limit=1')['items'][0]['id']}/playbook")["hosts"]]
    assert sorted(changed) == [0, 1], changed
    button(page, "删除").click()
    answer(page, "继续")
    answer(page, "确定删除")
    expect(row).to_have_count(0)
    visit.close()


if __name__ == "__main__":
    with browser() as STATE["browser"]:
        main([hosts, steps])
