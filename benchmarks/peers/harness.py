"""Runs the checks of one tool in this process and prints what they found and cost, as one line of JSON.

Usage: ``python -m benchmarks.peers.with_polars DATA``. DATA holds contribution.parquet, person.parquet, unit.parquet.

Invariant: every tool is measured alike. ``ready`` is all that happens before the first file is opened (imports, a
session, a virtual machine); ``work`` is from then on to the last count. CPU is that of the process and its children.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarks.peers.checks import CHECKS


@dataclass(frozen=True)
class Found:
    """How many rows fail each check; ``rows_returned`` how many rows of failures the tool handed over (None: none)."""

    counts: dict[str, int]
    rows_returned: int | None


def run(tool: str, package: str, work: Callable[[Path], Found]) -> None:
    """Run ``work`` on the folder that the command line names and print the result."""
    ready = _cpu()
    start = time.perf_counter()
    found = work(Path(sys.argv[1]))
    wall = time.perf_counter() - start
    print(
        json.dumps(
            {
                "tool": tool,
                "version": version(package),
                "counts": {name: int(found.counts[name]) for name in CHECKS},
                "rows_returned": found.rows_returned,
                "ready_cpu": round(ready, 2),
                "work_cpu": round(_cpu() - ready, 2),
                "work_wall": round(wall, 2),
            }
        )
    )


def _cpu() -> float:
    """Return the CPU seconds, user and system, of this process and of the children that live."""
    this = psutil.Process()
    spent = 0.0
    for process in (this, *this.children(recursive=True)):
        times = process.cpu_times()
        spent += times.user + times.system
    return spent
