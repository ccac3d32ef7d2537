"""The tables that rules run over, as DuckDB views, with what is known of their sources.

Invariant: ``s_<table>`` holds every staged row; ``a_<table>`` the rows that count (``valid`` is not '0'); ``j_<table>``
those that are judged besides: of business systems, with an insurance that the code list knows. ``rid`` identifies a
row over all sources of a table, ``_src`` its source and ``_sys`` its system.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb

from renshe.engine.rules.compiling import quote
from renshe.engine.rules.dialects import DUCKDB
from renshe.engine.rules.holdings import Holdings, StagedSource, judged_condition
from renshe.engine.rules.typed import sql_type
from renshe.engine.schema import columns, system_kind
from renshe.policy.parameters import ParameterBook
from renshe.standards.dictionary import dictionary


class Dataset(Holdings):
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
        super().__init__(sources, as_of=as_of, region=region, parameters=parameters)
        self.connection = connection
        self._few: dict[str, int] = {}
        for name in self.tables:
            self._create_views(name)

    def judged_rows(self, table: str, judge: str | None) -> tuple[str, int]:
        """Return SQL of the rows of ``table`` that rules judge (of the system ``judge``, or of business systems)."""
        few = self._few.get(table)
        if judge is None:
            return (f"j_{table}", self.rows(table)) if few is None else (f"dj_{table}", few)
        count = sum(source.rows for _, source in self.of(table) if source.system == judge)
        return (
            f"(SELECT * FROM {self.counting_rows(table)} WHERE {self.judged(table, judge=judge)})",
            count if few is None else few,
        )

    def counting_rows(self, table: str) -> str:
        """Return SQL of the rows of ``table`` that count, of all systems, as far as they are to be judged."""
        return f"da_{table}" if table in self._few else f"a_{table}"

    def loaded_rows(self, table: str) -> str:
        """Return the relation of all rows of ``table``, counting or not, as far as they are to be judged."""
        return f"d_{table}" if table in self._few else f"s_{table}"

    @contextmanager
    def restricted(self, table: str, rids: str) -> Iterator[None]:
        """Judge only the rows of ``table`` whose ``rid`` is in the relation ``rids``; what they look at stays whole."""
        [(count,)] = self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE d_{table} AS SELECT s.* FROM s_{table} s SEMI JOIN {rids} c ON c.rid = s.rid"
        ).fetchall()
        self._filter_views(table, "d")
        self._few[table] = int(count)
        try:
            yield
        finally:
            del self._few[table]
            self.connection.execute(f"DROP VIEW dj_{table}; DROP VIEW da_{table}; DROP TABLE d_{table}")

    def _create_views(self, table: str) -> None:
        parts = []
        for at, source in self.of(table):
            if isinstance(source.data, Path):
                origin = f"read_parquet({quote(str(source.data))})"
            else:
                origin = f"staged_{at}"
                self.connection.register(origin, source.data)
            staged = self.select_from(at, source.present)
            if source.patch is None:
                parts.append(f"{staged} {origin}")
            else:
                patch = f"read_parquet({quote(str(source.patch))})"
                parts += [f"{staged} {origin} base ANTI JOIN {patch} patch USING (source_row)"]
                parts += [f"{self.select_from(at)} {patch}"]
        self._view(f"s_{table}", " UNION ALL ".join(parts))
        self._filter_views(table, "")

    def select_from(self, ordinal: int, present: frozenset[str] | None = None) -> str:
        """Return ``SELECT … FROM`` of the columns of ``s_<table>``, to be followed by staged rows of a source.

        Where only the fields ``present`` hold anything, the others are not read.
        """
        source = self.sources[ordinal]
        fields = dictionary()[source.table].names
        # What is the same in all rows is not read.
        constants = {"system": quote(source.system), "source_file": quote(source.source_file)}
        if present is not None:
            kinds = columns(source.table)
            lacking = [name for name in fields if name not in present]
            constants |= {name: f"CAST(NULL AS {sql_type(kinds[name])})" for name in lacking}
        names = ", ".join(
            f'{constants[name]} AS "{name}"' if name in constants else f'"{name}"' for name in columns(source.table)
        )
        return (
            f"SELECT {names}, {ordinal} AS _src, ({ordinal}::BIGINT << 40) + source_row AS rid,"
            f" {quote(system_kind(source.system))} AS _system_kind,"
            f" {self.system_numbers[source.system]}::SMALLINT AS _sys FROM"
        )

    def _filter_views(self, table: str, prefix: str) -> None:
        """Create the views of rows that count and of rows that are judged over all rows (``s_``, ``d_``)."""
        valid = f"SELECT * FROM {prefix or 's'}_{table}"
        if self.has_field(table, "valid") or any(source.patch for _, source in self.of(table)):
            valid += " WHERE valid IS DISTINCT FROM '0'"
        self._view(f"{prefix}a_{table}", valid)
        self._view(f"{prefix}j_{table}", f"SELECT * FROM {prefix}a_{table} WHERE {self.judged(table)}")

    def judged(self, table: str, *, judge: str | None = None) -> str:
        """SQL condition for the rows that rules judge (of the compared system ``judge`` where given)."""
        known = all(
            source.patch is None and source.strange is not None and "insurance" not in source.strange
            for _, source in self.of(table)
        )
        return judged_condition(table, judge, DUCKDB, all_known=known)

    def _view(self, name: str, sql: str) -> None:
        self.connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {sql}")
