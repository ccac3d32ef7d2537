"""What a rule can tell of the rows that a relation gathers: aggregates, or only how these stand to one another.

Whether 12,000 people or 12,001 paid in a month makes no difference to a rule that asks whether anybody did. So a change
in a large group seldom concerns the rows that look at it.

Invariant: where no observation of a group differs, no rule that looks at the group answers differently.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from renshe.engine.rules import expression as ex
from renshe.engine.rules.catalogue import Relation, Rule
from renshe.engine.rules.compiling import AGGREGATES, compile_expression
from renshe.engine.rules.expression import names, parse, walk
from renshe.engine.rules.keys import as_keys, key_names, same_keys
from renshe.engine.rules.parameter_joins import expressions
from renshe.engine.rules.relations import of_system
from renshe.engine.rules.scope import RelatedScope
from renshe.engine.rules.typed import Sql

# What takes more than its arguments: where it stands, only these are observed.
_OPEN = AGGREGATES | {"param", "empty", "known_code"}
_CONSTANT = frozenset({(None, "as_of"), (None, "as_of_date")})


@dataclass(frozen=True, slots=True)
class Observation:
    """An expression over the aggregates of one relation, which it calls ``name``, with the texts of these."""

    node: ex.Node
    name: str
    takes: tuple[tuple[str, str], ...]

    def sql(self, table: str, as_of: date, given: str) -> str:
        """Return SQL of what is observed of those rows of a group for which ``given`` holds."""
        return compile_expression(self.node, _GroupScope(self, table, as_of, given)).text


ALONE = Observation(parse("own.n = 1"), "own", (("n", "count()"),))


class _GroupScope(RelatedScope):
    """Names inside an observation: what is taken of the group."""

    def __init__(self, observed: Observation, table: str, as_of: date, given: str) -> None:
        super().__init__(table, as_of)
        self.observed = observed
        self.given = given

    def column(self, relation: str | None, name: str, place: int) -> Sql:
        if relation != self.observed.name:
            return super().column(relation, name, place)
        # Every group that there is has rows.
        text = "count()" if name == "found" else dict(self.observed.takes)[name]
        taken = RelatedScope(self.table, self.as_of)
        taken.given = self.given
        found = compile_expression(parse(text), taken)
        return Sql(f"({found.text} > 0)", "bool") if name == "found" else found


def observations(rule: Rule, name: str, relation: Relation) -> set[Observation]:
    """Return what ``rule`` observes of the aggregates of ``relation``, which it calls ``name``."""
    texts = expressions(rule)
    return {Observation(node, name, relation.take) for text in texts for node in _looks(parse(text), name)}


def _looks(node: ex.Node, name: str) -> Iterator[ex.Node]:
    """Yield the largest parts of ``node`` that look at nothing but the relation ``name``."""
    read = names(node)
    if not any(relation == name for relation, _ in read):
        return
    calls = {part.name for part in walk(node) if isinstance(part, ex.Call)}
    if not calls & _OPEN and all(one in _CONSTANT or one[0] == name for one in read):
        yield node
        return
    for child in ex.children(node):
        yield from _looks(child, name)


def differing(relation: Relation, seen: Iterable[Observation], as_of: date, rows: str, among: str) -> str:
    """Return SQL of the keys (``k0`` …) of the groups of ``relation`` in which one of ``seen`` is no longer the same.

    ``rows`` are the related rows (SQL, alias ``r`` to be given) with two columns more: ``_then`` says that a row was
    there in the earlier round, ``_now`` that it is there now. ``among`` are the keys to look at (SQL).
    """
    scope = RelatedScope(relation.table, as_of)
    tests = of_system(relation)
    if relation.where is not None:
        tests.append(compile_expression(parse(relation.where), scope).text)
    keys = [compile_expression(parse(theirs), scope).text for _, theirs in relation.on]
    listed = key_names(len(keys))
    sides = [[one.sql(relation.table, as_of, f"r.{side}") for side in ("_then", "_now")] for one in seen]
    changes = sorted({" IS DISTINCT FROM ".join(both) for both in sides})
    among = f"SELECT DISTINCT {listed} FROM ({among})"
    where, having = " AND ".join(tests) or "TRUE", " OR ".join(changes) or "FALSE"
    return (
        f"SELECT {listed} FROM (SELECT r._sys, {as_keys(keys)} FROM {rows} r"
        f" SEMI JOIN ({among}) m ON {same_keys('m', keys)} WHERE {where} GROUP BY ALL HAVING {having})"
    )
