"""The sample project of ``renshe demo``: a small prefecture with the errors that agencies have.

Invariant: always the same bytes, so that what the documentation shows is what everybody sees.
"""

from __future__ import annotations

from pathlib import Path

from renshe.engine.simulate.simulate import Progress, SimulateResult, simulate

PERSONS = 20_000
SEED = 1
DIRTY = 0.02


def write_sample(target: Path, progress: Progress | None = None) -> SimulateResult:
    """Write the sample project into ``target``; errors as of ``simulate``."""
    return simulate(target, PERSONS, SEED, DIRTY, progress)
