"""Units that share people: which unit of one system is which of another, as far as the people in them tell.

Rule: people known for certain in two systems (the same valid number and name) work at one employer, whatever number
each system gives it. Two units belong together where each is the one with which the other shares most people, at
least ``_PEOPLE`` of them and at least ``_SHARE`` of those that both systems know. Where two systems number units
alike, equal numbers are one unit.

Invariant: only certain people count; a unit belongs to at most one unit of another system by its people.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from renshe.engine.linking.clusters import connected

_PEOPLE, _SHARE = 2, 0.5
# From so many people on, of whom so many have equal unit numbers, two systems are taken to number units alike.
_ALIKE_PEOPLE, _ALIKE_SHARE = 20, 0.5


def find_homes(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Return units that are one by the people they share: system, unit_no, and ``home``, a number for all that are."""
    _pair_homes(connection)
    units = "SELECT system_l AS system, unit_l AS unit_no FROM homes UNION SELECT system_r, unit_r FROM homes"
    listed = connection.sql(f"SELECT * FROM ({units}) ORDER BY system, unit_no").to_arrow_table()
    connection.register("listed", listed.append_column("at", pa.array(np.arange(len(listed)))))
    found = connection.sql("""
        SELECT l.at AS a, r.at AS b FROM homes h JOIN listed l ON l.system = h.system_l AND l.unit_no = h.unit_l
        JOIN listed r ON r.system = h.system_r AND r.unit_no = h.unit_r""").to_arrow_table()
    connection.unregister("listed")
    connection.execute("DROP TABLE homes")
    return listed.append_column("home", pa.array(connected(found["a"].to_numpy(), found["b"].to_numpy(), len(listed))))


def _pair_homes(connection: duckdb.DuckDBPyConnection) -> None:
    """Leave the table ``homes`` (system_l, unit_l, system_r, unit_r): pairs of units that share their people."""
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE certain AS
            SELECT who, system, any_value(unit_no) AS unit_no
            FROM (
                SELECT hash(number, name) AS who, system, unit_no, hash(unit_no) AS unit
                FROM records WHERE settled AND unit_no IS NOT NULL AND name IS NOT NULL)
            GROUP BY who, system HAVING min(unit) = max(unit);
        CREATE OR REPLACE TEMP TABLE shared AS
            SELECT l.system AS system_l, l.unit_no AS unit_l, r.system AS system_r, r.unit_no AS unit_r,
                count(*) AS people
            FROM certain l JOIN certain r ON r.who = l.who AND r.system > l.system
            GROUP BY ALL;
        CREATE OR REPLACE TEMP TABLE homes AS
        WITH told AS (
            SELECT *, sum(people) OVER (PARTITION BY system_l, unit_l, system_r) AS all_l,
                sum(people) OVER (PARTITION BY system_r, unit_r, system_l) AS all_r FROM shared),
        alike AS (
            SELECT system_l, system_r FROM shared GROUP BY ALL
            HAVING sum(people) >= {_ALIKE_PEOPLE}
                AND sum(people) FILTER (unit_l = unit_r) >= {_ALIKE_SHARE} * sum(people)),
        units AS (SELECT DISTINCT system, unit_no FROM records WHERE unit_no IS NOT NULL)
        SELECT system_l, unit_l, system_r, unit_r FROM told
            WHERE people >= {_PEOPLE} AND people >= {_SHARE} * all_l AND people >= {_SHARE} * all_r
        UNION
        SELECT l.system, l.unit_no, r.system, r.unit_no
            FROM alike a JOIN units l ON l.system = a.system_l
            JOIN units r ON r.system = a.system_r AND r.unit_no = l.unit_no;
        DROP TABLE certain; DROP TABLE shared""")
