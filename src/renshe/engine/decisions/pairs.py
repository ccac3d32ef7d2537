"""Two records of one person as an engine sees them: the pairs, the rows of both numbers, and what is asked of them.

``pairs`` holds (n, system, old, new); ``own_<table>`` the rows of the persons concerned: system, person_no, src,
source_row, valid and the columns that the rules of merging name. What forbids a merge is the rulebook's
(``rules.merge_rules``); here it is only asked, in the same way when a merge is planned and when it is applied.

Invariant: what is asked of a pair depends on the rows of its two numbers alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal, Protocol

import duckdb
import pyarrow as pa

from renshe.engine.decisions.log import row_key
from renshe.engine.schema import columns
from renshe.standards.dictionary import TABLES, dictionary, table

Check = Literal["rows", "order", "contact"]
"""What no row says of a pair: one valid row each, its turn, the consent of the insured person."""
PERSON = "person"
PLACE = ("system", "person_no", "src", "source_row", "valid")
"""The columns of every ``own_<table>``, before those that are asked for."""
# What belongs to a record rather than to the person: no value of it survives another.
OF_THE_RECORD = frozenset({"person_no", "record_no", "operator", "operated_on", "valid", "hold", "hold_reason"})
REPEATED = "contribution"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a pair may not be merged: the condition's id, and in Chinese what is in the way and what to do."""

    id: str
    what: str
    remedy: str

    @property
    def line(self) -> str:
        """Return the obstacle as one line."""
        return f"{self.what}；{self.remedy}"


class MergeRules(Protocol):
    """The declared rules of merging, as far as rows are asked for them."""

    @property
    def needed(self) -> Mapping[str, frozenset[str]]:
        """Return, by table, the columns that the rules name."""
        ...

    def questions(self, tables: Iterable[str], as_of: date) -> list[str]:
        """Return SQL of (n, id, number, told, times), one for each condition on rows of ``tables``."""
        ...

    def repeated(self, as_of: date) -> str:
        """Return SQL of (n, src, source_row, unit, person): rows of the old number for a month that both have."""
        ...

    def obstacle(self, name: str, told: Sequence[tuple[str, Sequence[Sequence[str | None]], int]] = ()) -> Obstacle:
        """Return what the condition ``name`` says; ``told``: by number, the values of some rows and how many."""
        ...

    def failed(self, check: Check) -> Obstacle:
        """Return what the condition says that the program checks."""
        ...


@dataclass(frozen=True, slots=True)
class Refund:
    """A contribution of the old number for a month that both have: where it is, its key, and what was paid."""

    src: int
    source_row: int
    key: str
    insurance: str | None
    period: int | None
    unit: Decimal
    person: Decimal

    @property
    def amount(self) -> Decimal:
        """Return what was paid by both."""
        return self.unit + self.person

    @property
    def told(self) -> tuple[str, str]:
        """Return what a decision tells of it: the key, and the sum."""
        return self.key, f"{self.amount:.2f}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of one pair."""

    obstacles: tuple[Obstacle, ...]
    refunds: tuple[Refund, ...]
    moved: Mapping[str, int]


def owned_tables() -> list[str]:
    """Return the tables whose rows belong to a person, that of the persons themselves apart."""
    return [name for name in TABLES if name != PERSON and "person_no" in dictionary()[name].names]


def compared_fields() -> list[str]:
    """Return the fields of a person of which one of two values must survive."""
    return [name for name in dictionary()[PERSON].names if name not in OF_THE_RECORD]


def own(name: str) -> str:
    """Return the relation that holds the rows of the persons concerned."""
    return f"own_{name}"


def own_columns(name: str, rules: MergeRules) -> list[str]:
    """Return the columns of ``own_<name>`` besides ``PLACE``: what rules name, and the keys of what is refunded."""
    wanted = set(rules.needed.get(name, ()))
    if name == REPEATED:
        wanted |= {*table(name).key, *table(name).key_else}
    return [column for column in columns(name) if column in wanted and column not in PLACE]


def know_pairs(connection: duckdb.DuckDBPyConnection, pairs: Sequence[tuple[str, str, str]]) -> None:
    """Make ``pairs`` (system, old, new) known, numbered from 0."""
    given: dict[str, Any] = {"n": pa.array(range(len(pairs)), pa.int64())}
    for at, name in enumerate(("system", "old", "new")):
        given[name] = pa.array([pair[at] for pair in pairs], pa.string())
    connection.register("given", pa.table(given))
    connection.execute("CREATE OR REPLACE TEMP TABLE pairs AS FROM given")
    connection.unregister("given")


def ask(
    connection: duckdb.DuckDBPyConnection, rules: MergeRules, tables: Sequence[str], count: int, as_of: date
) -> list[Asked]:
    """Return what is to be known of each of the ``count`` pairs; ``tables`` are those of ``own_`` there are.

    Leaves the rows that are to be refunded in ``stays``.
    """
    obstacles = _obstacles(connection, rules, tables, as_of)
    refunds = _refunds(connection, rules, tables, as_of)
    moved = _moved(connection, [name for name in tables if name != PERSON])
    return [
        Asked(tuple(obstacles.get(n, ())), tuple(refunds.get(n, ())), dict(moved.get(n, Counter())))
        for n in range(count)
    ]


def _obstacles(
    connection: duckdb.DuckDBPyConnection, rules: MergeRules, tables: Sequence[str], as_of: date
) -> dict[int, list[Obstacle]]:
    found: dict[int, dict[str, list[tuple[str, list[list[str | None]], int]]]] = {}
    for question in rules.questions(tables, as_of):
        for n, name, number, told, times in connection.execute(f"{question} ORDER BY n, number").fetchall():
            found.setdefault(n, {}).setdefault(name, []).append((number, told, times))
    return {n: [rules.obstacle(name, told) for name, told in own.items()] for n, own in found.items()}


def _refunds(
    connection: duckdb.DuckDBPyConnection, rules: MergeRules, tables: Sequence[str], as_of: date
) -> dict[int, list[Refund]]:
    if REPEATED not in tables:
        connection.execute("CREATE OR REPLACE TEMP TABLE stays (n BIGINT, src BIGINT, source_row BIGINT)")
        return {}
    connection.execute(f"CREATE OR REPLACE TEMP TABLE stays AS {rules.repeated(as_of)}")
    entry = table(REPEATED)
    names = dict.fromkeys((*entry.key, *entry.key_else))
    listed = ", ".join(f't."{name}"' for name in names)
    rows = connection.execute(
        f"SELECT s.n, s.src, s.source_row, s.unit, s.person, {listed} FROM stays s"
        f" JOIN {own(REPEATED)} t USING (src, source_row) ORDER BY s.n, t.period, s.src, s.source_row"
    ).fetchall()
    found: dict[int, list[Refund]] = {}
    for n, src, source_row, unit, person, *key in rows:
        row = dict(zip(names, key, strict=True))
        one = Refund(src, source_row, row_key(entry, row), row["insurance"], row["period"], unit, person)
        found.setdefault(n, []).append(one)
    return found


def _moved(connection: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> dict[int, Counter[str]]:
    """Count, by pair and table, the rows that the old number hands over."""
    found: dict[int, Counter[str]] = {}
    for name in tables:
        rows = connection.execute(
            f"SELECT p.n, count(*) FROM pairs p JOIN {own(name)} t ON t.system = p.system AND t.person_no = p.old"
            + (" ANTI JOIN stays s USING (src, source_row)" if name == REPEATED else "")
            + " GROUP BY 1"
        ).fetchall()
        for n, count in rows:
            found.setdefault(n, Counter())[name] = count
    return found
