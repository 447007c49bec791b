"""Makes the calls of nomad_calls.txt with python-nomad and prints what became of each: NAME<tab>ok TYPE, or FAIL CLASS.

What does not belong to the table comes on stderr: the reason of each failure, and a last line for calls of our own.
"""

import os
import sys
import time
from urllib.parse import urlsplit

import nomad

JOB = "pn1"
NOWHERE = "00000000-0000-0000-0000-000000000000"
HCL = """
job "parsed" {
  datacenters = ["dc1"]
  group "g" { task "t" { driver = "raw_exec" config { command = "/bin/true" } } }
}
"""


def definition(text="hi"):
    task = {
        "Name": "t", "Driver": "raw_exec", "Resources": {"CPU": 20, "MemoryMB": 10},
        "Config": {"command": "/bin/sh", "args": ["-c", f"echo {text}; exec sleep 600"]},
    }
    # Its deployment goes on until a call ends it.
    second = 1_000_000_000
    update = {"MaxParallel": 1, "MinHealthyTime": 1000 * second, "HealthyDeadline": 2000 * second, "ProgressDeadline": 3000 * second}
    group = {"Name": "g", "Count": 1, "Tasks": [task], "Update": update}
    return {"Job": {"ID": JOB, "Name": JOB, "Type": "service", "Datacenters": ["dc1"], "TaskGroups": [group]}}


class Client:
    """The calls by their names; what one needs of an earlier one is read anew."""

    def __init__(self, n, hasty):
        self.n = n
        # For what never ends by itself: it gives up.
        self.hasty = hasty

    def allocation(self):
        """The running one, whose task has written its line."""
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            for found in self.n.job.get_allocations(JOB):
                if found["ClientStatus"] == "running" and self.log(found["ID"]) == "hi\n":
                    return found["ID"]
            time.sleep(0.05)
        raise TimeoutError("no allocation runs")

    def log(self, allocation):
        return self.n.client.stream_logs.stream(allocation, "t", "stdout", plain=True)

    def evaluation(self):
        return self.n.job.get_evaluations(JOB)[0]["ID"]

    def deployment(self):
        return self.n.job.get_deployment(JOB)["ID"]

    def node(self):
        return self.n.nodes.get_nodes()[0]

    def calls(self):
        n, path = self.n, "/alloc/logs/t.stdout.0"
        yield "jobs.get_jobs", lambda: n.jobs.get_jobs()
        yield "jobs.get_jobs(prefix)", lambda: n.jobs.get_jobs(prefix="p")
        yield "jobs.get_jobs(namespace)", lambda: n.jobs.get_jobs(namespace="default")
        yield "jobs.get_jobs(filter_)", lambda: n.jobs.get_jobs(filter_='Status == "running"')
        yield "jobs.parse", lambda: n.jobs.parse(HCL)
        yield "jobs.register_job", lambda: n.jobs.register_job(definition("first"))
        yield "job.register_job", lambda: n.job.register_job(JOB, definition())
        yield "job.get_job", lambda: n.job.get_job(JOB)
        yield f"'{JOB}' in n.jobs", lambda: JOB in n.jobs or None
        yield f"n.jobs['{JOB}']", lambda: n.jobs[JOB]
        yield "len(n.jobs)", lambda: len(n.jobs)
        yield "iter(n.jobs)", lambda: [job["ID"] for job in n.jobs]
        yield f"n.job['{JOB}']", lambda: n.job[JOB]
        yield f"'{JOB}' in n.job", lambda: JOB in n.job or None
        yield "job.get_allocations", lambda: n.job.get_allocations(JOB)
        yield "job.get_evaluations", lambda: n.job.get_evaluations(JOB)
        yield "job.get_deployments", lambda: n.job.get_deployments(JOB)
        yield "job.get_deployment", lambda: n.job.get_deployment(JOB)
        yield "job.get_summary", lambda: n.job.get_summary(JOB)
        yield "job.get_versions", lambda: n.job.get_versions(JOB)
        yield "job.evaluate_job", lambda: n.job.evaluate_job(JOB)
        yield "job.plan_job", lambda: n.job.plan_job(JOB, definition("other"), diff=True)
        yield "job.stable_job", lambda: n.job.stable_job(JOB, 1, True)
        yield "job.revert_job", lambda: n.job.revert_job(JOB, 1)
        yield "job.periodic_job", lambda: n.job.periodic_job(JOB)
        yield "job.dispatch_job", lambda: n.job.dispatch_job(JOB, meta={"x": "1"})
        yield "allocations.get_allocations", lambda: n.allocations.get_allocations()
        yield "allocations(prefix)", lambda: n.allocations.get_allocations(prefix=self.allocation()[:8])
        yield "len(allocations)", lambda: len(n.allocations)
        yield "allocation.get_allocation", lambda: n.allocation.get_allocation(self.allocation())
        yield "aid in allocation", lambda: self.allocation() in n.allocation or None
        yield "allocation.stop_allocation(fake)", lambda: n.allocation.stop_allocation(NOWHERE)
        yield "evaluations.get_evaluations", lambda: n.evaluations.get_evaluations()
        yield "evaluation.get_evaluation", lambda: n.evaluation.get_evaluation(self.evaluation())
        yield "evaluation.get_allocations", lambda: n.evaluation.get_allocations(self.evaluation())
        yield "ev in evaluation", lambda: self.evaluation() in n.evaluation or None
        yield "deployments.get_deployments", lambda: n.deployments.get_deployments()
        yield "deployment.get_deployment", lambda: n.deployment.get_deployment(self.deployment())
        yield "deployment.get_deployment_allocations", lambda: n.deployment.get_deployment_allocations(self.deployment())
        yield "deployment.fail_deployment", lambda: n.deployment.fail_deployment(self.deployment())
        yield "deployment.pause_deployment", lambda: n.deployment.pause_deployment(self.deployment(), True)
        node, name = self.node()["ID"], self.node()["Name"]
        yield "nodes.get_nodes", lambda: n.nodes.get_nodes()
        yield "n.nodes['NODE']", lambda: n.nodes[name]
        yield "'NODE' in nodes", lambda: name in n.nodes or None
        yield "nodes(prefix)", lambda: n.nodes.get_nodes(prefix=node[:4])
        yield "node.get_node", lambda: n.node.get_node(node)
        yield "node.get_allocations", lambda: n.node.get_allocations(node)
        yield "node.evaluate_node", lambda: n.node.evaluate_node(node)
        yield "node.eligible_node(off)", lambda: n.node.eligible_node(node, ineligible=True)
        yield "node.eligible_node(on)", lambda: n.node.eligible_node(node, eligible=True)
        yield "node.drain_node_with_spec(None)", lambda: n.node.drain_node_with_spec(node, None)
        yield "node.purge_node(fake)", lambda: n.node.purge_node(NOWHERE)
        mine = self.allocation()
        yield "client.ls.list_files", lambda: n.client.ls.list_files(mine)
        yield "client.cat.read_file", lambda: n.client.cat.read_file(mine, path)
        yield "client.read_at", lambda: n.client.read_at.read_file_offset(mine, 0, 2, path)
        yield "client.stat", lambda: n.client.stat.stat_file(mine, path)
        yield "client.stream_file", lambda: self.hasty.client.stream_file.stream(mine, 0, "start", path)
        yield "client.stream_logs", lambda: self.log(mine)
        yield "client.allocation.get_allocation_stats", lambda: n.client.allocation.get_allocation_stats(mine)
        yield "client.allocation.restart_allocation", lambda: n.client.allocation.restart_allocation(mine)
        yield "client.stats", lambda: n.client.stats.read_stats()
        yield "client.gc_allocation", lambda: n.client.gc_allocation.garbage_collect(mine)
        yield "client.gc_all", lambda: n.client.gc_all_allocations.garbage_collect()
        yield "agent.get_agent", lambda: n.agent.get_agent()
        yield "agent.get_members", lambda: n.agent.get_members()
        yield "agent.get_servers", lambda: n.agent.get_servers()
        yield "agent.get_health", lambda: n.agent.get_health()
        yield "agent.join_agent", lambda: n.agent.join_agent("127.0.0.1:4648")
        yield "agent.force_leave(fake)", lambda: n.agent.force_leave("nobody")
        yield "status.leader.get_leader", lambda: n.status.leader.get_leader()
        yield "status.peers.get_peers", lambda: n.status.peers.get_peers()
        yield "regions.get_regions", lambda: n.regions.get_regions()
        yield "metrics.get_metrics", lambda: n.metrics.get_metrics()
        yield "validate.validate_job", lambda: n.validate.validate_job(definition())
        yield "search.search", lambda: n.search.search("p", "jobs")
        yield "search.fuzzy_search", lambda: n.search.fuzzy_search("p", "jobs")
        yield "system.initiate_garbage_collection", lambda: n.system.initiate_garbage_collection()
        yield "system.reconcile_summaries", lambda: n.system.reconcile_summaries()
        yield "operator.get_configuration", lambda: n.operator.get_configuration()
        yield "namespaces.get_namespaces", lambda: n.namespaces.get_namespaces()
        yield "acl.get_tokens", lambda: n.acl.get_tokens()
        yield "event.stream", lambda: n.event.stream.get_stream()[:2]
        yield "scaling.get_scaling_policies", lambda: n.scaling.get_scaling_policies()
        yield "variables.get_variables", lambda: n.variables.get_variables()
        yield "job 404 -> URLNotFoundNomadException", lambda: n.job.get_job("nope")
        yield "job.deregister_job", lambda: n.job.deregister_job(JOB)
        yield "job.deregister_job(purge)", lambda: n.job.deregister_job(JOB, purge=True)


def outcome(call):
    try:
        return "ok " + type(call()).__name__
    except Exception as error:  # its class is what is compared
        print(f"{type(error).__name__}: {error}"[:300], file=sys.stderr)
        return "FAIL " + type(error).__name__


def main():
    place = urlsplit(os.environ["MARTLET_SERVER"])
    n, hasty = (
        nomad.Nomad(host=place.hostname, port=place.port, token=os.environ["MARTLET_TOKEN"], timeout=seconds)
        for seconds in (120, 5)
    )
    for name, call in Client(n, hasty).calls():
        print(f"{name}\t{outcome(call)}", flush=True)


main()
