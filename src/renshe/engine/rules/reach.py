"""Which rows must be judged again when some rows have changed: all that look at them, and no others.

A rule looks at its own row, at rows that it is related to by key, and at the rows of its group. A row that changed is
met under its old and under its new keys, so whatever pointed at the old row or points at the new one is found; where
nothing changed that a relation asks of a row, nobody who points at it needs to know; where many point at a group, what
they can tell of it is compared before and after. A rule that all the same looks at very few, large groups is judged on
every row instead: it is one, the others are many.

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
from renshe.engine.rules.expression import names, parse
from renshe.engine.rules.observed import Observation, differing, observations
from renshe.engine.rules.parameter_joins import expressions
from renshe.engine.rules.relations import Joins
from renshe.engine.rules.scope import RelatedScope, RowScope, Uses
from renshe.engine.rules.sharing import DEAR, conjuncts
from renshe.engine.schema import columns

_LOOKED_UP = re.compile(r"\bx\d+\.")
# Where more than this share of a table must be judged again, all of it is; a rule for which that is so, on every row.
MOST, MOST_OF_RULE = 0.3, 0.05
# Where more than this share points at groups that changed, it is worth looking what can be told of these.
MANY = 0.002


def changed_rows(table: str) -> tuple[str, str]:
    """Return the names of the relations that hold the changed rows of ``table`` as they were, and as they are."""
    return f"was_{table}", f"now_{table}"


def moved(table: str) -> str:
    """Return the name of the relation that holds the changed rows of ``table``, as they were and as they are."""
    return f"moved_{table}"


@dataclass(slots=True)
class Chosen:
    """What is to be judged again of a table: the rows of ``near``, those of ``rids`` with whom they share a set.

    ``limits`` says, per set rule, which rows of ``near`` stand in groups that changed (SQL); the rules of ``whole`` are
    judged on every row, and with them those that build on them.
    """

    rids: str
    near: str
    limits: dict[str, str] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Way:
    """One way in which rows point at rows of another table: what is joined before, what is asked, by which rules.

    ``seen`` is what can be told of a group, where rows are gathered; ``tests`` say which rows a rule judges (SQL).
    """

    relation: Relation
    judge: str | None
    before: dict[Relation, set[str]]
    asked: set[str] = field(default_factory=set)
    rules: set[str] = field(default_factory=set)
    seen: set[Observation] = field(default_factory=set)
    tests: set[str] = field(default_factory=set)


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
        for way in self._ways(rules):
            count = self._point(table, way, self._changes(way))
            if count > MANY * self.dataset.loaded(table) and way.seen:
                count = self._point(table, way, self._regrouped(way))
            if count > MOST_OF_RULE * self.dataset.loaded(table):
                chosen.whole |= way.rules
            else:
                self._add(chosen, "FROM pointing")
        for rule in rules:
            # Rules come after what they build on.
            if chosen.whole.intersection(rule.requires):
                chosen.whole.add(rule.id)
        if table in self.changed:
            self._add(chosen, f"SELECT rid FROM {moved(table)}")
            for together in dict.fromkeys(tuple(self._keys(rule, rule.net.by)) for rule in rules if rule.net):
                self._add(chosen, self._alike(table, together, f"{moved(table)} t"))
        required = {name for rule in rules for name in rule.requires}
        for rule in rules:
            by = _grouped_by(rule)
            if by and rule.id in required - chosen.whole:
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

    def _ways(self, rules: Sequence[Rule]) -> Iterable[_Way]:
        """Return the ways in which ``rules`` point at tables that changed, each once."""
        ways: dict[tuple[object, ...], _Way] = {}
        for rule in rules:
            uses = Uses()
            scope = RowScope(rule, uses, self.dataset)
            alone = lone(rule, self.dataset)
            for name, relation in [*rule.relations, *([("", alone)] if alone else [])]:
                at = int(scope.join(relation).removeprefix("x"))
                shared = list(uses.relations)[at]
                if relation.table not in self.changed:
                    continue
                # A key may be a column of another relation: that one is then joined before.
                looked_up = _LOOKED_UP.search(str(shared.on)) is not None
                before = dict(list(uses.relations.items())[:at]) if looked_up else {}
                key = (shared.table, shared.on, shared.where, shared.system, rule.judge, *before)
                way = ways.setdefault(key, _Way(shared, rule.judge, before))
                way.asked |= _asked(rule, name, relation)
                way.rules.add(rule.id)
                way.tests.add(" AND ".join(self._own_tests(rule)) or "TRUE")
                # What differs from row to row cannot be told of a group.
                if relation.take and not relation.by_row and relation.system != "other":
                    alike = {Observation("count()", "=", 1)} if relation is alone else set()
                    way.seen |= alike or observations(rule, name, relation)
        return ways.values()

    def _own_tests(self, rule: Rule) -> list[str]:
        """Return SQL of what ``rule`` asks of the judged row alone, at little cost: no other row can fail it."""
        found = []
        for text in (rule.where, rule.fail):
            for node in conjuncts(parse(text)) if text is not None else ():
                uses = Uses()
                test = compile_expression(node, RowScope(rule, uses, self.dataset)).text
                if not (uses.relations or uses.params or DEAR.search(test)):
                    found.append(test)
        return found

    def _point(self, table: str, way: _Way, origin: str) -> int:
        """Leave in ``pointing`` the rows of ``table`` that point at a row or group of ``origin`` (SQL); count them."""
        joins = self.joins.clause(Uses(relations=way.before), table, way.judge) if way.before else ""
        mine = [mine for mine, _ in way.relation.on]
        matching = self._matching(table, joins, mine, [f"k{at}" for at in range(len(mine))], f"({origin})")
        judged = " OR ".join(f"({test})" for test in sorted(way.tests))
        [(count,)] = self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE pointing AS {matching} WHERE {judged}"
        ).fetchall()
        return int(count)

    def _changes(self, way: _Way) -> str:
        """Return SQL of the keys of rows of which something changed that is asked."""
        relation = way.relation
        scope = RelatedScope(relation.table, self.dataset.as_of)
        theirs = [compile_expression(parse(text), scope).text for _, text in relation.on]
        shown = [*(f"{key} AS k{at}" for at, key in enumerate(theirs)), *(f'r."{name}"' for name in sorted(way.asked))]
        tests = ["r.valid IS DISTINCT FROM '0'"]
        if relation.where is not None and not relation.by_row:
            tests.append(compile_expression(parse(relation.where), scope).text)
        was, now = (
            f"(SELECT r._sys, {', '.join(shown)} FROM {rows} r WHERE {' AND '.join(tests)})"
            for rows in changed_rows(relation.table)
        )
        return f"({was} EXCEPT ALL {now}) UNION ALL ({now} EXCEPT ALL {was})"

    def _regrouped(self, way: _Way) -> str:
        """Return SQL of the keys of groups of which something that can be told is no longer as it was."""
        relation = way.relation
        was, now = changed_rows(relation.table)
        rows = (
            f"(SELECT r.*, r.rid NOT IN (SELECT rid FROM {now}) AS _then, TRUE AS _now FROM a_{relation.table} r"
            f" UNION ALL BY NAME SELECT r.*, TRUE AS _then, FALSE AS _now FROM {was} r"
            " WHERE r.valid IS DISTINCT FROM '0')"
        )
        return differing(relation, way.seen, RelatedScope(relation.table, self.dataset.as_of), rows, self._changes(way))

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
                chosen.whole.add(rule.id)
            if rule.id in chosen.whole:
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


def _asked(rule: Rule, name: str, relation: Relation) -> set[str]:
    """Return the columns of ``relation.table`` that ``rule`` asks for under the name ``name``."""
    own = [relation.where or "true", *(theirs for _, theirs in relation.on), *(text for _, text in relation.take)]
    found = {column for text in own for prefix, column in names(parse(text)) if prefix is None}
    if not relation.take:
        found |= {column for text in expressions(rule) for prefix, column in names(parse(text)) if prefix == name}
    return found & set(columns(relation.table))
