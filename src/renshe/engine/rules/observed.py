"""What a rule can tell of the rows that a relation gathers: an aggregate, or only how it stands to a number.

Whether 12,000 people or 12,001 paid in a month makes no difference to a rule that asks whether anybody did. So a change
in a large group seldom concerns the rows that look at it.

Invariant: where no observation of a group differs, no rule that looks at the group answers differently.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from renshe.engine.rules import expression as ex
from renshe.engine.rules.catalogue import Relation, Rule
from renshe.engine.rules.compiling import compile_expression
from renshe.engine.rules.expression import parse
from renshe.engine.rules.parameter_joins import expressions
from renshe.engine.rules.scope import RelatedScope

_COMPARED = frozenset({"=", "<>", "<", "<=", ">", ">="})
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Observation:
    """An aggregate (its text), or, where ``op`` is given, only how it compares with a constant."""

    taken: str
    op: str | None = None
    value: int = 0

    def sql(self, scope: RelatedScope) -> str:
        """Return SQL of what is observed over rows of ``scope``."""
        found = compile_expression(parse(self.taken), scope).text
        return found if self.op is None else f"({found} {self.op} {self.value})"


def observations(rule: Rule, name: str, relation: Relation) -> set[Observation]:
    """Return what ``rule`` observes of the aggregates of ``relation``, which it calls ``name``."""
    takes = dict(relation.take)
    found: set[Observation] = set()
    for text in expressions(rule):
        for taken, op, value in _looks(parse(text), name):
            # Every group that there is has rows.
            found.add(Observation("count()", ">", 0) if taken == "found" else Observation(takes[taken], op, value))
    return found


def _looks(node: ex.Node, name: str) -> Iterator[tuple[str, str | None, int]]:
    """Yield each aggregate that ``node`` reads of the relation ``name``, with the constant it is compared with."""
    if isinstance(node, ex.Binary) and node.op in _COMPARED:
        mirrored = _MIRRORED.get(node.op, node.op)
        for side, other, op in ((node.left, node.right, node.op), (node.right, node.left, mirrored)):
            taken = _of(side, name)
            if taken is not None and isinstance(other, ex.Literal) and type(other.value) is int:
                yield taken, op, other.value
                return
    taken = _of(node, name)
    if taken is not None:
        yield taken, None, 0
    for child in ex.children(node):
        yield from _looks(child, name)


def _of(node: ex.Node, name: str) -> str | None:
    return node.name if isinstance(node, ex.Name) and node.relation == name else None


def differing(relation: Relation, seen: Iterable[Observation], scope: RelatedScope, rows: str, among: str) -> str:
    """Return SQL of the keys (``k0`` …) of the groups of ``relation`` in which one of ``seen`` is no longer the same.

    ``rows`` are the related rows (SQL, alias ``r`` to be given) with two columns more: ``_then`` says that a row was
    there in the earlier round, ``_now`` that it is there now. ``among`` are the keys to look at (SQL).
    """
    tests = [compile_expression(parse(relation.where), scope).text] if relation.where is not None else []
    if relation.system is not None:
        tests.append("r._system_kind = 'business'" if relation.system == "*" else f"r.system = '{relation.system}'")
    keys = [compile_expression(parse(theirs), scope).text for _, theirs in relation.on]
    named = ", ".join(f"{key} AS k{at}" for at, key in enumerate(keys))
    listed = ", ".join(f"k{at}" for at in range(len(keys)))
    same = " AND ".join(f"m.k{at} {'IS NOT DISTINCT FROM' if at else '='} {key}" for at, key in enumerate(keys))
    changes = []
    for one in sorted(seen, key=repr):
        sides = []
        for side in ("_then", "_now"):
            scope.given = f"r.{side}"
            sides.append(one.sql(scope))
        changes.append(" IS DISTINCT FROM ".join(sides))
    scope.given = None
    among = f"SELECT DISTINCT {listed} FROM ({among})"
    where, having = " AND ".join(tests) or "TRUE", " OR ".join(changes) or "FALSE"
    return (
        f"SELECT {listed} FROM (SELECT r._sys, {named} FROM {rows} r SEMI JOIN ({among}) m ON {same}"
        f" WHERE {where} GROUP BY ALL HAVING {having})"
    )
