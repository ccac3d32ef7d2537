"""经核实无误: findings that were looked into and are true as they stand are set aside until that is revoked.

An acceptance covers what it names: a rule on a field of a row, all of a row, all of a person (``key`` is then the
person's number and ``table`` is empty), or a rule altogether.

Invariant: a finding is either open (table ``findings``) or set aside (table ``accepted``, with the decision), never
both and never neither.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import duckdb
import pyarrow as pa

from renshe.engine.decisions.log import Decision

_NAMES = ("rule", "table", "system", "key", "field", "person_no")


def _covered(decision: Decision) -> tuple[str | None, ...]:
    """Return what the finding must have in each of ``_NAMES``; None where anything will do."""
    told = [getattr(decision, name) for name in _NAMES[:-1]]
    if decision.table is None and decision.key is not None:
        [number, *_] = json.loads(decision.key)
        return (decision.rule, None, decision.system, None, decision.field, str(number))
    return (*told, None)


def set_aside(connection: duckdb.DuckDBPyConnection, accepts: Iterable[Decision]) -> int:
    """Move from ``findings`` to ``accepted`` what ``accepts`` cover; return how many findings that are."""
    shapes: dict[tuple[bool, ...], list[tuple[Decision, tuple[str | None, ...]]]] = {}
    for decision in accepts:
        covered = _covered(decision)
        shapes.setdefault(tuple(value is not None for value in covered), []).append((decision, covered))
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE accepted AS SELECT *, NULL::VARCHAR AS decision FROM findings LIMIT 0"
    )
    for shape, group in shapes.items():
        _move(connection, [name for name, asked in zip(_NAMES, shape, strict=True) if asked], group)
    [(count,)] = connection.execute("SELECT count(*) FROM accepted").fetchall()
    return int(count)


def _move(
    connection: duckdb.DuckDBPyConnection, names: list[str], group: list[tuple[Decision, tuple[str | None, ...]]]
) -> None:
    columns = {name: pa.array([c[_NAMES.index(name)] for _, c in group], pa.string()) for name in names}
    given = columns | {
        "decision": pa.array([decision.id for decision, _ in group], pa.string()),
        "file": pa.array([decision.source_file for decision, _ in group], pa.string()),
        "row": pa.array([decision.source_row for decision, _ in group], pa.int64()),
    }
    connection.register("given", pa.table(given))
    same = " AND ".join(f'g."{name}" = f."{name}"' for name in names)
    # Rows that share a key share their findings' identity: where the place is told and still there, only it is meant.
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE covered AS SELECT finding, min(decision) AS decision FROM (SELECT finding,"
        " decision, asked IS NULL OR here OR NOT bool_or(here) OVER (PARTITION BY decision) AS meant"
        " FROM (SELECT f.rowid AS finding, g.decision, g.row AS asked, coalesce(f.source_row = g.row"
        " AND f.source_file = coalesce(g.file, f.source_file), FALSE) AS here"
        f" FROM findings f JOIN given g ON {same})) WHERE meant GROUP BY finding"
    )
    connection.unregister("given")
    connection.execute(
        "INSERT INTO accepted SELECT f.*, c.decision FROM findings f JOIN covered c ON c.finding = f.rowid;"
        " DELETE FROM findings WHERE rowid IN (SELECT finding FROM covered); DROP TABLE covered"
    )
