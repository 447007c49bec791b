"""The work that each system does: one process for each run. Workers and clients import it."""

import subprocess


def true() -> int:
    return subprocess.run(["/bin/true"], check=True).returncode


def mark_command(file: str, number: int) -> list[str]:
    """A run that leaves its own evidence: one line appended in one write."""
    return ["/bin/sh", "-c", 'sleep 0.1; echo "$1" >>"$0"', file, str(number)]


def mark(file: str, number: int) -> int:
    return subprocess.run(mark_command(file, number), check=True).returncode
