"""The sample project of ``renshe demo``: a small prefecture with the errors that agencies have.

Its systems know the same people and units under numbers of their own; some names are spelt otherwise or damaged, some
people have two numbers in one system, some have left every scheme: there is something to link, compare and merge.

Invariant: always the same bytes, so that what the documentation shows is what everybody sees.
"""

from __future__ import annotations

from pathlib import Path

from renshe.engine.simulate.simulate import Progress, SimulateResult, simulate

PERSONS = 20_000
SEED = 1
DIRTY = 0.02


def write_sample(target: Path, persons: int = PERSONS, progress: Progress | None = None) -> SimulateResult:
    """Write the sample project into ``target``; errors as of ``simulate``."""
    return simulate(target, persons, SEED, DIRTY, progress)
