"""A simulated project, staged once, so that a benchmark can judge the same Parquet files many times.

Invariant: the files and the engine's settings are those of a round; nothing is prepared that a round does not have.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from benchmarks.measure import RENSHE, measure
from renshe.engine.project import load_project
from renshe.engine.rounds.reading import stage_all
from renshe.engine.rounds.store import Store
from renshe.engine.rules.catalogue import load_catalogue
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.holdings import StagedSource
from renshe.engine.rules.parameter_joins import names_asked
from renshe.engine.staging.stage import Staged
from renshe.policy.parameters import ParameterBook, load_parameters, parameter_names
from renshe.standards.dictionary import TABLES


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


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """Return a connection with the settings of a round, spilling into ``folder``."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": "1600MB",
        "preserve_insertion_order": False,
        "temp_directory": str(folder / "cache" / "spill.tmp"),
        "threads": os.cpu_count() or 1,
    }
    return duckdb.connect(":memory:", config=config)


def dataset(connection: duckdb.DuckDBPyConnection, folder: Path) -> Dataset:
    """Return the data set that a round of the project in ``folder`` judges, its own parameters included."""
    project = load_project(folder)
    sources = staged(folder)
    own = [
        {**row, **dict(row["raw"] or ())}
        for one in sources
        if one.table == "parameter"
        for row in pq.read_table(one.rows).to_pylist()
    ]
    known = parameter_names() | names_asked(load_catalogue(project.packs).rules.values())
    return Dataset(
        connection,
        [
            StagedSource(
                table=one.table,
                system=one.system,
                source_file=one.source_file,
                data=one.rows,
                rows=one.rows_loaded,
                present=frozenset(one.present),
                untyped=one.untyped,
                spoken=one.spoken,
            )
            for one in sources
            if one.table in TABLES
        ],
        as_of=project.as_of,
        region=project.region,
        parameters=ParameterBook(load_parameters(), own, known),
    )
