"""Which pairs of records are looked at: those that share one of several keys, without comparing all with all.

Rule: blocking by exploded keys. Some (people: the same number; the same name and birth) every record is looked for by;
the others only those that are not *settled*, whose number proves nothing, some only where more is wanting. So what is
expensive is done for the damaged few.

Invariant: a pair is looked at once, ``rid_l < rid_r``; a key that more than ``largest_block`` records share yields no
pair and is told in what is returned.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from renshe.engine.linking.earlier import add_crowded
from renshe.engine.linking.model import EVERY, Model


@dataclass(frozen=True, slots=True)
class Dropped:
    """A key whose value too many records share: which, how many of its values, how many records at most."""

    key: str
    values: int
    records: int


def find_candidates(connection: duckdb.DuckDBPyConnection, model: Model, earlier: Path | None = None) -> list[Dropped]:
    """Leave the pairs to be looked at in the table ``pairs`` (rid_l, rid_r); return what was dropped.

    ``earlier``: the state of a run whose pairs are taken over: then only pairs with a ``changed`` record are found, and
    records whose keys became too many or few join the changed.
    """
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE crowded (name VARCHAR, k UBIGINT, n BIGINT);
        CREATE OR REPLACE TEMP TABLE found (rid_l BIGINT, rid_r BIGINT)""")
    _hash_keys(connection, model)
    if earlier is not None:
        for name in model.keys:
            _block(connection, name, model)
            add_crowded(connection, earlier, name)
    for name in model.keys:
        _block(connection, name, model)
        _pair(connection, only_changed=earlier is not None)
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE pairs AS SELECT DISTINCT rid_l, rid_r FROM found;
        DROP TABLE found; DROP TABLE hashed""")
    told = connection.sql("SELECT name, count(*), max(n) FROM crowded GROUP BY name ORDER BY name").fetchall()
    return [Dropped(*row) for row in told]


def _hash_keys(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Leave the table ``hashed``: of every record the number that stands for each key's parts (``k_<key>``, null where
    it has no such key) and whether it looks for others by it (``seeks_<key>``)."""
    told = "".join(
        f", CASE WHEN {key.given} THEN hash({', '.join(key.parts)}) END AS k_{name}, {key.seeks} AS seeks_{name}"
        for name, key in model.keys.items()
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE hashed AS SELECT rid{told} FROM records")


def _block(connection: duckdb.DuckDBPyConnection, name: str, model: Model) -> None:
    """Leave the tables ``few`` (records that look for others by the key ``name``) and ``keyed`` (all that share it with
    one of these), each with the number ``k`` that stands for it; what too many share goes to ``crowded``."""
    having, largest = f"SELECT rid, k_{name} AS k FROM hashed WHERE k_{name} IS NOT NULL", model.largest_block
    others = "FROM few" if model.keys[name].seeks == EVERY else f"FROM ({having}) SEMI JOIN few USING (k)"
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE few AS {having} AND seeks_{name};
        CREATE OR REPLACE TEMP TABLE keyed AS {others};
        CREATE OR REPLACE TEMP TABLE blocks AS SELECT k, count(*) AS n FROM keyed GROUP BY k HAVING n > 1;
        DELETE FROM crowded WHERE name = '{name}';
        INSERT INTO crowded SELECT '{name}', k, n FROM blocks WHERE n > {largest};
        DELETE FROM blocks WHERE n > {largest}""")


def _pair(connection: duckdb.DuckDBPyConnection, *, only_changed: bool) -> None:
    """Add the pairs of a record in ``few`` with any in ``keyed`` that has the same key."""
    ways = [("few", "keyed")]
    if only_changed:
        ways = [
            ("(FROM few SEMI JOIN changed USING (rid))", "keyed"),
            ("few", "(FROM keyed SEMI JOIN changed USING (rid))"),
        ]
    for some, others in ways:
        connection.execute(f"""
            INSERT INTO found
                SELECT DISTINCT least(x.rid, y.rid), greatest(x.rid, y.rid)
                FROM {some} x SEMI JOIN blocks b ON b.k = x.k JOIN {others} y ON y.k = x.k AND y.rid <> x.rid""")
