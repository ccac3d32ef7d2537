"""A simulated project, staged once, so that a benchmark can judge the same Parquet files many times.

Invariant: the files and the engine's settings are those of a round; nothing is prepared that a round does not have.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.measure import RENSHE, measure
from renshe.engine.decisions.apply import Applied
from renshe.engine.project import load_project
from renshe.engine.rounds.judged import engine, open_dataset
from renshe.engine.rounds.reading import stage_all
from renshe.engine.rounds.store import Store
from renshe.engine.rules.catalogue import load_catalogue
from renshe.engine.rules.dataset import Dataset
from renshe.engine.staging.stage import Staged


def simulate(folder: Path, persons: int, seed: int = 7) -> None:
    """Write a project of ``persons`` invented people to ``folder``."""
    measure([*RENSHE, "simulate", str(folder), "--persons", str(persons), "--seed", str(seed)])


def staged(folder: Path, system: str | None = None) -> list[Staged]:
    """Return the staged sources of the project in ``folder`` (those of ``system`` where given), staging what is new."""
    project = load_project(folder)
    chosen = tuple(spec for spec in project.sources if system in (None, spec.system))
    store = Store(folder)
    with store.locked():
        return stage_all(replace(project, sources=chosen), store, lambda step, done, total: None)


@contextmanager
def judged(folder: Path) -> Iterator[Dataset]:
    """Yield the data set that a round of the project in ``folder`` judges, in the engine of a round."""
    project = load_project(folder)
    sources = staged(folder)
    with engine(Store(folder)) as connection:
        yield open_dataset(connection, project, load_catalogue(project.packs), sources, Applied())
