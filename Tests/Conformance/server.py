"""A running server as the checks call it: its address, its token, and runs of every kind that the examples speak of."""

import os
import tarfile
import tempfile
import time

import requests

URL = os.environ["MARTLET_SERVER"]
TOKEN = os.environ["MARTLET_TOKEN"]
DEADLINE = 300

# The ids of Sample in Sources/MartletHTTP/OpenAPI/Schemas+Basics.swift.
ENDED, RUNNING, PAUSED = (f"019aa5c4-7d21-7000-b5f3-0c6f1d3a9e4{digit}" for digit in "234")
TOKEN_ID = "1f2e3d4c"
NOTICE = "900000012"
VOLUME = "shop-shop.web.web-1-data"
VERSION = "900000013"
ARCHIVE = "/old/shop-shop.web.web-1-data-1500000000.tar.gz"
CLUSTER_DEPLOYED, CLUSTER_FAILED = "9df5a946", "9df5a947"
CLUSTER, CLUSTER_NAME, CLUSTER_HOST, CLUSTER_TEMPLATE = "9df5a945", "sample cluster", "3b1f0c7d", "5c2e9a41"
VOLUME_RUN = "019aa5c4-7d21-7000-b5f3-0c6f1d3a9e45"
PLAYBOOK_RUN = "019aa5c4-7d21-7000-b5f3-0c6f1d3a9e46"


class Server:
    def __init__(self):
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {TOKEN}"
        self.made = 0

    def call(self, method, path, status, **options):
        """The JSON answer, which must have one of the statuses."""
        response = self.session.request(method, URL + path, timeout=DEADLINE, **options)
        assert response.status_code in status, f"{method} {path}: {response.status_code} {response.text[:500]}"
        return response.json() if response.content else None

    def document(self):
        return self.call("GET", "/api/openapi.json", {200})

    def run(self, *command):
        return self.call("POST", "/api/runs", {202}, json={"command": list(command)})["id"]

    def state(self, run, *wanted):
        """Waits for one of the states."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            state = self.call("GET", f"/api/runs/{run}", {200})["state"]
            if state in wanted:
                return run
            time.sleep(0.02)
        raise AssertionError(f"run {run} is {state}, not {wanted}")

    def ended(self):
        return self.state(self.run("sh", "-c", "echo working; exit 3"), "failed")

    def running(self):
        return self.state(self.run("sleep", "600"), "running")

    def paused(self):
        run = self.running()
        self.call("POST", f"/api/runs/{run}/pause", {200, 202})
        return self.state(run, "paused")

    def secret(self, name="prod-db"):
        self.call("PUT", f"/api/secrets/{name}", {200, 201}, json={"value": "correct horse"})

    def job(self, name="hello"):
        self.call("PUT", f"/api/jobs/{name}", {200, 201}, json={"command": ["echo", "hello"]})

    def nomad_job(self):
        """A service that sleeps, and a replication of which nothing runs."""
        task = {"Name": "t", "Driver": "raw_exec", "Config": {"command": "/bin/sleep", "args": ["600"]}}
        self.call("POST", "/api/nomad-jobs", {202}, json={"job": {
            "ID": "sample/one", "Datacenters": ["dc1"], "TaskGroups": [{"Name": "g", "Tasks": [task]}]}})
        sides = {"ConnectionConfig": {"Host": "127.0.0.1", "Port": 1, "User": "r", "Password": "correct horse"}}
        self.call("POST", "/api/nomad-jobs", {202}, json={"job": {
            "ID": "sample/copy", "Datacenters": ["dc1"], "TaskGroups": [
                {"Name": name, "Count": 0, "Tasks": [{"Name": name, "Driver": "dtle", "Config": sides}]}
                for name in ("src", "dest")]}})

    def schedules(self):
        """The samples; a definition that is there already starts no interval anew."""
        self.job()
        self.call("PUT", "/api/schedules/nightly", {200, 201},
                  json={"job": "hello", "cron": "0 3 * * *", "zone": "Asia/Shanghai", "overlap": "allow", "grace": "1h"})
        self.call("PUT", "/api/schedules/beat", {200, 201}, json={"watch": True, "cron": "0 4 * * *"})
        for made in ("report", "move", "tape"):
            self.call("DELETE", f"/api/schedules/{made}", {204, 404})

    def token(self):
        self.made += 1
        return self.call("POST", "/api/tokens", {201}, json={"name": f"sample-{self.made}", "role": "read"})["id"]

    def notice(self):
        """Of a channel that cannot be reached: it waits."""
        number = str(self.call("POST", "/api/notices/test", {202}, json={"channel": "ops"})["number"])
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            channels = self.call("GET", "/api/notices/channels", {200})["items"]
            state = self.call("GET", f"/api/notices/{number}", {200})["state"]
            if state == "waiting" and channels[0]["heldUntil"]:
                return number
            time.sleep(0.02)
        raise AssertionError(f"notice {number} is {state}")

    def version(self):
        """Of the volume that the test's inventory declares."""
        run = self.call("POST", f"/api/volumes/{VOLUME}/backup", {202})["id"]
        self.state(run, "succeeded")
        return str(self.call("GET", f"/api/volumes/{VOLUME}/versions/latest", {200})["number"])

    def volume(self):
        """It has a version."""
        self.version()
        return VOLUME

    def archive(self):
        path = os.path.join(tempfile.mkdtemp(), os.path.basename(ARCHIVE))
        with tarfile.open(path, "w:gz") as archive:
            archive.add(__file__, "a.txt")
        return path

    def volume_run(self):
        self.version()
        return self.call("GET", f"/api/volumes/{VOLUME}/versions/latest", {200})["run"]

    def playbook_run(self):
        cluster = {"id": "9df5a945", "name": "one", "status": "prepare", "hosts": ["192.0.2.1"], "roles": [],
                   "base": {"version": "1.2.0", "deployUser": "easy", "deployDir": "/home/easy/ds"}, "remark": ""}
        spec = {"cluster": cluster, "version": 1, "action": "start", "check": False, "ports": {}}
        run = self.call("POST", "/api/runs", {202},
                        json={"tasks": [{"name": "playbook", "driver": "playbook", "spec": spec}]})["id"]
        return self.state(run, "failed", "succeeded")

    def cluster_deployed(self):
        return self.deployed(self.cluster())

    def cluster_failed(self):
        """Of this network the stand-in for Ansible reaches nobody."""
        return self.deployed(self.cluster("203.0.113.10"))

    def deployed(self, cluster):
        body = {"force": True, "confirm": self.cluster_name}
        run = self.call("POST", f"/api/clusters/{cluster}/deploy", {202}, json=body)["id"]
        self.state(run, "failed", "succeeded")
        return cluster

    def cluster(self, host="192.0.2.10"):
        """In the status prepare, while no run keeps it from being changed."""
        end = time.monotonic() + DEADLINE
        while self.call("GET", "/api/clusters", {200})["run"] and time.monotonic() < end:
            time.sleep(0.05)
        self.made += 1
        self.cluster_name = f"sample {self.made}"

        def role(name, body):
            return {"roleName": name, "roleBody": body, "roleDependHost": [host]}

        database = {"databaseType": "mysql", "databaseName": "ds", "account": "ds", "password": "correct horse"}
        mail = {"alertType": "mail", "mailSender": "", "mailUser": "", "mailPasswd": "", "mailServerHost": "",
                "mailServerPort": 25, "mailSmtpSslEnable": False, "mailSmtpStarttlsEnable": False}
        roles = [role("database", database), role("backend", {"serverPort": 12345}), role("frontend", {"escProxyPort": 8888}),
                 role("master", {"masterReservedMemory": 1}), role("worker", {"workerReservedMemory": 1}), role("alert", mail)]
        base = {"version": "1.2.0", "deployUser": "easy", "deployDir": "/home/easy/ds"}
        return self.call("POST", "/api/clusters", {201}, json={
            "name": self.cluster_name, "hosts": [host], "base": base, "roles": roles, "remark": ""})["id"]

    def cluster_host(self):
        self.made += 1
        return self.call("POST", "/api/cluster-hosts", {201}, json={
            "ip": f"198.51.100.{self.made % 250}", "name": f"sample {self.made}", "bootstrap": False})["id"]

    def cluster_template(self):
        self.made += 1
        return self.call("POST", "/api/cluster-templates", {201}, json={
            "name": f"sample {self.made}", "role": "master", "body": {"masterReservedMemory": 1}})["id"]

    def sample(self, text):
        """What stands on this server for an id of the examples."""
        makers = {ENDED: self.ended, RUNNING: self.running, PAUSED: self.paused, TOKEN_ID: self.token,
                  NOTICE: self.notice, VERSION: self.version, VOLUME: self.volume, ARCHIVE: self.archive,
                  VOLUME_RUN: self.volume_run, PLAYBOOK_RUN: self.playbook_run, CLUSTER: self.cluster,
                  CLUSTER_NAME: lambda: self.cluster_name, CLUSTER_HOST: self.cluster_host,
                  CLUSTER_TEMPLATE: self.cluster_template, CLUSTER_DEPLOYED: self.cluster_deployed,
                  CLUSTER_FAILED: self.cluster_failed}
        return makers[text]() if text in makers else text
