"""Which pairs of records are looked at: those that share one of several keys, without comparing all with all.

Rule: every record is looked at beside those that share a key of the model's ``keys_of_all`` with it (people: the same
number; the same name and birth). A record that is not *settled* – its number proves nothing – is looked at beside all that
share any of ``keys`` (blocking by exploded keys). So what is expensive is done for the damaged few.

Invariant: a pair is looked at once, ``rid_l < rid_r``; a key that more than ``largest_block`` records share yields no pair
and is told in what is returned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from renshe.engine.linking.model import Model


@dataclass(frozen=True, slots=True)
class Dropped:
    """A key whose value too many records share: which, how many of its values, how many records at most."""

    key: str
    values: int
    records: int


def find_candidates(connection: duckdb.DuckDBPyConnection, model: Model) -> list[Dropped]:
    """Leave the pairs to be looked at in the table ``pairs`` (rid_l, rid_r); return what was dropped."""
    connection.execute("CREATE OR REPLACE TEMP TABLE found (rid_l BIGINT, rid_r BIGINT)")
    asked = [(name, parts, "TRUE") for name, parts in model.keys_of_all.items()]
    asked += [(name, parts, "NOT settled") for name, parts in model.keys.items()]
    dropped = [_pair(connection, name, parts, some, model.largest_block) for name, parts, some in asked]
    connection.execute("CREATE OR REPLACE TEMP TABLE pairs AS SELECT DISTINCT rid_l, rid_r FROM found; DROP TABLE found")
    return [one for one in dropped if one is not None]


def _pair(
    connection: duckdb.DuckDBPyConnection, name: str, parts: Sequence[str], some: str, largest: int
) -> Dropped | None:
    """Add the pairs of a record for which ``some`` holds with any that has the same ``parts``."""
    key = f"hash({', '.join(parts)})"
    given = " AND ".join(f"({part})::VARCHAR <> ''" for part in parts)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE few AS SELECT rid, {key} AS k FROM records WHERE {some} AND {given};
        CREATE OR REPLACE TEMP TABLE keyed AS SELECT rid, {key} AS k FROM records
            WHERE {given} AND {key} IN (SELECT k FROM few);
        CREATE OR REPLACE TEMP TABLE blocks AS SELECT k, count(*) AS n FROM keyed GROUP BY k HAVING n > 1;
        INSERT INTO found
            SELECT DISTINCT least(x.rid, y.rid), greatest(x.rid, y.rid)
            FROM few x SEMI JOIN (FROM blocks WHERE n <= {largest}) b ON b.k = x.k
            JOIN keyed y ON y.k = x.k AND y.rid <> x.rid""")
    [(values, most)] = connection.sql(f"SELECT count(*), max(n) FROM blocks WHERE n > {largest}").fetchall()
    return Dropped(name, values, most) if values else None
