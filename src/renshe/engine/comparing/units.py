"""Where a person works, as the two sides have it.

Rule: two numbers mean one unit where the link of units says so, where their credit codes are the same or their names
fold to one (有限公司, brackets, width), or where both systems number alike and the numbers are equal. What the unit is
called in the other system does not matter then.

Invariant: a person without a unit on one side contradicts nothing (flexible payers, residents); units of which nothing
is known but their numbers are not compared.
"""

from __future__ import annotations

import pyarrow as pa

from renshe.engine.comparing.gathering import gather, own_rows
from renshe.engine.comparing.sides import Bench, Side
from renshe.engine.rules.compiling import quote
from renshe.standards.text import unit_name_keys


def compare_units(bench: Bench) -> None:
    """Gather the differences of the unit on persons' own rows."""
    for side in bench.sides:
        _know_units(bench, side)
    if not bench.comparable("unit_no"):
        return
    same, known = ["l.cluster = r.cluster", "l.uscc = r.uscc", "l.folded = r.folded"], []
    for name in ("cluster", "uscc", "folded"):
        known.append(f"(l.{name} IS NOT NULL AND r.{name} IS NOT NULL)")
    if bench.by == "number":
        same.append("p.l_unit_no = p.r_unit_no")
        known.append("TRUE")
    said = ", ".join(
        f"p.{at}_unit_no AS {at}_value, concat_ws(' ', p.{at}_unit_no, {at}.name) AS {at}_shown" for at in ("l", "r")
    )
    alike = " OR ".join(f"coalesce({one}, FALSE)" for one in same)
    gather(
        bench,
        "CMP-UNIT",
        "person",
        "unit_no",
        f"SELECT {own_rows()}, {said}, {_called(bench, 'l')} AS l_take, {_called(bench, 'r')} AS r_take"
        " FROM same p LEFT JOIN l_unit l ON l.no = p.l_unit_no LEFT JOIN r_unit r ON r.no = p.r_unit_no"
        f" {_meeting('l', 'r')} {_meeting('r', 'l')}"
        f" WHERE p.l_unit_no IS NOT NULL AND p.r_unit_no IS NOT NULL AND NOT ({alike}) AND ({' OR '.join(known)})",
    )


def _know_units(bench: Bench, side: Side) -> None:
    """Make known the units of a side: ``no, name, uscc, folded`` (name), ``cluster`` where units were linked."""
    linked = (
        f"(SELECT key, min(cluster) AS cluster FROM unit_clusters WHERE system = {quote(side.system)} GROUP BY key)"
    )
    rows = bench.connection.sql(
        "SELECT unit_no AS no, arg_min_null(name, place) AS name, arg_min_null(uscc, place) AS uscc"
        f" FROM t_unit WHERE system = {quote(side.system)} AND unit_no IS NOT NULL GROUP BY unit_no"
    ).to_arrow_table()
    given = rows.append_column("folded", unit_name_keys(rows["name"].combine_chunks().cast(pa.string())))
    bench.connection.register("given", given)
    bench.connection.execute(
        f"CREATE TEMP TABLE {side.at}_unit AS SELECT g.*, c.cluster FROM given g LEFT JOIN {linked} c ON c.key = g.no"
    )
    bench.connection.unregister("given")


def _meeting(own: str, other: str) -> str:
    """Return SQL that joins what the other side's unit is called on this side."""
    joins = " ".join(
        f"LEFT JOIN (SELECT {name}, min(no) AS no FROM {own}_unit WHERE {name} IS NOT NULL GROUP BY {name})"
        f" {own}_by_{name} ON {own}_by_{name}.{name} = {other}.{name}"
        for name in ("cluster", "uscc", "folded")
    )
    return joins


def _called(bench: Bench, own: str) -> str:
    """Return SQL of the number that the other side's unit has on this side, null where it has none."""
    other = "r" if own == "l" else "l"
    same = f", p.{other}_unit_no" if bench.by == "number" else ""
    return f"coalesce({own}_by_cluster.no, {own}_by_uscc.no, {own}_by_folded.no{same})"
