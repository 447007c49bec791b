"""The page /metrics is what Prometheus' own parser of OpenMetrics takes, and its names follow the conventions."""

import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from server import URL, Server

WANTED = {
    "martlet_runs_started", "martlet_runs_ended", "martlet_run_seconds", "martlet_runs", "martlet_queue_depth",
    "martlet_store_commit_seconds", "martlet_log_bytes", "martlet_http_requests", "martlet_http_request_seconds",
    "martlet_schedule_fires", "martlet_schedules_overdue", "martlet_schedule_lateness_seconds",
    "martlet_http_connections", "martlet_waiters", "martlet_disk_free_bytes", "martlet_build",
    "process_cpu_seconds", "process_resident_memory_bytes", "process_open_fds", "process_start_time_seconds",
}

if __name__ == "__main__":
    server = Server()
    server.ended()
    response = server.session.get(URL + "/metrics", timeout=60)
    assert response.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    families = {family.name: family for family in text_string_to_metric_families(response.text)}
    missing = WANTED - families.keys()
    assert not missing, missing
    for family in families.values():
        assert family.documentation, family.name
        for sample in family.samples:
            for value in sample.labels.values():
                assert len(value) <= 32 and "/" not in value, sample
    ended = {tuple(s.labels.values()): s.value for s in families["martlet_runs_ended"].samples}
    assert ended[("command", "failed")] == 1, ended
    memory = families["process_resident_memory_bytes"].samples[0].value
    assert 1e6 < memory < 1e9, memory
    print(f"{len(families)} families, {sum(len(f.samples) for f in families.values())} samples")
    sys.exit(0)
