"""What became of every finding since the rounds before: fixed, new, still open, or back again (前清后错).

A finding is known by (rule, table, system, key, field, related). The operation that broke a mended row again is seen
in that row's ``change`` records; the finding itself says only that it is back (S1-15).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from renshe.engine.rules.compiling import quote

IDENTITY = ("rule", "table", "system", "key", "field", "related")


def write_changes(
    connection: duckdb.DuckDBPyConnection, target: Path, number: int, before: Sequence[Path]
) -> dict[str, int]:
    """Write ``changes.parquet`` of round ``number``, whose findings are in the table ``findings``; return the counts.

    ``before`` are the folders of all earlier rounds, oldest first.
    """
    columns = ", ".join(f'"{name}"' for name in IDENTITY)
    nothing = f"SELECT {columns} FROM findings WHERE FALSE"
    previous = _read(before[-1:], columns) or nothing
    earlier = _read(before[:-1], columns) or nothing
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE changes AS WITH now AS (SELECT DISTINCT {columns} FROM findings),"
        f" last AS (SELECT DISTINCT {columns} FROM ({previous})), once AS (SELECT DISTINCT {columns} FROM ({earlier})),"
        f" gone AS (SELECT * FROM last EXCEPT SELECT * FROM now),"
        f" kept AS (SELECT * FROM now INTERSECT SELECT * FROM last),"
        f" came AS (SELECT * FROM now EXCEPT SELECT * FROM last),"
        f" back AS (SELECT * FROM came INTERSECT SELECT * FROM once)"
        f" SELECT *, 'fixed' AS state FROM gone UNION ALL SELECT *, 'open' FROM kept"
        f" UNION ALL SELECT *, 'reopened' FROM back UNION ALL SELECT *, 'new' FROM (FROM came EXCEPT FROM back)"
    )
    connection.execute(
        f"COPY (SELECT *, {number} AS round FROM changes ORDER BY ALL) TO {quote(str(target))} (FORMAT parquet)"
    )
    counts = dict.fromkeys(("fixed", "new", "open", "reopened"), 0)
    counts.update(connection.execute("SELECT state, count(*) FROM changes GROUP BY state").fetchall())
    return counts


def _read(folders: Sequence[Path], columns: str) -> str:
    files = ", ".join(quote(str(folder / "findings.parquet")) for folder in folders)
    return f"SELECT {columns} FROM read_parquet([{files}])" if files else ""
