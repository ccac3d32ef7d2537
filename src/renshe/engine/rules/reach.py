"""Which rows must be judged again when some rows have changed: all that look at them, and no others.

A rule looks at its own row, at rows that it is related to by key, and at the rows of its group. A row that changed is
met under its old and under its new keys, so whatever pointed at the old row or points at the new one is found.

Invariant: a row that is not chosen looks at nothing that changed; what an earlier round found on it still holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from renshe.engine.rules.applicable import lone
from renshe.engine.rules.catalogue import Relation, Rule
from renshe.engine.rules.compiling import compile_expression
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.expression import parse
from renshe.engine.rules.relations import Joins
from renshe.engine.rules.scope import RelatedScope, RowScope, Uses

_LOOKED_UP = re.compile(r"\bx\d+\.")
# Where more than this share of a table must be judged again, all of it is.
MOST = 0.3


def moved(table: str) -> str:
    """Return the name of the relation that holds the changed rows of ``table``, as they were and as they are."""
    return f"moved_{table}"


@dataclass(slots=True)
class Chosen:
    """What is to be judged again of a table: the rows of ``rids``, and sets among the rows of ``near``.

    ``limits`` says, per set rule, which rows of ``near`` stand in groups that changed (SQL); rules of ``whole`` are
    judged on every row.
    """

    rids: str
    near: str
    limits: dict[str, str] = field(default_factory=dict)
    whole: list[str] = field(default_factory=list)


class Reach:
    """Finds what changes of the tables ``changed`` reach, table by table."""

    def __init__(self, dataset: Dataset, joins: Joins, changed: Iterable[str]) -> None:
        self.dataset = dataset
        self.joins = joins
        self.connection = dataset.connection
        self.changed = frozenset(changed)

    def choose(self, table: str, rules: Sequence[Rule]) -> Chosen | None:
        """Return what of ``table`` is to be judged again; None where that is so much that all of it may be."""
        chosen = Chosen(f"chosen_{table}", f"near_{table}")
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {chosen.rids} (rid BIGINT)")
        for select in self._pointing(table, rules):
            self._add(chosen, select)
        if table in self.changed:
            self._add(chosen, f"SELECT rid FROM {moved(table)}")
            for together in dict.fromkeys(tuple(self._keys(rule, rule.net.by)) for rule in rules if rule.net):
                self._add(chosen, self._alike(table, together, f"{moved(table)} t"))
        required = {name for rule in rules for name in rule.requires}
        for rule in rules:
            by = _grouped_by(rule)
            if by and rule.id in required:
                keys = self._keys(rule, by)
                if any(_LOOKED_UP.search(key) for key in keys):
                    return None
                self._add(chosen, self._alike(table, keys, self._touched(table, chosen)))
        [(count,)] = self.connection.execute(f"SELECT count(DISTINCT rid) FROM {chosen.rids}").fetchall()
        if count > MOST * self.dataset.loaded(table):
            return None
        self._groups(table, rules, chosen)
        self.joins.clear()
        return chosen

    def _add(self, chosen: Chosen, select: str) -> None:
        self.connection.execute(
            f"INSERT INTO {chosen.rids} SELECT DISTINCT rid FROM ({select}) WHERE rid NOT IN (FROM {chosen.rids})"
        )

    def _pointing(self, table: str, rules: Sequence[Rule]) -> Iterable[str]:
        """Yield SQL of the rows that are related to changed rows, one for each way of being related."""
        seen: set[tuple[object, ...]] = set()
        for rule in rules:
            uses = Uses()
            scope = RowScope(rule, uses, self.dataset)
            alone = lone(rule, self.dataset)
            for relation in [*(one for _, one in rule.relations), *([alone] if alone else [])]:
                scope.join(relation)
            for at, relation in enumerate(uses.relations):
                # A key may be a column of another relation: that one is then joined before.
                looked_up = _LOOKED_UP.search(str(relation.on)) is not None
                before = dict(list(uses.relations.items())[:at]) if looked_up else {}
                way = (relation.table, relation.on, rule.judge, *before)
                if relation.table in self.changed and way not in seen:
                    seen.add(way)
                    joins = self.joins.clause(Uses(relations=before), table, rule.judge) if before else ""
                    yield self._related(table, relation, joins)

    def _related(self, table: str, relation: Relation, joins: str) -> str:
        """Return SQL of the rows of ``table`` whose side of ``relation`` is a key of a changed row."""
        scope = RelatedScope(relation.table, self.dataset.as_of)
        theirs = [compile_expression(parse(text), scope).text for _, text in relation.on]
        return self._matching(table, joins, [mine for mine, _ in relation.on], theirs, f"{moved(relation.table)} r")

    def _matching(self, table: str, joins: str, mine: Sequence[str], theirs: Sequence[str], origin: str) -> str:
        listed = ", ".join(f"{key} AS k{at}" for at, key in enumerate(theirs))
        same = " AND ".join(
            f"m.k{at} {'=' if at == 0 else 'IS NOT DISTINCT FROM'} {key}" for at, key in enumerate(mine)
        )
        return f"SELECT t.rid FROM a_{table} t {joins} SEMI JOIN (SELECT DISTINCT {listed} FROM {origin}) m ON {same}"

    def _keys(self, rule: Rule, by: Sequence[str]) -> list[str]:
        scope = RowScope(rule, Uses(), self.dataset)
        return [compile_expression(parse(text), scope).text for text in by]

    def _alike(self, table: str, keys: Sequence[str], origin: str) -> str:
        """Return SQL of the rows that stand in one group (by ``keys``) with rows of ``origin`` (alias ``t``)."""
        return self._matching(table, "", keys, keys, origin)

    def _touched(self, table: str, chosen: Chosen) -> str:
        """Return SQL of the chosen rows of ``table`` and of the changed ones as they were, under the alias ``t``."""
        now = f"SELECT * FROM s_{table} WHERE rid IN (FROM {chosen.rids})"
        was = f" UNION ALL SELECT * FROM {moved(table)}" if table in self.changed else ""
        return f"({now}{was}) t"

    def _groups(self, table: str, rules: Sequence[Rule], chosen: Chosen) -> None:
        """Gather the rows that stand in one group with a touched row, told by the first key of the group."""
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {chosen.near} AS FROM {chosen.rids}")
        firsts: dict[str, str] = {}
        for rule in rules:
            if not (by := _grouped_by(rule)):
                continue
            keys = self._keys(rule, by)
            if any(_LOOKED_UP.search(key) for key in keys):
                chosen.whole.append(rule.id)
                continue
            if keys[0] not in firsts:
                firsts[keys[0]] = f"touched_{table}_{len(firsts)}"
                self.connection.execute(
                    f"CREATE OR REPLACE TEMP TABLE {firsts[keys[0]]} AS SELECT DISTINCT {keys[0]} AS k"
                    f" FROM {self._touched(table, chosen)} WHERE {keys[0]} IS NOT NULL"
                )
            chosen.limits[rule.id] = f"{keys[0]} IN (SELECT k FROM {firsts[keys[0]]})"
        if firsts:
            anywhere = " OR ".join(f"{key} IN (SELECT k FROM {name})" for key, name in firsts.items())
            self.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {chosen.near} AS SELECT rid FROM a_{table} t WHERE {anywhere}"
                f" UNION FROM {chosen.rids}"
            )


def _grouped_by(rule: Rule) -> tuple[str, ...]:
    """Return the keys by which a set rule groups rows; none for other rules."""
    shape = rule.unique or rule.overlap
    return shape.by if shape is not None else ()
