"""How many there really are: persons (or units) per system, those with several records, who knows whom.

Rule: what one cluster holds is one person. Systems that only serve to compare with (police, civil registry …) are told
apart: whom only they know is nobody's insured person.

Invariant: every record counts in exactly one system and one cluster; the overlaps add up to all persons.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from renshe.engine.linking.report.figures import Known, Overlap, Sharing
from renshe.engine.rounds.finished import Finished
from renshe.engine.rules.compiling import quote
from renshe.engine.schema import system_kind
from renshe.standards.identity import canonical17

OVERLAPS = 14


def count_sharing(connection: duckdb.DuckDBPyConnection, finished: Finished) -> Sharing:
    """Return how many rows of people share their number with another of their system: one of them speaks for all."""
    file = finished.folder / "tables" / "person.parquet"
    if not file.exists():
        return Sharing(0, 0)
    rows = f"read_parquet({quote(str(file))}) WHERE valid IS DISTINCT FROM '0'"
    [(surplus,)] = connection.sql(f"SELECT (SELECT count(*) FROM {rows}) - (SELECT count(*) FROM records)").fetchall()
    if not surplus:
        return Sharing(0, 0)
    several = connection.sql(f"""
        SELECT list(DISTINCT id_number) FROM {rows} GROUP BY system, {finished.record_key()}
        HAVING count(DISTINCT id_number) > 1""").fetchall()
    torn = sum(len({canonical17(one) for one in numbers} - {None}) > 1 for (numbers,) in several)
    return Sharing(surplus, torn)


def count_systems(connection: duckdb.DuckDBPyConnection) -> tuple[Known, ...]:
    """Return the systems of ``records``, business systems first, each by its size."""
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE owned AS
            SELECT label, system, count(*) AS n FROM clustered JOIN records USING (rid) GROUP BY ALL""")
    rows = connection.sql("""
        SELECT system, sum(n)::BIGINT, count(*), count(*) FILTER (n > 1), sum(n - 1)::BIGINT, max(n),
            count(*) FILTER (systems = 1)
        FROM owned JOIN (SELECT label, count(*) AS systems FROM owned GROUP BY label) USING (label)
        GROUP BY system""").fetchall()
    found = [Known(name, system_kind(name) == "compare", *counts) for name, *counts in rows]
    return tuple(sorted(found, key=lambda one: (one.compared, -one.records, one.system)))


def count_overlaps(
    connection: duckdb.DuckDBPyConnection, systems: Sequence[Known]
) -> tuple[tuple[Overlap, ...], Overlap | None, int]:
    """Return the commonest combinations of ``systems`` with how many each knows, all others together (no systems
    named), and how many any business system knows. Needs what ``count_systems`` leaves."""
    names = [one.system for one in systems]
    places = pa.table({"system": names, "bit": pa.array([1 << at for at in range(len(names))], pa.int64())})
    connection.register("places", places)
    masks = connection.sql("""
        SELECT mask, count(*) AS n
        FROM (SELECT bit_or(bit) AS mask FROM owned JOIN places USING (system) GROUP BY label)
        GROUP BY mask ORDER BY n DESC, mask""").fetchall()
    connection.unregister("places")
    business = sum(1 << at for at, one in enumerate(systems) if not one.compared)
    found = [Overlap(tuple(at for at in range(len(names)) if mask >> at & 1), n) for mask, n in masks]
    rest = found[OVERLAPS:]
    more = Overlap((), sum(one.subjects for one in rest)) if rest else None
    return tuple(found[:OVERLAPS]), more, sum(n for mask, n in masks if mask & business)
