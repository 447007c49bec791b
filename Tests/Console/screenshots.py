"""Takes pictures of every page: in both languages, light and dark, narrow and wide."""

import os
import re
import sys

import backups
import clusters
import job_api
import pages
import work
from browser import Visit, browser, call, expect

LOOKS = [("en-US", "light", 1280), ("zh-CN", "dark", 1280), ("zh-CN", "light", 360), ("en-US", "dark", 360), ("zh-CN", "light", 2560)]


def looked_after():
    """Addresses of volumes, jobs of the job API, tokens and the audit trail, after samples of them were made."""
    backups.samples()
    call("POST", f"/api/volumes/{backups.VOLUME}/backup", {"mode": "full"}, {"Prefer": "wait=60"})
    job_api.samples()
    call("POST", "/api/tokens", {"name": "ci", "role": "run", "jobs": ["deploy-*"], "labels": {"team": "web*"}})
    job = job_api.SLASHED
    return {
        "backups": "/console/backups", "volume": f"/console/backups/{backups.VOLUME}", "version": f"/console/backups/{backups.VOLUME}/1",
        "job-api": "/console/job-api", "job-api-evaluations": "/console/job-api?view=evaluations", "job-api-nodes": "/console/job-api?view=nodes",
        "job-api-job": "/console/job-api/jobs/" + job.replace("/", "%2F"),
        "job-api-allocation": f"/console/job-api/allocations/{job_api.allocations(job)[0]['ID']}",
        "tokens": "/console/tokens", "audit": "/console/audit", "settings": "/console/settings"}


def main(folder):
    os.makedirs(folder, exist_ok=True)
    pages.samples()
    work.samples()
    state = pages.STATE
    paths = {"overview": "/", "runs": "/console/runs", "run": f"/console/runs/{state['log']}", "run-live": f"/console/runs/{state['live']}", "run-hostile": f"/console/runs/{state['hostile']}"}
    paths.update({re.sub(r"\W", "-", path): f"/console/{path}" for path in work.PATHS})
    paths |= looked_after()
    paths |= clusters.pictures()
    with browser() as running:
        for language, scheme, width in LOOKS:
            look = f"{language[:2]}-{scheme}-{width}"
            visit = Visit(running, language, scheme, width, 900)
            for name, path in paths.items():
                page = visit.open(path)
                expect(page.get_by_role("heading", level=1)).to_be_visible()
                page.wait_for_timeout(600)
                page.screenshot(path=f"{folder}/{name}-{look}.png", full_page=name not in ("runs", "audit"))
                page.close()
            visit.close()
            guest = Visit(running, language, scheme, width, 900, token=None)
            page = guest.open("/")
            expect(page.locator("#token")).to_be_visible()
            page.screenshot(path=f"{folder}/login-{look}.png")
            guest.close()


if __name__ == "__main__":
    main(sys.argv[1])
