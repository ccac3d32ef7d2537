"""The rows of the persons concerned, taken from a finished round with their facts, as the rules of merging see them.

A round's tables hold fields; facts (``_kind``, ``_arrived``, ``_id17`` …) are computed for these few rows by the
function that staging uses.

Invariant: what a rule is asked about here is what it is asked about when the merge is applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import duckdb
import pyarrow as pa

from renshe.engine.decisions.merges import Number
from renshe.engine.decisions.pairs import PERSON, MergeRules, own, own_columns, owned_tables
from renshe.engine.mending.newest import Newest
from renshe.engine.rules.compiling import quote
from renshe.engine.schema import columns
from renshe.engine.staging.facts import compute_facts
from renshe.standards.dictionary import dictionary

_BATCH = 100_000
_Source = tuple[int, str, str]


def hold(
    connection: duckdb.DuckDBPyConnection,
    newest: Newest,
    numbers: Iterable[Number],
    rules: MergeRules,
    more: Mapping[str, Iterable[str]],
) -> list[str]:
    """Create ``own_<table>`` with the rows of ``numbers``; return the tables. ``more``: columns asked for besides."""
    listed = sorted(set(numbers))
    given = {
        "system": pa.array([system for system, _ in listed], pa.string()),
        "person_no": pa.array([number for _, number in listed], pa.string()),
    }
    keep_table(connection, "numbers", pa.table(given))
    systems = {system for system, _ in listed}
    tables = []
    for name in (PERSON, *owned_tables()):
        sources = _sources(newest, name, systems)
        if not sources:
            continue
        asked = {*own_columns(name, rules), *more.get(name, ())}
        _hold(connection, newest, name, sources, [column for column in columns(name) if column in asked])
        tables.append(name)
    return tables


def _sources(newest: Newest, name: str, systems: set[str]) -> dict[frozenset[tuple[str, str]], list[_Source]]:
    """Return the sources of a table, by how their codes are read."""
    found: dict[frozenset[tuple[str, str]], list[_Source]] = {}
    for at, source in enumerate(newest.manifest["sources"]):
        if source["table"] == name and source["system"] in systems:
            spoken = frozenset((source.get("spoken") or {}).items())
            found.setdefault(spoken, []).append((at, source["system"], source["file"]))
    return found


def _hold(
    connection: duckdb.DuckDBPyConnection,
    newest: Newest,
    name: str,
    sources: Mapping[frozenset[tuple[str, str]], Sequence[_Source]],
    asked: Sequence[str],
) -> None:
    kinds = columns(name)
    place = {"system": pa.string(), "person_no": pa.string(), "src": pa.int64(), "source_row": pa.int64()}
    schema = pa.schema([*place.items(), ("valid", pa.string()), *((column, kinds[column]) for column in asked)])
    connection.register("given", schema.empty_table())
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {own(name)} AS FROM given")
    connection.unregister("given")
    as_of = date.fromisoformat(newest.manifest["as_of"])
    fields = ", ".join(f'r."{field}"' for field in dictionary()[name].names)
    file = quote(str(newest.folder / "tables" / f"{name}.parquet"))
    for spoken, own_sources in sources.items():
        keep_table(connection, "places", _places(own_sources))
        # Read through a cursor of its own: what is read is written into the same database meanwhile.
        reader = (
            connection.cursor()
            .sql(
                f"SELECT r.system, p.src, r.source_row, {fields} FROM read_parquet({file}) r"
                " JOIN places p ON p.system = r.system AND p.source_file = r.source_file"
                " SEMI JOIN numbers n ON n.system = r.system AND n.person_no = r.person_no"
            )
            .to_arrow_reader(_BATCH)
        )
        for batch in reader:
            found = dict(zip(batch.schema.names, batch.columns, strict=True))
            found |= compute_facts(name, found, as_of, dict(spoken))
            made = pa.table([found[column].cast(schema.field(column).type) for column in schema.names], schema=schema)
            connection.register("given", made)
            connection.execute(f"INSERT INTO {own(name)} FROM given")
            connection.unregister("given")


def keep_table(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    """Make rows known to all cursors of the connection."""
    connection.register("given", rows)
    connection.execute(f"CREATE OR REPLACE TABLE {name} AS FROM given")
    connection.unregister("given")


def _places(sources: Sequence[_Source]) -> pa.Table:
    return pa.table(
        {
            "src": pa.array([at for at, _, _ in sources], pa.int64()),
            "system": pa.array([system for _, system, _ in sources], pa.string()),
            "source_file": pa.array([file for _, _, file in sources], pa.string()),
        }
    )
