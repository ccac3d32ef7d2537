"""Relations as joins: each computed once, into a small table, and shared by all rules that ask.

Invariant: every join is n:1 (a judged row meets at most one row), so joining never multiplies or drops rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from renshe.engine.rules.catalogue import Relation
from renshe.engine.rules.compiling import compile_expression, quote
from renshe.engine.rules.expression import parse
from renshe.engine.rules.parameter_joins import ParameterJoins
from renshe.engine.rules.scope import RelatedScope, Uses, take_column

if TYPE_CHECKING:
    from renshe.engine.rules.dataset import Dataset


# An expression over another relation (``x0.…``) rather than over the judged row.
_LOOKED_UP = re.compile(r"\bx\d+\.")
# With this many times fewer judged rows than related ones, only what the judged rows point at is looked up.
_FEW = 4
# What a join holds in memory per row, besides its columns.
_ROW_BYTES, _COLUMN_BYTES = 32, 16


@dataclass(frozen=True, slots=True)
class _Key:
    """What makes two look-ups the same table: the judged side counts only where it shapes what is looked up."""

    relation: Relation
    judged: str
    judge: str | None


@dataclass(slots=True)
class _Table:
    """The table behind a relation: its columns, and its rows once it is built."""

    name: str
    columns: set[str]
    rows: int | None = None


class Joins:
    """Builds the tables behind relations and parameters, and writes the join clauses that use them."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.tables: dict[_Key, _Table] = {}
        self.parameters = ParameterJoins(dataset)

    def want(self, uses: Uses, table: str, judge: str | None = None) -> None:
        """Note what ``uses`` will need, so that each relation is built once with all its columns."""
        for relation, needed in uses.relations.items():
            key = self._key(relation, table, judge)
            wanted = self.tables.setdefault(key, _Table(f"rel_{len(self.tables)}", set()))
            if not needed <= wanted.columns:
                wanted.columns |= needed
                wanted.rows = None

    def clause(self, uses: Uses, table: str, judge: str | None = None) -> str:
        """Return the LEFT JOINs for ``uses`` on rows of ``table`` (alias ``t``), building what is not there yet."""
        self.want(uses, table, judge)
        parts = []
        for at, relation in enumerate(uses.relations):
            built = self._built(self._key(relation, table, judge))
            on = f"x{at}.rid = t.rid" if relation.by_row else _condition(relation, at)
            parts.append(f"LEFT JOIN {built.name} x{at} ON {on}")
        return " ".join(parts + self.parameters.clauses(uses, table))

    def weights(self, uses: Uses, table: str, judge: str | None = None) -> dict[str, int]:
        """Return about how many bytes each relation of ``uses`` takes when joined, by the name of its table."""
        self.want(uses, table, judge)
        built = {key: self._built(key) for key in (self._key(relation, table, judge) for relation in uses.relations)}
        return {
            one.name: (one.rows or 0) * (_ROW_BYTES + _COLUMN_BYTES * (len(key.relation.on) + len(one.columns)))
            for key, one in built.items()
        }

    def clear(self) -> None:
        """Drop every relation: the next judged table asks for other columns of other rows."""
        for one in self.tables.values():
            self.dataset.connection.execute(f"DROP TABLE IF EXISTS {one.name}")
        self.tables.clear()

    def _key(self, relation: Relation, table: str, judge: str | None) -> _Key:
        if relation.by_row or self._narrowed(relation, table, judge):
            return _Key(relation, table, judge)
        # How the judged table calls the keys does not matter to what is built.
        return _Key(replace(relation, on=tuple((theirs, theirs) for _, theirs in relation.on)), "", None)

    def _narrowed(self, relation: Relation, table: str, judge: str | None) -> bool:
        """Whether to look up only what judged rows point at; not where a key is itself looked up."""
        _, judged = self.dataset.judged_rows(table, judge)
        related = sum(source.rows for _, source in self.dataset.of(relation.table))
        return judged * _FEW < related and not any(_LOOKED_UP.search(mine) for mine, _ in relation.on)

    def _built(self, key: _Key) -> _Table:
        built = self.tables[key]
        if built.rows is None:
            build = self._select_by_row if key.relation.by_row else self._select
            [(rows,)] = self.dataset.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {built.name} AS {build(key, built.columns)}"
            ).fetchall()
            built.rows = int(rows)
        return built

    def _select_by_row(self, key: _Key, columns: set[str]) -> str:
        """Return SQL with one row per judged row that has related rows, and the aggregates over them."""
        relation, table = key.relation, key.judged
        scope = RelatedScope(relation.table, self.dataset.as_of, judged=table)
        conditions = [compile_expression(parse(relation.where or "true"), scope).text]
        if relation.system is None:
            conditions.append("r._sys = t._sys")
        elif relation.system == "other":
            conditions.append("r._sys <> t._sys AND r._system_kind = 'business'")
        elif relation.system == "*":
            conditions.append("r._system_kind = 'business'")
        else:
            conditions.append(f"r.system = {quote(relation.system)}")
        for number, (mine, theirs) in enumerate(relation.on):
            operator = "=" if number == 0 else "IS NOT DISTINCT FROM"
            conditions.append(f"{mine} {operator} {compile_expression(parse(theirs), scope).text}")
        return (
            f"SELECT t.rid, TRUE AS found{_taken(columns, scope)} FROM {self.dataset.counting_rows(table)} t"
            f" JOIN a_{relation.table} r ON {' AND '.join(conditions)} GROUP BY t.rid"
        )

    def _select(self, key: _Key, columns: set[str]) -> str:
        relation = key.relation
        scope = RelatedScope(relation.table, self.dataset.as_of)
        keys = [compile_expression(parse(theirs), scope).text for _, theirs in relation.on]
        conditions = [f"{keys[0]} IS NOT NULL"]
        if relation.where is not None:
            conditions.append(compile_expression(parse(relation.where), scope).text)
        origin = f"a_{relation.table} r"
        system = "NULL"
        if relation.system is None:
            system = "r._sys"
        elif relation.system == "other":
            numbers = (self.dataset.system_numbers[name] for name in sorted(self.dataset.business_systems()))
            listed = ", ".join(f"({number}::SMALLINT)" for number in numbers)
            origin += f" JOIN (VALUES {listed}) o(sys) ON r._sys <> o.sys"
            system = "o.sys"
            conditions.append("r._system_kind = 'business'")
        elif relation.system == "*":
            conditions.append("r._system_kind = 'business'")
        else:
            conditions.append(f"r.system = {quote(relation.system)}")
        if key.judged:
            judged, _ = self.dataset.judged_rows(key.judged, key.judge)
            origin += f" SEMI JOIN {judged} t ON " + " AND ".join(
                f"{theirs} {'=' if at == 0 else 'IS NOT DISTINCT FROM'} {mine}"
                for at, (theirs, (mine, _)) in enumerate(zip(keys, relation.on, strict=True))
            )
        named = ", ".join(f"{key} AS k{at}" for at, key in enumerate(keys))
        where = " AND ".join(conditions)
        if relation.take:
            taken = _taken(columns, scope)
            return f"SELECT {system} AS sys, {named}, TRUE AS found{taken} FROM {origin} WHERE {where} GROUP BY ALL"
        taken = "".join(f', r."{name}"' for name in sorted(columns))
        first = f"SELECT {system} AS sys, {named}, min(r.rid) AS rid FROM {origin} WHERE {where} GROUP BY ALL"
        listed = ", ".join(f"f.k{at}" for at in range(len(keys)))
        return (
            f"SELECT f.sys, {listed}, TRUE AS found{taken} FROM ({first}) f JOIN a_{relation.table} r ON r.rid = f.rid"
        )


def _condition(relation: Relation, at: int) -> str:
    parts = [f"x{at}.sys = t._sys"] if relation.system in (None, "other") else []
    for number, (mine, _) in enumerate(relation.on):
        # The first part must be known; the others may be null on both sides (parts of a key may be null).
        operator = "=" if number == 0 else "IS NOT DISTINCT FROM"
        parts.append(f"x{at}.k{number} {operator} {mine}")
    return " AND ".join(parts)


def _taken(columns: set[str], scope: RelatedScope) -> str:
    return "".join(
        f", {compile_expression(parse(text), scope).text} AS {take_column(text)}" for text in sorted(columns)
    )
