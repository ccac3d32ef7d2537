"""The two sides of a comparison: who each system knows, and which record of one is which of the other.

Rule: persons are paired as the link of the round says, or by their number where both systems number alike (two backups
of one system, a system and its backup). A record is paired with the one record of the other side that agrees best; of
several rows with one number the fullest speaks, as in the link (that there are several is a finding of the round).

Invariant: of a group of records that are one person every record of either side is in at least one pair; who is in no
group stands on one side only. ``pair`` and the persons of both sides are files, so memory does not grow with them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from renshe.engine.precedence import is_backup, precedence
from renshe.engine.project import ProjectError
from renshe.engine.report.labels import system_label
from renshe.engine.rounds.finished import Finished
from renshe.engine.rounds.kept import Kept
from renshe.engine.rules.compiling import quote
from renshe.engine.rules.dialects import DUCKDB
from renshe.engine.schema import system_kind
from renshe.standards.dictionary import dictionary

By = Literal["link", "number"]
FIELDS = ("name", "id_number", "birth_date", "sex", "alive", "death_date", "retired", "unit_no")
"""What is compared of a person's own row."""
# Where a system has no table of persons, whoever has a number in one of these is somebody.
_OF_PERSONS = ("enrolment", "contribution", "account", "benefit", "benefit_payment")
# Two systems number alike where at least half of the smaller have a number in common and nine in ten of these agree.
_SHARED, _ALIKE = 2, 0.9


@dataclass(frozen=True, slots=True)
class Side:
    """One system of the comparison; ``at`` is ``l`` or ``r``, with which its columns begin."""

    at: str
    system: str

    @property
    def label(self) -> str:
        """The system's name as people read it."""
        return system_label(self.system)

    @property
    def business(self) -> bool:
        """Whether its rows may be mended."""
        return system_kind(self.system) == "business"

    @property
    def rank(self) -> int:
        """Its rank: the smaller is believed first."""
        return precedence(self.system)


@dataclass(slots=True)
class Bench(Kept):
    """What all steps of a comparison share.

    ``notes`` say what could not be compared; ``known``: by side, the fields of which it has any value at all.
    """

    found: Finished
    left: Side
    right: Side
    by: By
    notes: list[str] = field(default_factory=list)
    known: dict[str, frozenset[str]] = field(default_factory=dict)

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both sides, the left one first."""
        return self.left, self.right

    @property
    def lost_in(self) -> Side | None:
        """The side that may have lost what the other, its backup, still has; None where neither is such a backup."""
        if self.left.business and is_backup(self.right.system):
            return self.left
        return self.right if self.right.business and is_backup(self.left.system) else None

    def comparable(self, name: str) -> bool:
        """Whether both sides know the field ``name`` of a person; else note that it was not compared."""
        lacking = [side.label for side in self.sides if name not in self.known[side.at]]
        if len(lacking) == 1:
            self.notes.append(f"{lacking[0]}没有“{dictionary()['person'].field(name).label}”，未比对")
        return not lacking

    def other(self, side: Side) -> Side:
        """Return the other side."""
        return self.right if side is self.left else self.left


def shown(table: str, name: str, alias: str = "t") -> str:
    """Return SQL of a field as findings show it: the typed value, else the text that could not be typed."""
    assert name in dictionary()[table].names
    return f"coalesce({DUCKDB.text(DUCKDB.column(alias, name))}, {DUCKDB.raw(alias, name)})"


def open_side(bench: Bench, side: Side) -> None:
    """Make the persons of a side known as ``l_person`` or ``r_person``: ``key, no, file, row, place, region``, fields.

    ProjectError where the system knows nobody.
    """
    _open_persons(bench, side)
    counted = bench.connection.execute(
        f"SELECT {', '.join(f'count({name})' for name in FIELDS)} FROM {side.at}_person"
    ).fetchall()[0]
    bench.known[side.at] = frozenset(name for name, count in zip(FIELDS, counted, strict=True) if count)


def _open_persons(bench: Bench, side: Side) -> None:
    own = f"t.system = {quote(side.system)}"
    if side.system in bench.found.systems("person"):
        fields = ", ".join(f"{shown('person', name)} AS {name}" for name in FIELDS if name != "sex")
        # 9 says that nobody knows.
        fields += f", nullif({shown('person', 'sex')}, '9') AS sex"
        rows = (
            f"SELECT {bench.found.record_key()} AS key, person_no AS no, source_file AS file, source_row AS row,"
            f" region_code AS region, {fields}, place FROM t_person t WHERE {own}"
        )
        filled = " + ".join(f"({name} IS NOT NULL)::INT" for name in FIELDS)
        fullest = f"QUALIFY row_number() OVER (PARTITION BY key ORDER BY {filled} DESC, place) = 1"
        bench.keep(f"{side.at}_person", f"FROM ({rows}) {fullest}")
        return
    numbers = " UNION ".join(
        f"SELECT person_no AS no FROM t_{name} t WHERE {own} AND person_no IS NOT NULL"
        for name in _OF_PERSONS
        if side.system in bench.found.systems(name)
    )
    if not numbers:
        known = "、".join(sorted({system for name in ("person", *_OF_PERSONS) for system in bench.found.systems(name)}))
        raise ProjectError(
            f"{bench.found.folder}：第 {bench.found.number} 轮中没有系统 {side.system} 的人员数据；可以比对的有 {known}"
        )
    nothing = ", ".join(f"NULL::VARCHAR AS {name}" for name in ("region", *FIELDS))
    bench.keep(
        f"{side.at}_person",
        f"SELECT DISTINCT no AS key, no, NULL::VARCHAR AS file, NULL::BIGINT AS row, {nothing}, NULL::BIGINT AS place"
        f" FROM ({numbers})",
    )


def choose(bench: Bench, asked: By | None) -> str:
    """Settle how persons are paired (``bench.by``); return why, in Chinese.

    ProjectError where the link is needed and is not there.
    """
    if asked is not None:
        bench.by = asked
        if asked == "link":
            bench.found.require_link()
        return "按要求" + ("用关联结果（link）配对" if asked == "link" else "按个人编号配对")
    named = [side.system in bench.found.systems("person") for side in bench.sides]
    if not all(named):
        lacking = "、".join(side.label for side, has in zip(bench.sides, named, strict=True) if not has)
        bench.by = "number"
        return f"{lacking}没有人员表，按个人编号配对"
    told = None
    if not all(side.business for side in bench.sides):
        told = _numbered_alike(bench)
    if told is not None:
        bench.by = "number"
        return told + "，按个人编号配对（要用关联结果请加 --by link）"
    bench.by = "link"
    try:
        bench.found.require_link()
    except ProjectError as error:
        raise ProjectError(f"{error}；两个系统的个人编号确实相同的，可用 --by number") from None
    return "用关联结果（link）配对"


def _numbered_alike(bench: Bench) -> str | None:
    """Say so where both sides give the same persons the same numbers; None where they do not."""
    [(shared, alike)] = bench.connection.execute(
        "SELECT count(*), count(*) FILTER (l.id_number = r.id_number OR l.name = r.name)"
        " FROM l_person l JOIN r_person r USING (no)"
    ).fetchall()
    smaller = min(bench.count(f"{side.at}_person WHERE no IS NOT NULL") for side in bench.sides)
    if not shared or shared * _SHARED < smaller or alike < shared * _ALIKE:
        return None
    return f"两边相同的个人编号 {shared:,} 个，其中 {100 * alike / shared:.1f}% 姓名或证件号码也相同"


def pair_persons(bench: Bench) -> None:
    """Make ``pair`` known, and ``l_member``, ``r_member``: which numbers of a side are which person ``g`` of both."""
    if bench.by == "number":
        chosen = "SELECT l.key AS lk, r.key AS rk, l.key AS c FROM l_person l JOIN r_person r USING (no)"
    else:
        for side in bench.sides:
            bench.keep(
                f"{side.at}_in",
                f"SELECT p.key, p.no, p.id_number, p.name, c.cluster AS c FROM {side.at}_person p"
                f" JOIN clusters c ON c.system = {quote(side.system)} AND c.key = p.key",
            )
        chosen = _best()
    columns = ", ".join(
        f"{at}.{name} AS {at}_{name}"
        for at in ("l", "r")
        for name in ("key", "no", "file", "row", "place", "region", *FIELDS)
    )
    bench.keep(
        "pair",
        f"SELECT row_number() OVER (ORDER BY lk, rk) AS n, dense_rank() OVER (ORDER BY c) AS g, {columns}"
        f" FROM ({chosen}) JOIN l_person l ON l.key = lk JOIN r_person r ON r.key = rk",
    )
    for side in bench.sides:
        # A record of the group may have its best partner in common with another: it is in a pair all the same.
        bench.keep(
            f"{side.at}_member",
            f"SELECT DISTINCT {side.at}_no AS no, g FROM pair WHERE {side.at}_no IS NOT NULL",
        )


def _best() -> str:
    """Return SQL of the pairs of a group: of every record of either side the one with whom it agrees best."""
    score = (
        "4 * coalesce((l.no = r.no)::INT, 0) + 2 * coalesce((l.id_number = r.id_number)::INT, 0)"
        " + coalesce((l.name = r.name)::INT, 0)"
    )
    several = (
        "SELECT c FROM (SELECT c, count(*) AS n FROM l_in GROUP BY c) JOIN (SELECT c, count(*) AS m FROM r_in"
        " GROUP BY c) USING (c) WHERE n * m > 1"
    )
    candidates = f"SELECT l.key AS lk, r.key AS rk, c, {score} AS score FROM l_in l JOIN r_in r USING (c)"
    best = " UNION ".join(
        f"SELECT lk, rk, c FROM ({candidates} WHERE c IN ({several}))"
        f" QUALIFY row_number() OVER (PARTITION BY {own} ORDER BY score DESC, {other}) = 1"
        for own, other in (("lk", "rk"), ("rk", "lk"))
    )
    return (
        f"SELECT l.key AS lk, r.key AS rk, c FROM l_in l JOIN r_in r USING (c) WHERE c NOT IN ({several})"
        f" UNION ALL ({best})"
    )
