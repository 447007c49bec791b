"""Debian's `wrk`: a load generator that shares no code with any of the systems."""

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Load:
    per_second: float
    requests: int
    complaints: str


@dataclass
class Target:
    url: str
    body: object
    headers: dict[str, str]


def run(target: Target, connections: int, seconds: int, directory: Path) -> Load:
    script = directory / "wrk.lua"
    script.write_text(lua(target))
    argv = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "-s", str(script), target.url]
    return parse(subprocess.run(argv, capture_output=True, text=True, check=True, timeout=seconds + 30).stdout)


def lua(target: Target) -> str:
    headers = {"Content-Type": "application/json"} | target.headers
    lines = [f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}" for name, value in headers.items()]
    return "\n".join([*lines, 'wrk.method = "POST"', f"wrk.body = {json.dumps(json.dumps(target.body))}", ""])


def parse(text: str) -> Load:
    """`per_second` counts every answer: the caller looks at `complaints`, which is empty when all were 2xx."""
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    count = re.search(r"(\d+) requests in", text)
    if not rate or not count:
        raise ValueError(f"wrk said nothing about its requests:\n{text}")
    complaints = [line.strip() for line in text.splitlines() if "Non-2xx" in line or "Socket errors" in line]
    return Load(float(rate[1]), int(count[1]), "; ".join(complaints))
