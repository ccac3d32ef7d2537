"""What a backup still has and the system has lost: empty fields and missing rows, each with the backup's file and row.

Source: 白社保〔2021〕22号 三（五）: 比照历史数据的备份，补充完善缺失数据，包括基础信息、参保关系、单位和个人
核定缴费记录等对应关系缺失数据.

Rule: a field is to be restored where ours is empty on a row that has exactly one counterpart in the backup: base
information of persons and units, enrolments, and what ties an assessment to its payment. A row of the backup whose
person is ours and that nothing of ours corresponds to was lost. What ours has and the backup has not is no difference.

Invariant: nothing but empty fields is ever proposed to be filled; what is proposed is the backup's own value.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from renshe.engine.comparing.gathering import gather, labelled, own_rows, row_key
from renshe.engine.comparing.sides import FIELDS, Bench, Side, shown
from renshe.engine.comparing.statuses import MAIN
from renshe.engine.rules.compiling import quote
from renshe.standards.dictionary import table


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of a table: by what they correspond besides the person; which fields are looked at (none: rows only)."""

    table: str
    by: tuple[str, ...]
    fields: tuple[str, ...] = ()


_ROWS = (
    _Rows(
        "enrolment",
        ("insurance", "start_month"),
        ("unit_no", "enrol_status", "status", "payer_kind", "grade", "first_month", "base", "start_date"),
    ),
    _Rows(
        "contribution",
        ("insurance", "period"),
        (
            *("unit_no", "kind", "book_month", "paid_month", "arrived", "base"),
            *("unit_due", "person_due", "unit_paid", "person_paid", "unit_credited", "person_credited"),
        ),
    ),
    _Rows("account", ("insurance", "year", "account_kind")),
    _Rows("benefit", ("insurance", "item", "start_month")),
)
# Parts of a key that may be unknown.
_UNSAID = ("account_kind",)
# What only the system itself can know of its row.
_WHAT = f"concat_ws(' ', {labelled('enrolment', 'insurance', 'b0')}, b1::VARCHAR) AS what"
_ITS_OWN = {"agency", "record_no", "operator", "operated_on", "valid", "hold", "hold_reason"}


def find_restorable(bench: Bench) -> None:
    """Gather what can be restored; nothing where neither side is a backup of the other's kind."""
    own = bench.lost_in
    if own is None:
        return
    _of_persons(bench, own)
    _of_units(bench, own)
    for rows in _ROWS:
        if all(side.system in bench.found.systems(rows.table) for side in bench.sides):
            _fields(bench, own, rows)
            _missing(bench, own, rows)


def _lost(name: str, fields: tuple[str, ...]) -> str:
    """Return SQL of the fields of ``name`` that are empty in row ``o`` and not in ``b``, one row for each."""
    items = ", ".join(
        f"{{'f': '{field}', 'v': CASE WHEN {shown(name, field, 'o')} IS NULL THEN {shown(name, field, 'b')} END}}"
        for field in fields
    )
    return f"unnest(list_filter([{items}], lambda x: x.v IS NOT NULL)) AS lost"


def _base(name: str, compared: Collection[str] = ()) -> tuple[str, ...]:
    """Return the fields of base information of ``name``, without the key and those that are ``compared`` anyway."""
    entry = table(name)
    return tuple(one for one in entry.names if one not in (*entry.key, *compared, *_ITS_OWN))


def _told(bench: Bench, own: Side) -> str:
    """Return SQL of the values of a field that was lost."""
    back = bench.other(own)
    return f"lost.f AS field, NULL AS {own.at}_value, lost.v AS {back.at}_value"


def _of_persons(bench: Bench, own: Side) -> None:
    back = bench.other(own)
    if any(side.system not in bench.found.systems("person") for side in bench.sides):
        return
    # What is compared of persons anyway is found there; of where they work only what both sides say.
    compared = {*FIELDS} - {"unit_no"}
    gather(
        bench,
        "CMP-RESTORE",
        "person",
        None,
        f"SELECT * EXCLUDE (lost), {_told(bench, own)} FROM"
        f" (SELECT {own_rows()}, {_lost('person', _base('person', compared))} FROM same p"
        f" JOIN t_person o ON o.place = p.{own.at}_place JOIN t_person b ON b.place = p.{back.at}_place)",
    )


def _places(bench: Bench, own: Side, name: str) -> str:
    """Return SQL of keys and places of the rows ``o`` of ours and ``b`` of the backup."""
    return ", ".join(
        f"{row_key(name, alias)} AS {side.at}_key, {alias}.source_file AS {side.at}_file,"
        f" {alias}.source_row AS {side.at}_row"
        for side, alias in ((own, "o"), (bench.other(own), "b"))
    )


def _of_units(bench: Bench, own: Side) -> None:
    """Units that both number alike, or that the link of units holds for one."""
    back = bench.other(own)
    named = "SELECT no, cluster FROM {0}_unit"
    same = "o.no = b.no" if bench.by == "number" else "o.cluster = b.cluster"
    pairs = (
        f"SELECT o.no AS ours, b.no AS theirs FROM ({named.format(own.at)}) o JOIN ({named.format(back.at)}) b"
        f" ON {same} QUALIFY count(*) OVER (PARTITION BY ours) = 1 AND count(*) OVER (PARTITION BY theirs) = 1"
    )
    gather(
        bench,
        "CMP-RESTORE",
        "unit",
        None,
        f"SELECT * EXCLUDE (lost), {_told(bench, own)} FROM"
        f" (SELECT {_places(bench, own, 'unit')}, {_lost('unit', _base('unit'))} FROM ({pairs}) p"
        f" JOIN t_unit o ON o.system = {quote(own.system)} AND o.unit_no = p.ours"
        f" JOIN t_unit b ON b.system = {quote(back.system)} AND b.unit_no = p.theirs)",
    )


def _keyed(bench: Bench, side: Side, rows: _Rows, more: str = "TRUE") -> str:
    """Return SQL of a side's rows with their person ``g`` and by what they correspond (``b0`` …)."""
    by = ", ".join(f"t.{name} AS b{at}" for at, name in enumerate(rows.by))
    known = " AND ".join(f"t.{name} IS NOT NULL" for name in rows.by if name not in _UNSAID)
    return (
        f"SELECT m.g, {by}, t.place FROM t_{rows.table} t JOIN {side.at}_member m ON m.no = t.person_no"
        f" WHERE t.system = {quote(side.system)} AND {known} AND {more}"
    )


def _fields(bench: Bench, own: Side, rows: _Rows) -> None:
    """Empty fields of rows that have one counterpart."""
    if not rows.fields:
        return
    back = bench.other(own)
    empty = " OR ".join(f"t.{name} IS NULL" for name in rows.fields)
    names = ", ".join(["g", *(f"b{at}" for at in range(len(rows.by)))])
    alone = f"QUALIFY count(*) OVER (PARTITION BY {names}) = 1"
    bench.keep("hollow", f"FROM ({_keyed(bench, own, rows, f'({empty})')})")
    # Alone among all rows of ours, not only among those with something empty.
    bench.keep("ours", f"FROM ({_keyed(bench, own, rows)}) SEMI JOIN hollow USING ({names}) {alone}")
    bench.keep("theirs", f"FROM ({_keyed(bench, back, rows)}) SEMI JOIN hollow USING ({names}) {alone}")
    gather(
        bench,
        "CMP-RESTORE",
        rows.table,
        None,
        f"SELECT * EXCLUDE (lost), {_told(bench, own)} FROM (SELECT m.n AS pair, {_WHAT},"
        f" {_places(bench, own, rows.table)}, {_lost(rows.table, rows.fields)}"
        f" FROM (SELECT g, b0, b1, ours.place AS op, theirs.place AS bp FROM ours JOIN theirs USING ({names})) x"
        f" JOIN {MAIN} m USING (g) JOIN t_{rows.table} o ON o.place = op JOIN t_{rows.table} b ON b.place = bp)",
    )
    bench.drop("hollow", "ours", "theirs")


def _missing(bench: Bench, own: Side, rows: _Rows) -> None:
    """Rows of the backup that nothing of ours corresponds to."""
    back = bench.other(own)
    # One of them may not say which of a person's accounts it is.
    same = " AND ".join(
        f"(t.b{at} = o.b{at} OR t.b{at} IS NULL OR o.b{at} IS NULL)" if name in _UNSAID else f"t.b{at} = o.b{at}"
        for at, name in enumerate(rows.by)
    )
    bench.keep(
        "missing",
        f"SELECT t.* FROM ({_keyed(bench, back, rows)}) t ANTI JOIN ({_keyed(bench, own, rows)}) o"
        f" ON t.g = o.g AND {same}",
    )
    # Our key of the row: the backup's, with our number of the person.
    row = (
        f"SELECT r.* REPLACE (p.{own.at}_no AS person_no), p.n AS pair, x.b0, x.b1,"
        f" {row_key(rows.table, 'r')} AS theirs FROM missing x JOIN {MAIN} m USING (g) JOIN same p ON p.n = m.n"
        f" JOIN t_{rows.table} r ON r.place = x.place"
    )
    gather(
        bench,
        "CMP-RESTORE-ROW",
        rows.table,
        None,
        f"SELECT pair, {_WHAT}, {row_key(rows.table)} AS {own.at}_key, theirs AS {back.at}_key,"
        f" t.source_file AS {back.at}_file, t.source_row AS {back.at}_row, '没有记录' AS {own.at}_shown,"
        f" {_summary(rows.table)} AS {back.at}_shown FROM ({row}) t",
    )
    bench.drop("missing")


def _summary(name: str) -> str:
    """Return SQL of what a row ``t`` says, field by field."""
    fields = [one for one in table(name).fields if one.name not in (*_ITS_OWN, "person_no")]
    return "concat_ws('，', " + ", ".join(f"'{one.label}' || {shown(name, one.name)}" for one in fields) + ")"
