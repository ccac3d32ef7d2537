"""The rules of merging: which two records may not be one (yet), which contributions of both stand for one month.

Source: 白社保〔2021〕22号 三（七）: duplicates are merged by declared rules and conditions, local ones first, after the
insured person was contacted and arrears and relations were settled (S1-41, S1-42). The rules are data
(``rulebook/_merging.yaml``), written in the language of all rules and proved by examples.

Invariant: every condition compiles before any data is there; a condition on rows looks at the rows of the pair alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

import yaml

from renshe.engine.decisions.pairs import Check, Obstacle, own
from renshe.engine.rules.catalogue import MERGING, Loader
from renshe.engine.rules.compiling import compile_expression, quote
from renshe.engine.rules.expression import names, parse
from renshe.engine.rules.keys import as_keys, key_names, same_pairs
from renshe.engine.rules.scope import PlainScope
from renshe.engine.schema import columns
from renshe.standards.codes import code_list
from renshe.standards.dictionary import table
from renshe.standards.masks import mask_serial, mask_value

_SIDES = "(SELECT n, system, old AS number, 'old' AS side FROM pairs UNION ALL SELECT n, system, new, 'new' FROM pairs)"
_VALID = "valid IS DISTINCT FROM '0'"
_SHOWN = 3
_LAST_MONTH = 999_912


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: on rows of one number (``either``) or of each (``both``), or one that the program ``check``s."""

    id: str
    title: str
    source: str
    remedy: str
    check: Check | None = None
    table: str = ""
    of: Literal["either", "both"] = "either"
    where: str = "true"
    unless: tuple[tuple[str, ...], str] | None = None
    other: tuple[str, str] | None = None
    given_back: tuple[tuple[str, ...], str] | None = None
    same: tuple[str, ...] = ()
    differ: tuple[str, ...] = ()
    overlap: tuple[str, str] | None = None
    tell: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    examples: Mapping[str, list[Any]] = field(default_factory=dict, hash=False, compare=False)

    @property
    def tables(self) -> set[str]:
        """Return the tables whose rows the condition looks at."""
        return {self.table, *(self.other or ())[:1]} - {""}

    @property
    def texts(self) -> tuple[str, ...]:
        """Return every expression of the condition over its own table."""
        groups = [(*by, value) for by, value in filter(None, (self.unless, self.given_back))]
        return (
            self.where,
            *(text for group in groups for text in group),
            *self.same,
            *self.differ,
            *(self.overlap or ()),
            *self.tell,
            *self.known,
        )


@dataclass(frozen=True, slots=True)
class Repeats:
    """Which contributions of two numbers stand for one month (``by``), which rows count, and what was paid."""

    table: str
    by: tuple[str, ...]
    covers: str
    counts: str
    unit: str
    person: str
    source: str
    examples: Mapping[str, list[Any]] = field(default_factory=dict, hash=False, compare=False)

    @property
    def texts(self) -> tuple[str, ...]:
        """Return every expression."""
        return (*self.by, self.covers, self.counts, self.unit, self.person)


class Rulebook:
    """The rules of merging, compiled."""

    def __init__(self, conditions: Iterable[Condition], repeats: Repeats) -> None:
        self.conditions = {one.id: one for one in conditions}
        self.repeats = repeats
        needed: dict[str, set[str]] = {}
        told = [(one.table, one.texts) for one in self.conditions.values() if one.table]
        told += [(one.other[0], one.other[1:]) for one in self.conditions.values() if one.other]
        for name, texts in (*told, (repeats.table, repeats.texts)):
            read = {column for text in texts for _, column in names(parse(text))}
            needed.setdefault(name, set()).update(read & set(columns(name)))
        self.needed: Mapping[str, frozenset[str]] = {name: frozenset(read) for name, read in needed.items()}

    def failed(self, check: Check) -> Obstacle:
        """Return what the condition says that the program checks."""
        return self.obstacle(next(one.id for one in self.conditions.values() if one.check == check))

    def questions(self, tables: Iterable[str], as_of: date) -> list[str]:
        """Return SQL of (n, id, number, told, times), one for each condition on rows of ``tables``."""
        known = set(tables)
        return [
            _either(one, as_of) if one.of == "either" else _mixed(one, as_of) if one.other else _both(one, as_of)
            for one in self.conditions.values()
            if one.tables and one.tables <= known
        ]

    def unasked(self, tables: Iterable[str], filled: Callable[[str, Sequence[str]], bool]) -> dict[str, str]:
        """Return the conditions on which the data say nothing, each with the reason.

        ``filled`` says whether some row of a table holds something in one of these columns.
        """
        known = set(tables)
        found: dict[str, str] = {}
        for one in self.conditions.values():
            if missing := sorted(one.tables - known):
                found[one.id] = f"没有{'、'.join(f'“{table(name).label}”' for name in missing)}表"
            elif one.known and not filled(one.table, one.known):
                labels = "、".join(table(one.table).field(name).label for name in one.known)
                found[one.id] = f"“{table(one.table).label}”表没有{labels}的数据"
        return found

    def repeated(self, as_of: date) -> str:
        """Return SQL of (n, src, source_row, unit, person): rows of the old number for a month that both have."""
        one = self.repeats
        keys = [_sql(text, one.table, "t", as_of) for text in one.by]
        covers, counts, unit, person = (
            _sql(text, one.table, "t", as_of) for text in (one.covers, one.counts, one.unit, one.person)
        )
        listed = key_names(len(keys))
        known = " AND ".join(f"k{at} IS NOT NULL" for at in range(len(keys)))
        return (
            f"WITH held AS (SELECT s.n, s.side, t.src, t.source_row, {as_keys(keys)},"
            f" coalesce({covers}, FALSE) AS covers, coalesce({counts}, FALSE) AS counts,"
            f" {unit} AS unit, {person} AS person FROM {_SIDES} s"
            f" JOIN {own(one.table)} t ON t.system = s.system AND t.person_no = s.number WHERE t.{_VALID}),"
            f" months AS (SELECT n, side, {listed} FROM held WHERE {known} GROUP BY ALL HAVING bool_or(covers)"
            # A month that was paid and wholly given back is no month of contribution.
            " AND NOT (bool_or(counts AND unit + person < 0)"
            " AND coalesce(sum(unit + person) FILTER (counts), 0) <= 0)),"
            f" twice AS (SELECT n, {listed} FROM months GROUP BY ALL HAVING count(*) = 2)"
            " SELECT n, src, source_row, CAST(unit AS DECIMAL(18, 2)) AS unit, CAST(person AS DECIMAL(18, 2)) AS person"
            f" FROM held JOIN twice USING (n, {listed}) WHERE side = 'old'"
        )

    def obstacle(self, name: str, told: Sequence[tuple[str, Sequence[Sequence[str | None]], int]] = ()) -> Obstacle:
        """Return what the condition ``name`` says; ``told``: by number, the values of some rows and how many."""
        one = self.conditions[name]
        parts = [
            "：".join(filter(None, (mask_serial(number), _listed(one, rows))))
            + (f" 等 {times} 条" if times > len(rows) else "")
            for number, rows, times in told
        ]
        return Obstacle(one.id, one.title + (f"（{'；'.join(parts)}）" if parts else ""), one.remedy)


def _listed(one: Condition, rows: Sequence[Sequence[str | None]]) -> str:
    """Return the values of rows as a console may show them: codes by their names, numbers of people masked."""
    shown = []
    for row in rows:
        words = [_word(one.table, name, value) for name, value in zip(one.tell, row, strict=True) if value is not None]
        shown.append(" ".join(words))
    return "、".join(words for words in shown if words)


def _word(name: str, field_name: str, value: str) -> str:
    codes = table(name).field(field_name).codes
    known = code_list(codes).values if codes is not None else {}
    return known[value].label if value in known else mask_value(name, field_name, value)


def _sql(text: str, name: str, alias: str, as_of: date) -> str:
    return compile_expression(parse(text), PlainScope(name, alias, as_of)).text


def _told(one: Condition, alias: str) -> str:
    return "[" + ", ".join(f'{alias}."{name}"::VARCHAR' for name in one.tell) + "]"


def _grouped(one: Condition, hits: str) -> str:
    return (
        f"SELECT n, {quote(one.id)} AS id, number, list(DISTINCT told ORDER BY told)[:{_SHOWN}] AS told,"
        f" count(DISTINCT told) AS times FROM ({hits}) GROUP BY n, number"
    )


def _owned(alias: str, side: str) -> str:
    return f"{alias}.system = {side}.system AND {alias}.person_no = {side}.number AND {alias}.{_VALID}"


def _either(one: Condition, as_of: date) -> str:
    rows = own(one.table)
    hits = (
        f"SELECT s.n, s.number, {_told(one, 't')} AS told FROM {_SIDES} s JOIN {rows} t ON {_owned('t', 's')}"
        f" WHERE ({_sql(one.where, one.table, 't', as_of)})"
    )
    if one.unless is not None:
        by, where = one.unless
        pairs = [(_sql(text, one.table, "u", as_of), _sql(text, one.table, "t", as_of)) for text in by]
        hits += (
            f" AND NOT EXISTS (SELECT 1 FROM {rows} u WHERE u.system = t.system AND u.person_no = t.person_no"
            f" AND u.{_VALID} AND {same_pairs(pairs)} AND ({_sql(where, one.table, 'u', as_of)}))"
        )
    return _grouped(one, hits)


def _both(one: Condition, as_of: date) -> str:
    """Return SQL of the rows of one number that meet a row of the other."""
    rows = own(one.table)

    def side(name: str) -> str:
        values = [_sql(text, one.table, "t", as_of) for text in (*one.same, *one.differ, *(one.overlap or ()))]
        listed = ", ".join(["", *(f"{value} AS v{at}" for at, value in enumerate(values))])
        return (
            f"(SELECT s.n, s.number, {_told(one, 't')} AS told{listed} FROM {_SIDES} s"
            f" JOIN {rows} t ON {_owned('t', 's')}"
            f" WHERE s.side = '{name}' AND ({_sql(one.where, one.table, 't', as_of)}){_kept(one, as_of)})"
        )

    same, differ = len(one.same), len(one.same) + len(one.differ)
    tests = ["a.n = b.n"]
    if same:
        tests.append(same_pairs((f"a.v{at}", f"b.v{at}") for at in range(same)))
    tests += [f"a.v{at} <> b.v{at}" for at in range(same, differ)]
    if one.overlap is not None:
        # A change of employer inside one month is lawful: periods that only share a border month do not overlap.
        first, last = f"v{differ}", f"v{differ + 1}"
        tests += [f"{a}.{first} < coalesce({b}.{last}, {_LAST_MONTH})" for a, b in ("ab", "ba")]
    met = (
        "SELECT a.n, [a.number, b.number] AS numbers, [a.told, b.told] AS tolds"
        f" FROM {side('old')} a JOIN {side('new')} b ON {' AND '.join(tests)}"
    )
    return _grouped(one, f"SELECT n, unnest(numbers) AS number, unnest(tolds) AS told FROM ({met})")


def _kept(one: Condition, as_of: date) -> str:
    """Return SQL, to stand behind a condition on rows ``t``, that leaves out what was wholly given back."""
    if one.given_back is None:
        return ""
    by, paid = one.given_back
    pairs = [(_sql(text, one.table, "u", as_of), _sql(text, one.table, "t", as_of)) for text in by]
    value = _sql(paid, one.table, "u", as_of)
    return (
        f" AND NOT EXISTS (SELECT 1 FROM {own(one.table)} u WHERE u.system = t.system AND u.person_no = t.person_no"
        f" AND u.{_VALID} AND {same_pairs(pairs)} HAVING bool_or({value} < 0) AND sum({value}) <= 0)"
    )


def _mixed(one: Condition, as_of: date) -> str:
    """Return SQL of the rows of one number where the other has a row of the other table."""
    name, where = one.other or ("", "")
    hits = (
        f"SELECT s.n, s.number, {_told(one, 't')} AS told FROM {_SIDES} s JOIN {own(one.table)} t ON {_owned('t', 's')}"
        f" WHERE ({_sql(one.where, one.table, 't', as_of)}) AND EXISTS ("
        f"SELECT 1 FROM {_SIDES} o JOIN {own(name)} u ON {_owned('u', 'o')}"
        f" WHERE o.n = s.n AND o.side <> s.side AND ({_sql(where, name, 'u', as_of)}))"
    )
    return _grouped(one, hits)


def _texts(value: Any) -> tuple[str, ...]:
    return () if value is None else tuple(str(item) for item in value)


def _condition(data: Mapping[str, Any]) -> Condition:
    unless, overlap = data.get("unless"), data.get("overlap")
    told = dict(data)
    told |= {key: _texts(data.get(key)) for key in ("same", "differ", "tell", "known")}
    told["unless"] = None if unless is None else (_texts(unless["by"]), unless["where"])
    back = data.get("given_back")
    told["given_back"] = None if back is None else (_texts(back["by"]), back["paid"])
    told["other"] = (data["other"]["table"], data["other"]["where"]) if "other" in data else None
    told["overlap"] = None if overlap is None else (overlap["from"], overlap["to"])
    return Condition(**told)


@lru_cache(maxsize=1)
def merge_rules() -> Rulebook:
    """Return the rules of merging."""
    text = resources.files("renshe.engine").joinpath("rulebook", MERGING).read_text("utf-8")
    data = yaml.load(text, Loader=Loader)
    repeats = data["repeats"] | {"by": _texts(data["repeats"]["by"])}
    return Rulebook([_condition(item) for item in data["conditions"]], Repeats(**repeats))
