"""Whether the rows of business tables are as the journal says that they were left.

Rule (S1-67 防止恶意篡改生产数据): a row that was altered, put in or taken away past the triggers, as a superuser
can, is named. Together with ``verifying``, which vouches for the journal, that is every row.

Invariant: nothing is written; columns that a later program added or took away are not compared.
"""

from __future__ import annotations

from collections.abc import Iterable

import psycopg
from psycopg import sql

from renshe.core.journal.triggers import ENTRY, Watched

MOST = 100
"""So many rows of a table are named."""
_DIFFERING = """
SELECT coalesce(t.key, l.key) FROM (SELECT {key}::text AS key, to_jsonb(r) AS is_now FROM {table} r) t
FULL JOIN (
    SELECT DISTINCT ON (key) key, after FROM {entry} WHERE table_name = {name} ORDER BY key, id DESC) l USING (key)
WHERE (t.key IS NULL) <> (l.after IS NULL) OR t.is_now <> l.after AND EXISTS (
    SELECT FROM jsonb_each(l.after) b JOIN jsonb_each(t.is_now) a USING (key) WHERE a.value <> b.value)
ORDER BY 1 LIMIT {most}
"""


def rows_differing(connection: psycopg.Connection, tables: Iterable[Watched]) -> dict[str, list[str]]:
    """Return by table the keys of the rows, ``MOST`` of them, that are not as their last entry says; a transaction of
    its own."""
    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    # Entries tell times so.
    connection.execute("SET LOCAL timezone = 'UTC'")
    found = {}
    for one in tables:
        asked = sql.SQL(_DIFFERING).format(
            key=sql.Identifier(one.key),
            table=sql.Identifier(one.table),
            entry=sql.Identifier(ENTRY),
            name=one.table,
            most=MOST,
        )
        if keys := [key for (key,) in connection.execute(asked).fetchall()]:
            found[one.table] = keys
    connection.rollback()
    return found
