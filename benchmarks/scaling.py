"""How cost grows: one round of N persons and one of 10 N. Bar: ten times the data, at most eleven times the CPU.

Usage: ``python -m benchmarks.scaling [PERSONS]`` (50,000 and 500,000).
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import RENSHE, Measured, measure, write_result
from benchmarks.staged import simulate

TIMES, BAR = 10, 11.0


def main(persons: int = 50_000) -> None:
    """Clean a project of ``persons`` and one of ten times as many and write ``results/scaling.json``."""
    small, large = _clean(persons), _clean(persons * TIMES)
    ratio = large.cpu_seconds / small.cpu_seconds
    write_result(
        "scaling", persons=[persons, persons * TIMES], small=small, large=large, cpu_ratio=round(ratio, 2), bar=BAR
    )


def _clean(persons: int) -> Measured:
    folder = Path(tempfile.mkdtemp(prefix="renshe-scaling-"))
    try:
        simulate(folder / "project", persons)
        return measure([*RENSHE, "clean", str(folder / "project")])
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
