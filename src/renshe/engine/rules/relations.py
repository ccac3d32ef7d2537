"""Relations as joins: each computed once, into a small table, and shared by all rules that ask.

Invariant: every join is n:1 (a judged row meets at most one row), so joining never multiplies or drops rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from renshe.engine.rules.catalogue import Relation
from renshe.engine.rules.compiling import compile_expression, quote
from renshe.engine.rules.expression import parse
from renshe.engine.rules.parameter_joins import ParameterJoins
from renshe.engine.rules.scope import RelatedScope, Uses, take_column
from renshe.standards.dictionary import dictionary

if TYPE_CHECKING:
    from renshe.engine.rules.dataset import Dataset


@dataclass(frozen=True, slots=True)
class _Built:
    name: str
    columns: frozenset[str]


class Joins:
    """Builds the tables behind relations and parameters, and writes the join clauses that use them."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.built: dict[tuple[Relation, str], _Built] = {}
        self.parameters = ParameterJoins(dataset)

    def clause(self, uses: Uses, table: str) -> str:
        """Return the LEFT JOINs for ``uses`` on rows of ``table`` (alias ``t``), building what is not there yet."""
        parts = []
        for at, (relation, needed) in enumerate(uses.relations.items()):
            name = self._relation(relation, needed, table)
            on = f"x{at}.rid = t.rid" if relation.by_row else _condition(relation, at)
            parts.append(f"LEFT JOIN {name} x{at} ON {on}")
        return " ".join(parts + self.parameters.clauses(uses, table))

    def systems(self, relation: Relation) -> set[str] | None:
        """Return the systems whose rows ``relation`` can judge; None where it is any."""
        having = self.dataset.systems(relation.table)
        if relation.system is None:
            return having
        business = self.dataset.systems(relation.table, "business")
        if relation.system == "*":
            return None if business else set()
        if relation.system == "other":
            return {s for s in self.dataset.business_systems() if business - {s}}
        return None if relation.system in having else set()

    def _relation(self, relation: Relation, needed: set[str], table: str) -> str:
        # How the judged table calls the keys does not matter to what is built, unless its rows are looked at.
        shared = replace(relation, on=tuple((theirs, theirs) for _, theirs in relation.on))
        key = (relation, table) if relation.by_row else (shared, "")
        before = self.built.get(key)
        if before is not None and needed <= before.columns:
            return before.name
        columns = frozenset(needed | (before.columns if before else set()))
        name = before.name if before else f"rel_{len(self.built)}"
        select = self._select_by_row(relation, columns, table) if relation.by_row else self._select(shared, columns)
        self.dataset.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {select}")
        self.built[key] = _Built(name, columns)
        return name

    def _select_by_row(self, relation: Relation, columns: frozenset[str], table: str) -> str:
        """Return SQL with one row per judged row that has related rows, and the aggregates over them."""
        scope = RelatedScope(relation.table, self.dataset.as_of, judged=table)
        conditions = [compile_expression(parse(relation.where or "true"), scope).text]
        if relation.system is None:
            conditions.append("r.system = t.system")
        elif relation.system == "other":
            conditions.append("r.system <> t.system AND r._system_kind = 'business'")
        elif relation.system == "*":
            conditions.append("r._system_kind = 'business'")
        else:
            conditions.append(f"r.system = {quote(relation.system)}")
        for number, (mine, theirs) in enumerate(relation.on):
            operator = "=" if number == 0 else "IS NOT DISTINCT FROM"
            conditions.append(f"{mine} {operator} {compile_expression(parse(theirs), scope).text}")
        return (
            f"SELECT t.rid, TRUE AS found{_taken(columns, scope)} FROM a_{table} t"
            f" JOIN a_{relation.table} r ON {' AND '.join(conditions)} GROUP BY t.rid"
        )

    def _select(self, relation: Relation, columns: frozenset[str]) -> str:
        scope = RelatedScope(relation.table, self.dataset.as_of)
        keys = [compile_expression(parse(theirs), scope).text for _, theirs in relation.on]
        conditions = [f"{keys[0]} IS NOT NULL"]
        if relation.where is not None:
            conditions.append(compile_expression(parse(relation.where), scope).text)
        origin = f"a_{relation.table} r"
        system = "NULL"
        if relation.system is None:
            system = "r.system"
        elif relation.system == "other":
            names = ", ".join(f"({quote(name)})" for name in sorted(self.dataset.business_systems()))
            origin += f" JOIN (VALUES {names}) o(name) ON r.system <> o.name"
            system = "o.name"
            conditions.append("r._system_kind = 'business'")
        elif relation.system == "*":
            conditions.append("r._system_kind = 'business'")
        else:
            conditions.append(f"r.system = {quote(relation.system)}")
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
    parts = [f"x{at}.sys = t.system"] if relation.system in (None, "other") else []
    for number, (mine, _) in enumerate(relation.on):
        # The first part must be known; the others may be null on both sides (parts of a key may be null).
        operator = "=" if number == 0 else "IS NOT DISTINCT FROM"
        parts.append(f"x{at}.k{number} {operator} {mine}")
    return " AND ".join(parts)


def _taken(columns: frozenset[str], scope: RelatedScope) -> str:
    return "".join(
        f", {compile_expression(parse(text), scope).text} AS {take_column(text)}" for text in sorted(columns)
    )


def owns_whole_key(relation: Relation, table: str) -> bool:
    """Whether ``relation`` is matched by the whole key of ``table``: then a row of ``table`` stands for its group."""
    mine = {pair[0] for pair in relation.on}
    return set(dictionary()[table].key) <= mine
