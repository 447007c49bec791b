"""A virtual environment with the peers' packages at pinned versions."""

import subprocess
import sys
from pathlib import Path


def prepare(directory: Path, requirements: Path, say) -> Path:
    """The interpreter of the environment; made anew when the requirements have changed."""
    python = directory / "bin" / "python"
    installed = directory / "installed.txt"
    wanted = requirements.read_text()
    if installed.exists() and installed.read_text() == wanted and python.exists():
        return python
    say(f"installing {requirements.name} into {directory}")
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(directory)], check=True)
    pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "-r"]
    subprocess.run([*pip, str(requirements)], check=True, timeout=600)
    installed.write_text(wanted)
    return python


def versions(requirements: Path) -> str:
    names = {"celery", "huey", "rq", "redis"}
    pins = [line.strip().split("==") for line in requirements.read_text().splitlines() if "==" in line]
    return ", ".join(f"{name} {version}" for name, version in pins if name in names)
