"""What a round judges: the engine, in it the staged sources with what decisions replace, and the parameters in force.

Invariant: whoever opens a project's data this way judges exactly what a round of it judges.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import duckdb
import pyarrow.parquet as pq

from renshe.engine.decisions.apply import Applied
from renshe.engine.project import Project, ProjectError
from renshe.engine.rounds.store import Store
from renshe.engine.rules.catalogue import Catalogue
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.holdings import StagedSource
from renshe.engine.rules.parameter_joins import names_asked
from renshe.engine.staging.stage import Staged
from renshe.policy.parameters import ParameterBook, load_parameters, parameter_names
from renshe.standards.dictionary import TABLES


@contextmanager
def engine(store: Store, memory: str = "1600MB") -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield the engine in which a round is judged, in bounded memory, spilling into the project's cache."""
    spill = store.cache / f"spill.{os.getpid()}.tmp"
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory,
        "preserve_insertion_order": False,
        "temp_directory": str(spill),
        "threads": os.cpu_count() or 1,
    }
    connection = duckdb.connect(":memory:", config=config)
    try:
        yield connection
    finally:
        connection.close()


def staged_sources(staged: Sequence[Staged], applied: Applied) -> list[StagedSource]:
    """Return the staged standard tables as rules take them, with the rows that decisions replace."""
    return [
        StagedSource(
            table=found.table,
            system=found.system,
            source_file=found.source_file,
            data=found.rows,
            rows=found.rows_loaded,
            present=frozenset(found.present),
            untyped=found.untyped,
            patch=applied.patches.get(at),
            spoken=found.spoken,
            strange=frozenset(found.unmapped),
        )
        for at, found in enumerate(staged)
        if found.table in TABLES
    ]


def open_dataset(
    connection: duckdb.DuckDBPyConnection,
    project: Project,
    catalogue: Catalogue,
    staged: Sequence[Staged],
    applied: Applied,
) -> Dataset:
    """Return what a round judges, with the project's own parameters; ProjectError where one of these cannot be."""
    # A value that could not be typed is judged as it was written.
    overrides = [
        {**row, **dict(row["raw"] or ())}
        for found in staged
        if found.table == "parameter"
        for row in pq.read_table(found.rows).to_pylist()
    ]
    try:
        known = parameter_names() | names_asked(catalogue.rules.values())
        parameters = ParameterBook(load_parameters(), overrides, known)
    except ValueError as error:
        raise ProjectError(str(error)) from None
    sources = staged_sources(staged, applied)
    return Dataset(connection, sources, as_of=project.as_of, region=project.region, parameters=parameters)
