"""The rows that decisions speak of: found by key, changed one after another, written as what replaces them.

Invariant: a row is found by its key as it stands after all earlier decisions; nothing but its own source replaces it,
and a row that ends as it began replaces nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from renshe.engine.decisions.log import row_key
from renshe.engine.schema import columns
from renshe.engine.staging.facts import compute_facts, derive
from renshe.engine.staging.stage import Staged
from renshe.standards.dictionary import Table, table


@dataclass(slots=True, eq=False)
class Row:
    """A staged row: its source (position in the list of sources), what it was and what it is now.

    ``taken`` says why nothing more may be decided on it: a merge has taken it out.
    """

    source: int
    before: dict[str, Any]
    now: dict[str, Any]
    taken: str | None = None

    def shown(self, name: str) -> str | None:
        """Return the value of a field as findings show it: the typed value, else the text that could not be typed."""
        value = self.now[name]
        return str(value) if value is not None else dict(self.now["raw"] or ()).get(name)

    def put(self, name: str, value: Any) -> None:
        """Set a field; text that could not be typed is thereby gone."""
        self.now[name] = value
        left = [pair for pair in self.now["raw"] or () if pair[0] != name]
        self.now["raw"] = left or None


class Rows:
    """The rows of one table in one system that some decision speaks of."""

    def __init__(self, name: str, sources: Sequence[tuple[int, Staged]], keys: Iterable[str]) -> None:
        self.entry = table(name)
        self.by_key: dict[str, list[Row]] = {}
        wanted = _wanted(self.entry, keys)
        with duckdb.connect(config={"memory_limit": "600MB"}) as connection:
            for at, staged in sources:
                for found in _fetch(connection, self.entry, staged, wanted):
                    self._file(Row(at, found, dict(found)))

    def _file(self, row: Row) -> None:
        self.by_key.setdefault(row_key(self.entry, row.now), []).append(row)

    def find(self, key: str) -> list[Row]:
        """Return the rows that have ``key`` now."""
        return self.by_key.get(key, [])

    def put(self, row: Row, name: str, value: Any) -> None:
        """Set a field of a row, which may change its key."""
        before = row_key(self.entry, row.now)
        row.put(name, value)
        if row_key(self.entry, row.now) != before:
            self.by_key[before].remove(row)
            self._file(row)

    def __iter__(self) -> Iterator[Row]:
        return (row for rows in self.by_key.values() for row in rows)


def _wanted(entry: Table, keys: Iterable[str]) -> list[tuple[tuple[str, ...], pa.Table]]:
    """Return the keys typed like the fields they are compared with, one table for each way in which rows are keyed."""
    kinds = columns(entry.name)
    found = []
    for names in filter(None, (entry.key, entry.key_else)):
        rows = []
        for key in keys:
            parts = json.loads(key)
            if len(parts) == len(names):
                rows.append([_part(part, kinds[name]) for part, name in zip(parts, names, strict=True)])
        if rows:
            values = zip(*rows, strict=True)
            fields = {f"k{at}": pa.array(column, kinds[names[at]]) for at, column in enumerate(values)}
            found.append((names, pa.table(fields)))
    return found


def _part(part: str | int | None, kind: pa.DataType) -> str | int | None:
    """Return a part of a key in the type of its field; a text that is no number meets no row."""
    if part is None or not pa.types.is_integer(kind):
        return None if part is None else str(part)
    return int(part) if str(part).lstrip("-").isdigit() else -1


def _fetch(
    connection: duckdb.DuckDBPyConnection, entry: Table, staged: Staged, wanted: list[tuple[tuple[str, ...], pa.Table]]
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for names, keys in wanted:
        connection.register("wanted", keys)
        # Any part may be unknown: a row without its person's number is the one whose number must be filled.
        same = " AND ".join(f'w.k{at} IS NOT DISTINCT FROM r."{name}"' for at, name in enumerate(names))
        if names == entry.key_else:
            same += f' AND r."{entry.key[0]}" IS NULL'
        source = connection.read_parquet(str(staged.rows))  # noqa: F841 - DuckDB finds it by its name
        rows = connection.sql(f"SELECT r.* FROM source r SEMI JOIN wanted w ON {same} ORDER BY r.source_row")
        found += rows.to_arrow_table().to_pylist()
    return found


def replacing(staged: Staged, rows: Iterable[Row], as_of: date) -> pa.Table | None:
    """Return the rows of a source that differ from what they were, with their facts; None where none does."""
    changed = [row for row in rows if row.now != row.before]
    return as_staged(staged, changed, as_of) if changed else None


def as_staged(staged: Staged, rows: Iterable[Row], as_of: date) -> pa.Table:
    """Return some rows of a source, at least one, as they are now, with their facts."""
    given_rows = []
    for row in rows:
        # What follows from another field follows again, unless a decision speaks of it.
        follows = {name: None for name in staged.derived if row.now[name] == row.before[name]}
        given_rows.append(row.now | follows)
    schema = pa.schema(list(columns(staged.table).items()))
    given_rows.sort(key=lambda row: int(row["source_row"]))
    given = pa.Table.from_pylist(given_rows, schema=schema).combine_chunks()
    [batch] = given.to_batches()
    found = dict(zip(batch.schema.names, batch.columns, strict=True))
    derive(staged.table, found)
    found |= compute_facts(staged.table, found, as_of, staged.spoken)
    return pa.Table.from_arrays([found[name] for name in schema.names], schema=schema)
