"""CPU and time of a deploy: ours beside bare ansible-playbook, on the same hosts, and how late events are seen.

    python3 -B Benchmarks/clusters DIRECTORY-OF-MARTLET [--hosts N] [--tasks N] [--rounds N] [--json]

The hosts are local connections. Ours is the whole of it for one run: keeper, worker, Ansible and what the server does
meanwhile. Rounds alternate; the smallest counts, because a busy machine only ever adds.
"""

import argparse
import ctypes
import datetime
import json
import os
import resource
import signal
import subprocess
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ANSIBLE = f"{ROOT}/.build/ansible/bin/ansible-playbook"
PR_SET_CHILD_SUBREAPER = 36
TICK = os.sysconf("SC_CLK_TCK")


def cpu_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def cpu_of(pid):
    """A process that lives, with its children that ended."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return sum(int(field) for field in fields[11:15]) / TICK


def reap():
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return
        except ChildProcessError:
            return


def children(pid):
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as file:
            found += [int(word) for word in file.read().split()]
    return found


class Site:
    """Playbooks and hosts, for both."""

    def __init__(self, home, hosts, tasks):
        self.home = home
        self.hosts = [f"127.0.1.{number + 1}" for number in range(hosts)]
        os.makedirs(f"{home}/playbooks")
        steps = "".join(f"    - name: step {number}\n      ansible.builtin.command: \"true\"\n" for number in range(tasks))
        with open(f"{home}/playbooks/deploy.yml", "w") as file:
            file.write(f"- name: bench\n  hosts: servers\n  connection: local\n  gather_facts: false\n  tasks:\n{steps}")
        lines = "".join(f"{host} host_ip={host} host_name=easy{number + 1}\n" for number, host in enumerate(self.hosts))
        with open(f"{home}/inventory.ini", "w") as file:
            file.write(f"[servers]\n{lines}")
        self.env = os.environ | {
            "HOME": home, "ANSIBLE_FORKS": "20", "ANSIBLE_PIPELINING": "1", "LC_ALL": "C.UTF-8",
            "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3", "ANSIBLE_NOCOLOR": "1", "PYTHONUNBUFFERED": "1",
            "ANSIBLE_RETRY_FILES_ENABLED": "0", "ANSIBLE_HOME": f"{home}/ansible",
        }


class Bare:
    def __init__(self, site):
        self.site = site

    def once(self):
        before, start = cpu_of_children(), time.monotonic()
        with open(f"{self.site.home}/bare.log", "wb") as log:
            subprocess.run([ANSIBLE, "-i", "../inventory.ini", "deploy.yml"], check=True, stdout=log, stderr=log,
                           cwd=f"{self.site.home}/playbooks", env=self.site.env)
        return cpu_of_children() - before, time.monotonic() - start

    def close(self):
        pass


class Martlet:
    def __init__(self, site, binaries):
        self.site = site
        self.data = f"{site.home}/data"
        env = site.env | {"MARTLET_CLUSTERS_PLAYBOOKS": f"{site.home}/playbooks", "MARTLET_CLUSTERS_ANSIBLE": ANSIBLE,
                          "SWIFT_BACKTRACE": "enable=no"}
        self.server = subprocess.Popen(
            [f"{binaries}/martlet", "serve", "--data-dir", self.data, "--listen", "127.0.0.1:0"], env=env,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.url = self.server.stdout.readline().decode().split()[-1]
        with open(f"{self.data}/admin.token") as file:
            self.token = file.read().strip()
        self.lateness = []

    def request(self, path, body=None, **headers):
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"} | headers
        return urllib.request.urlopen(urllib.request.Request(self.url + path, data, headers), timeout=300)

    def submit(self):
        cluster = {"id": "9df5a945", "name": "bench", "status": "prepare", "hosts": self.site.hosts, "remark": "",
                   "base": {"version": "1.2.0", "deployUser": "easy", "deployDir": "/home/easy/ds"}, "roles": []}
        spec = {"cluster": cluster, "version": 1, "action": "deployupdate", "check": False, "ports": {}}
        task = {"name": "playbook", "driver": "playbook", "spec": spec}
        return json.load(self.request("/api/runs", {"tasks": [task]}))["id"]

    def cpu(self):
        """Of the server, of its zygote with all keepers that ended, and of what became ours."""
        reap()
        return sum(cpu_of(pid) for pid in [self.server.pid] + children(self.server.pid)) + cpu_of_children()

    def wait(self, run):
        while True:
            state = json.load(self.request(f"/api/runs/{run}", Prefer="wait=60"))["state"]
            if state not in ("pending", "running"):
                assert state == "succeeded", state
                return

    def once(self):
        before, start = self.cpu(), time.monotonic()
        self.wait(self.submit())
        wall = time.monotonic() - start
        # The keeper ends right after its record.
        time.sleep(0.5)
        return self.cpu() - before, wall

    def watch(self):
        """Milliseconds from a host's event to its arrival here."""
        run, late = self.submit(), []
        with self.request(f"/api/runs/{run}/playbook/events") as response:
            kind = ""
            for line in response:
                text = line.decode().rstrip("\n")
                if text.startswith("event: "):
                    kind = text[7:]
                if kind == "end":
                    break
                if text.startswith("data: ") and kind == "host":
                    told = datetime.datetime.fromisoformat(json.loads(text[6:])["time"].replace("Z", "+00:00"))
                    now = datetime.datetime.now(datetime.timezone.utc)
                    late.append((now - told).total_seconds() * 1000)
        self.wait(run)
        return sorted(late)

    def close(self):
        self.server.send_signal(signal.SIGTERM)
        self.server.wait(30)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binaries")
    parser.add_argument("--hosts", type=int, default=4)
    parser.add_argument("--tasks", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory() as home:
        site = Site(home, options.hosts, options.tasks)
        systems = {"ansible-playbook": Bare(site), "martlet": Martlet(site, os.path.abspath(options.binaries))}
        try:
            figures = {name: [] for name in systems}
            for system in systems.values():
                system.once()
            for _ in range(options.rounds):
                for name, system in systems.items():
                    figures[name].append(system.once())
            late = systems["martlet"].watch()
        finally:
            for system in systems.values():
                system.close()
    best = {name: {"cpu": round(min(cpu for cpu, _ in rounds), 2), "wall": round(min(wall for _, wall in rounds), 2)}
            for name, rounds in figures.items()}
    ours, bare = best["martlet"]["cpu"], best["ansible-playbook"]["cpu"]
    best["allowed"] = {"cpu": round(bare * 1.05 + 0.3, 2)}
    best["lateness"] = {"events": len(late), "median": round(late[len(late) // 2]), "p99": round(late[len(late) * 99 // 100]),
                        "worst": round(late[-1])}
    if options.json:
        print(json.dumps(best, indent=2))
        return
    print(f"{options.hosts} hosts, {options.tasks} tasks, best of {options.rounds} rounds: CPU seconds / wall seconds")
    for name in systems:
        print(f"  {name:18}{best[name]['cpu']:7.2f} / {best[name]['wall']:6.2f}")
    verdict = "within" if ours <= best["allowed"]["cpu"] else "ABOVE"
    print(f"  {verdict} 5 % + 0.3 CPU-s of bare: {best['allowed']['cpu']:.2f}")
    print("  an event is seen after (ms): median {median}, p99 {p99}, worst {worst}, of {events}".format(**best["lateness"]))


if __name__ == "__main__":
    main()
