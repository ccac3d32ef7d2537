"""Runs a command and measures it as a whole: wall and CPU seconds, peak memory of it and all its children."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

RESULTS = Path(__file__).parent / "results"
RENSHE = [sys.executable, "-m", "renshe.cli.main"]


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run cost. Memory counts shared pages once (PSS)."""

    wall_seconds: float
    cpu_seconds: float
    peak_mb: int
    output: str


def measure(command: list[str]) -> Measured:
    """Run ``command`` and return what it cost; RuntimeError with its output where it fails."""
    before = os.times()
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8")
    peak = 0
    while process.poll() is None:
        peak = max(peak, _memory(process.pid))
        time.sleep(0.2)
    wall = time.perf_counter() - start
    after = os.times()
    assert process.stdout is not None
    output = process.stdout.read()
    if process.returncode != 0:
        raise RuntimeError(output)
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Measured(round(wall, 1), round(cpu, 1), peak >> 20, output)


def _memory(pid: int) -> int:
    total = 0
    try:
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            total += process.memory_full_info().pss
    except psutil.NoSuchProcess:
        # A child that ended between two looks holds nothing any more.
        return total
    return total


def machine() -> dict[str, Any]:
    """Return what a figure must be read with: day, commit, processor, memory, versions."""
    names = ("duckdb", "pyarrow", "numpy", "rustpy-xlsxwriter")
    commit = subprocess.run(
        ["git", "-C", str(RESULTS.parent), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return {
        "date": date.today().isoformat(),
        # A copy without history has no commit to name.
        "commit": commit.stdout.strip() or None,
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) for name in names},
    }


def write_result(name: str, **figures: Any) -> None:
    """Write ``results/<name>.json`` and print it."""
    shown = {key: asdict(value) if isinstance(value, Measured) else value for key, value in figures.items()}
    for value in shown.values():
        if isinstance(value, dict):
            value.pop("output", None)
    text = json.dumps({"machine": machine(), **shown}, ensure_ascii=False, indent=2)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(text + "\n", "utf-8")
    print(f"{name}: {text}")
