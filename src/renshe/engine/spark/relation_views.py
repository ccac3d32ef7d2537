"""Relations as joins: what is matched by the same keys is grouped once, whatever else the rules ask of it.

A relation of a rule becomes one struct column (``x0``, ``x1`` …) of its family's grouped rows, so that expressions
read ``x0.found`` and ``x0.last`` as if each relation were joined by itself.

Invariant: every join is n:1 (a judged row meets at most one row), so joining never multiplies or drops rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from renshe.engine.rules.catalogue import Relation
from renshe.engine.rules.compiling import compile_expression
from renshe.engine.rules.dialects import SPARK
from renshe.engine.rules.expression import parse
from renshe.engine.rules.scope import RelatedScope, Uses, take_column


@dataclass(frozen=True, slots=True)
class Family:
    """Relations over one table, matched by the same keys in the same systems."""

    table: str
    system: str | None
    on: tuple[tuple[str, str], ...]
    whole: bool = False

    @property
    def within(self) -> bool:
        """Whether rows are matched inside a system (or with its counterpart), rather than over the whole world."""
        return self.system in (None, "other")


def relation_joins(uses: Uses, table: str) -> list[str]:
    """Return the LEFT JOINs for the relations of ``uses`` on rows of ``table`` (alias ``t``)."""
    families: dict[Family, list[str]] = {}
    joins: list[Family | str] = []
    for at, (relation, needed) in enumerate(uses.relations.items()):
        if relation.by_row:
            joins.append(_by_row(relation, needed, at, table))
            continue
        family = Family(relation.table, relation.system, relation.on)
        if family not in families:
            families[family] = []
            joins.append(family)
        families[family].append(_member(relation, needed, at))
    return [
        join if isinstance(join, str) else family_join(join, families[join], f"f{at}") for at, join in enumerate(joins)
    ]


def family_join(family: Family, members: list[str], alias: str) -> str:
    """Return the LEFT JOIN of a family whose ``members`` are struct columns over its rows (alias ``r``)."""
    scope = RelatedScope(family.table, dialect=SPARK)
    keys = [compile_expression(parse(theirs), scope).text for _, theirs in family.on]
    named = ", ".join(f"{key} AS k{at}" for at, key in enumerate(keys))
    origin, system = f"a_{family.table} r", "r._world"
    conditions = [f"{keys[0]} IS NOT NULL"]
    if family.system is None:
        system = "r._sys"
    elif family.system == "other":
        origin += " JOIN systems o ON o.world = r._world AND o.sys <> r._sys AND o.kind = 'business'"
        system = "o.sys"
    if family.system in ("other", "*"):
        conditions.append("r._system_kind = 'business'")
    elif family.system is not None:
        conditions.append(f"r.system = {SPARK.quote(family.system)}")
    grouped = ", ".join([system, *keys])
    on = [f"{alias}.sys = t.{'_sys' if family.within else '_world'}"]
    for at, (mine, _) in enumerate(family.on):
        # The first part must be known; the others may be null on both sides (parts of a key may be null).
        on.append(f"{alias}.k{at} {'=' if at == 0 else '<=>'} {mine}")
    return (
        f"LEFT JOIN (SELECT {system} AS sys, {named}, {', '.join(members)} FROM {origin}"
        f" WHERE {' AND '.join(conditions)} GROUP BY {grouped}) {alias} ON {' AND '.join(on)}"
    )


def _member(relation: Relation, needed: set[str], at: int) -> str:
    """Return the struct column ``x<at>``: of the rows that ``relation`` is about, what is needed."""
    scope = RelatedScope(relation.table, dialect=SPARK)
    where = None if relation.where is None else compile_expression(parse(relation.where), scope).text
    if not relation.take:
        columns = "".join(f", '{name}', r.`{name}`" for name in sorted(needed))
        limit = "" if where is None else f" FILTER (WHERE {where})"
        return f"min_by(named_struct('found', TRUE{columns}), r.rid){limit} AS x{at}"
    scope.given = where
    found = "TRUE" if where is None else f"coalesce(bool_or({where}), FALSE)"
    return f"named_struct('found', {found}{_taken(needed, scope)}) AS x{at}"


def _by_row(relation: Relation, needed: set[str], at: int, table: str) -> str:
    """Return the join of a relation whose condition speaks of the judged row: grouped by the judged row itself."""
    scope = RelatedScope(relation.table, judged=table, dialect=SPARK)
    conditions = [compile_expression(parse(relation.where or "true"), scope).text, "r._world = t._world"]
    if relation.system is None:
        conditions.append("r._sys = t._sys")
    elif relation.system in ("other", "*"):
        conditions.append("r._system_kind = 'business'")
    else:
        conditions.append(f"r.system = {SPARK.quote(relation.system)}")
    if relation.system == "other":
        conditions.append("r._sys <> t._sys")
    for number, (mine, theirs) in enumerate(relation.on):
        conditions.append(f"{mine} {'=' if number == 0 else '<=>'} {compile_expression(parse(theirs), scope).text}")
    return (
        f"LEFT JOIN (SELECT t.rid, named_struct('found', TRUE{_taken(needed, scope)}) AS x{at} FROM a_{table} t"
        f" JOIN a_{relation.table} r ON {' AND '.join(conditions)} GROUP BY t.rid) g{at} ON g{at}.rid = t.rid"
    )


def _taken(needed: set[str], scope: RelatedScope) -> str:
    return "".join(f", '{take_column(text)}', {compile_expression(parse(text), scope).text}" for text in sorted(needed))
