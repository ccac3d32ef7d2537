"""The money that the two sides have of a person: accounts, contributions, benefits; exact to the cent.

Rule: the closing amount of every account and year, what was paid in per scheme and year, and benefits in payment per
scheme and item. Sums are taken over all records of the person, of rows that count. A scheme that only one side
has is not compared, nor what one side can have nothing of yet: years and months are those that both reach.

Invariant: decimals only. A sum of one row is on that row and may be mended; a sum of several is on none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from renshe.engine.comparing.gathering import gather, labelled, row_key
from renshe.engine.comparing.sides import Bench, Side
from renshe.engine.comparing.statuses import MAIN
from renshe.engine.rules.compiling import quote
from renshe.standards.dictionary import table


@dataclass(frozen=True, slots=True)
class _Sum:
    """What is summed of a table: fields; by what (SQL of a row ``t``) besides the person; ``time`` of a row, if any.

    ``part``: by what besides, where both sides say it.
    """

    rule: str
    table: str
    fields: tuple[str, ...]
    by: tuple[str, ...]
    part: str | None = None
    time: str | None = None
    rows: str = "TRUE"


_SUMS = (
    _Sum("CMP-ACCOUNT", "account", ("closing",), ("t.insurance", "t.year"), "account_kind", "year"),
    _Sum("CMP-PAID", "contribution", ("unit_paid", "person_paid"), ("t.insurance", "t.period // 100"), None, "period"),
    _Sum("CMP-BENEFIT", "benefit", ("amount",), ("t.insurance",), "item", None, "coalesce(t.status, '1') = '1'"),
)
_CODED = ("t.insurance", "t.account_kind", "t.item")


def compare_amounts(bench: Bench) -> None:
    """Gather the differences of amounts."""
    for one in _SUMS:
        if all(side.system in bench.found.systems(one.table) for side in bench.sides):
            _compare(bench, one)


def _compare(bench: Bench, one: _Sum) -> None:
    """Compare one kind of sums, each of its fields that both sides have."""
    label = table(one.table).label
    reach = _reach(bench, one)
    if not reach:
        bench.notes.append(f"{label}：双方没有共同的险种，金额未比对")
        return
    if one.part is not None and _both_say(bench, one.table, one.part):
        one = replace(one, by=(*one.by, f"t.{one.part}"))
    for name in one.fields:
        if not _both_say(bench, one.table, name):
            bench.notes.append(f"{label}：有一方没有“{table(one.table).field(name).label}”，未比对")
            continue
        for side in bench.sides:
            _sums(bench, side, one, name, reach)
        _differing(bench, one, name)
        bench.drop("l_sum", "r_sum", "unequal")


def _both_say(bench: Bench, name: str, field: str) -> bool:
    """Whether both sides have any value of a field of the table ``name``."""
    return all(
        bench.count(f"t_{name} WHERE system = {quote(side.system)} AND {field} IS NOT NULL") for side in bench.sides
    )


def _reach(bench: Bench, one: _Sum) -> str:
    """Return SQL true for rows of schemes that both sides have, in the time that both reach; empty where none is."""
    time = one.time or "NULL"
    rows = bench.connection.execute(
        "SELECT insurance, max(low), min(high) FROM ("
        f"SELECT insurance, system, min({time}) AS low, max({time}) AS high FROM t_{one.table}"
        f" WHERE system IN ({', '.join(quote(side.system) for side in bench.sides)}) AND insurance IS NOT NULL"
        " GROUP BY ALL) GROUP BY insurance HAVING count(*) = 2 ORDER BY insurance"
    ).fetchall()
    parts = []
    for insurance, low, high in rows:
        within = "" if low is None or high is None else f" AND t.{one.time} BETWEEN {low} AND {high}"
        parts.append(f"(t.insurance = {quote(insurance)}{within})")
    return " OR ".join(parts)


def _sums(bench: Bench, side: Side, one: _Sum, name: str, reach: str) -> None:
    """Make known the sums of a side: of how many rows, and the place of the first."""
    by = ", ".join(f"{column} AS b{at}" for at, column in enumerate(one.by))
    bench.keep(
        f"{side.at}_sum",
        f"SELECT m.g, {by}, sum(t.{name}) AS total, count(*) AS n, min(t.place) AS place"
        f" FROM t_{one.table} t JOIN {side.at}_member m ON m.no = t.person_no"
        f" WHERE t.system = {quote(side.system)} AND t.{name} IS NOT NULL AND ({one.rows}) AND ({reach}) GROUP BY ALL",
    )


def _differing(bench: Bench, one: _Sum, name: str) -> None:
    count = range(len(one.by))
    # A part of a key may be unknown on both sides.
    same = " AND ".join(["l.g = r.g", *(f"l.b{at} IS NOT DISTINCT FROM r.b{at}" for at in count)])
    by = ", ".join(f"coalesce(l.b{at}, r.b{at}) AS b{at}" for at in count)
    of_side = ", ".join(
        f"{at}.total AS {at}_total, CASE WHEN {at}.n = 1 THEN {at}.place END AS {at}_place" for at in ("l", "r")
    )
    # What a backup lacks may be newer than it; what we lack is looked for row by row.
    # Nothing recorded and nothing paid are the same.
    unequal = "coalesce(l.total, 0) <> coalesce(r.total, 0)" if bench.lost_in is None else "l.total <> r.total"
    bench.keep(
        "unequal",
        f"SELECT coalesce(l.g, r.g) AS g, {by}, {of_side} FROM l_sum l FULL JOIN r_sum r ON {same} WHERE {unequal}",
    )
    parts = ", ".join(f"b{at}" for at in count)
    what = ", ".join(
        labelled(one.table, column.removeprefix("t."), f"b{at}") if column in _CODED else f"b{at}::VARCHAR"
        for at, column in enumerate(one.by)
    )
    columns = ", ".join(
        f"coalesce({at}.key, CAST(json_array(p.{at}_no, {parts}) AS VARCHAR)) AS {at}_key, {at}.file AS {at}_file,"
        f" {at}.row AS {at}_row, {at}_total::VARCHAR AS {at}_value,"
        f" coalesce({at}_total::VARCHAR, '没有记录') AS {at}_shown"
        for at in ("l", "r")
    )
    rows = " ".join(
        f"LEFT JOIN (SELECT t.place, {row_key(one.table)} AS key, t.source_file AS file, t.source_row AS row"
        f" FROM t_{one.table} t SEMI JOIN unequal ON {at}_place = t.place) {at} ON {at}.place = u.{at}_place"
        for at in ("l", "r")
    )
    gather(
        bench,
        one.rule,
        one.table,
        name,
        f"SELECT p.n AS pair, concat_ws(' ', {what}) AS what, {columns} FROM unequal u JOIN {MAIN} m USING (g)"
        f" JOIN same p ON p.n = m.n {rows}",
    )
