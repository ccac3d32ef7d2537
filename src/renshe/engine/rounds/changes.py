"""What became of every finding since the rounds before: fixed, new, still open, or back again (前清后错).

A finding is known by (rule, table, system, key, field, related). Rows without a key and repeated rows share one
identity: of ``n`` such findings now and ``m`` in the last round, the smaller number is open, and only what is more or
less than that has come or gone. The operation that broke a mended row again is seen in that row's ``change`` records;
the finding itself says only that it is back (S1-15).

Invariant: new + reopened + open are the findings of this round, fixed + open those of the last one. Findings are
counted per identity, a part of the identities at a time, so that memory does not grow with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from renshe.engine.rules.compiling import quote

IDENTITY = ("rule", "table", "system", "key", "field", "related")
STATES = ("fixed", "new", "open", "reopened")
# Findings of all rounds together that are counted at once.
PART = 3_000_000
_COLUMNS = ", ".join(f'"{name}"' for name in IDENTITY)


def write_changes(
    connection: duckdb.DuckDBPyConnection, target: Path, number: int, before: Sequence[Path]
) -> dict[str, int]:
    """Write ``changes.parquet`` of round ``number``, whose findings are in the table ``findings``; return the counts.

    One row per finding of this round or the last one. ``before`` are the folders of all earlier rounds, oldest first.
    """
    sides = [f"SELECT {_COLUMNS}, 1 AS now, 0 AS last, FALSE AS once FROM findings"]
    for at, folder in enumerate(before, 1):
        file = quote(str(folder / "findings.parquet"))
        last = at == len(before)
        sides.append(f"SELECT {_COLUMNS}, 0, {int(last)}, {not last} FROM read_parquet({file})")
    every = " UNION ALL ".join(sides)
    [(rows,)] = connection.execute(f"SELECT count(*) FROM ({every})").fetchall()
    parts = rows // PART + 1
    connection.execute("CREATE OR REPLACE TEMP TABLE changes AS FROM (" + _moved(every, "FALSE") + ")")
    for part in range(parts):
        connection.execute("INSERT INTO changes " + _moved(every, f"hash(rule, key) % {parts} = {part}"))
    connection.execute(
        f"COPY (SELECT *, {number} AS round FROM changes ORDER BY ALL) TO {quote(str(target))} (FORMAT parquet)"
    )
    counts = dict.fromkeys(STATES, 0)
    counts.update(connection.execute("SELECT state, count(*) FROM changes GROUP BY state").fetchall())
    connection.execute("DROP TABLE changes")
    return counts


def _moved(every: str, chosen: str) -> str:
    """Return SQL of identity and state, as often as there are findings, for identities where ``chosen`` holds."""
    return (
        f"SELECT {_COLUMNS}, unnest(list_concat(repeat(['open'], least(now, last)),"
        f" repeat([CASE WHEN once AND last = 0 THEN 'reopened' ELSE 'new' END], greatest(now - last, 0)),"
        f" repeat(['fixed'], greatest(last - now, 0)))) AS state"
        f" FROM (SELECT {_COLUMNS}, sum(now)::BIGINT AS now, sum(last)::BIGINT AS last, bool_or(once) AS once"
        f" FROM ({every}) WHERE {chosen} GROUP BY ALL)"
    )
