"""The tables that rules run over, as DuckDB views, with what is known of their sources.

Invariant: ``s_<table>`` holds every staged row; ``a_<table>`` the rows that count (``valid`` is not '0'); ``j_<table>``
those that are judged besides: of business systems, with an insurance that the code list knows. ``rid`` identifies a
row over all sources of a table, ``_src`` its source and ``_sys`` its system.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from renshe.engine.rules.compiling import one_of, quote
from renshe.engine.schema import columns, system_kind
from renshe.policy.parameters import ParameterBook
from renshe.standards.codes import code_list
from renshe.standards.dictionary import dictionary


@dataclass(frozen=True, slots=True)
class StagedSource:
    """One staged source: where its rows are and what is known of them.

    ``present`` are the fields that the file has a column for, ``untyped`` counts values that stayed text in ``raw``.
    ``patch`` holds the rows that decisions put in the place of those with the same ``source_row``.
    """

    table: str
    system: str
    source_file: str
    data: Path | pa.Table
    rows: int
    present: frozenset[str]
    untyped: Mapping[str, int] = field(default_factory=dict)
    patch: Path | None = None


class Dataset:
    """Staged sources as views of one DuckDB connection."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        sources: Sequence[StagedSource],
        *,
        as_of: date,
        region: str,
        parameters: ParameterBook,
    ) -> None:
        self.connection = connection
        self.as_of = as_of
        self.region = region
        self.parameters = parameters
        self.sources = list(sources)
        self.system_numbers = {name: at for at, name in enumerate(sorted({s.system for s in self.sources}))}
        self.tables = [name for name in dictionary() if any(s.table == name for s in self.sources)]
        for name in self.tables:
            self._create_views(name)

    def of(self, table: str) -> list[tuple[int, StagedSource]]:
        """Return the sources of ``table`` with their ordinal (``_src``)."""
        return [(at, source) for at, source in enumerate(self.sources) if source.table == table]

    def systems(self, table: str, kind: str | None = None) -> set[str]:
        """Return the systems that have ``table``, of one kind where given."""
        return {s.system for _, s in self.of(table) if kind is None or system_kind(s.system) == kind}

    def business_systems(self) -> set[str]:
        """Return every business system of the data set."""
        return {s.system for s in self.sources if system_kind(s.system) == "business"}

    def rows(self, table: str, *, kind: str = "business") -> int:
        """Return how many rows of ``table`` were loaded from systems of ``kind``."""
        return sum(s.rows for _, s in self.of(table) if system_kind(s.system) == kind)

    def judged_rows(self, table: str, judge: str | None) -> tuple[str, int]:
        """Return SQL of the rows of ``table`` that rules judge (of the system ``judge``, or of business systems)."""
        if judge is None:
            return f"j_{table}", self.rows(table)
        count = sum(source.rows for _, source in self.of(table) if source.system == judge)
        return f"(SELECT * FROM a_{table} WHERE {self.judged(table, judge=judge)})", count

    def sources_where(self, table: str, ordinals: Iterable[int]) -> str:
        """SQL that is true for rows of the given sources of ``table``; TRUE or FALSE where that is all or none."""
        chosen = sorted(ordinals)
        if len(chosen) == len(self.of(table)):
            return "TRUE"
        if not chosen:
            return "FALSE"
        return "(" + " OR ".join(f"t._src BETWEEN {low} AND {high}" for low, high in _runs(chosen)) + ")"

    def with_field(self, table: str, name: str) -> list[int]:
        """Return the ordinals of the sources of ``table`` that have a column for the field ``name``."""
        return [at for at, source in self.of(table) if name in source.present]

    def has_field(self, table: str, name: str, systems: Iterable[str] | None = None) -> bool:
        """Whether any source of ``table`` (of ``systems``) has a column for the field; facts always count as there."""
        if name.startswith("_") or name == "system":
            return True
        wanted = set(systems) if systems is not None else None
        return any(name in s.present and (wanted is None or s.system in wanted) for _, s in self.of(table))

    def untyped(self, table: str, name: str) -> int:
        """Return how many values of the field stayed text."""
        return sum(source.untyped.get(name, 0) for _, source in self.of(table))

    def _create_views(self, table: str) -> None:
        parts = []
        names = ", ".join(f'"{name}"' for name in columns(table))
        for at, source in self.of(table):
            if isinstance(source.data, Path):
                origin = f"read_parquet({quote(str(source.data))})"
            else:
                origin = f"staged_{at}"
                self.connection.register(origin, source.data)
            known = (
                f"SELECT {names}, {at} AS _src, ({at}::BIGINT << 40) + source_row AS rid,"
                f" {quote(system_kind(source.system))} AS _system_kind,"
                f" {self.system_numbers[source.system]}::SMALLINT AS _sys FROM"
            )
            if source.patch is None:
                parts.append(f"{known} {origin}")
            else:
                patch = f"read_parquet({quote(str(source.patch))})"
                parts += [f"{known} {origin} base ANTI JOIN {patch} patch USING (source_row)", f"{known} {patch}"]
        self._view(f"s_{table}", " UNION ALL ".join(parts))
        valid = f"SELECT * FROM s_{table}"
        if self.has_field(table, "valid") or any(source.patch for _, source in self.of(table)):
            valid += " WHERE valid IS DISTINCT FROM '0'"
        self._view(f"a_{table}", valid)
        judged = f"SELECT * FROM a_{table} WHERE {self.judged(table)}"
        self._view(f"j_{table}", judged)

    def judged(self, table: str, *, judge: str | None = None) -> str:
        """SQL condition for the rows that rules judge (of the compared system ``judge`` where given)."""
        condition = f"system = {quote(judge)}" if judge else "_system_kind = 'business'"
        if "insurance" in columns(table):
            known = one_of("insurance", [quote(value) for value in code_list("insurance").values])
            condition += f" AND (insurance IS NULL OR {known})"
        return condition

    def _view(self, name: str, sql: str) -> None:
        self.connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {sql}")


def _runs(ordinals: Sequence[int]) -> list[tuple[int, int]]:
    """Return ascending ``ordinals`` as stretches from first to last."""
    runs: list[tuple[int, int]] = []
    for at in ordinals:
        if runs and runs[-1][1] == at - 1:
            runs[-1] = (runs[-1][0], at)
        else:
            runs.append((at, at))
    return runs
