"""Which rows must be judged again when some rows have changed: all that look at them, and no others.

A rule looks at its own row, at rows that it is related to by key, and at the rows of its group. A row that changed is
met under its old and under its new keys, so whatever pointed at the old row or points at the new one is found; where
nothing changed that a relation asks of a row, nobody who points at it needs to know; where many point at a group, what
they can tell of it is compared before and after. A rule that all the same looks at very few, large groups is judged on
every row instead: it is one, the others are many.

Invariant: a row that is not chosen looks at nothing that changed; what an earlier round found on it still holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from renshe.engine.rules.applicable import lone
from renshe.engine.rules.catalogue import Relation, Rule
from renshe.engine.rules.compiling import compile_expression
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.expression import names, parse
from renshe.engine.rules.keys import as_keys, columns_named, key_names, same_keys
from renshe.engine.rules.observed import ALONE, Observation, differing, observations
from renshe.engine.rules.parameter_joins import expressions
from renshe.engine.rules.relations import LOOKED_UP, LOOKED_UP_COLUMN
from renshe.engine.rules.scope import RelatedScope, RowScope, Uses
from renshe.engine.rules.sharing import DEAR, conjuncts
from renshe.engine.rules.touched import Keys, Touched, grouped_by, keys_of
from renshe.engine.schema import columns

# Whose rows are few, so that all of them are read at once.
_OWNERS = ('t."person_no"', 't."unit_no"')
# Where more than this share of a table must be judged again, all of it is; a rule for which that is so, on every row.
MOST, MOST_OF_RULE = 0.3, 0.05
# Where more than this share points at groups that changed, it is worth looking what can be told of these.
MANY = 0.002
_SEVERAL = 2


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
    """One way in which rows point at rows of another table: by which keys (SQL), what is asked, by which rules.

    Rows may point by a column of a row that they look up before: ``through`` is that look-up and the column, ``keys``
    are those of the look-up. Without keys, who points at a row cannot be told. ``seen`` is what can be told of a group,
    where rows are gathered; ``tests`` say which rows a rule judges (SQL).
    """

    relation: Relation
    keys: tuple[str, ...]
    through: tuple[Relation, str] | None
    asked: set[str] = field(default_factory=set)
    rules: set[str] = field(default_factory=set)
    seen: set[Observation] = field(default_factory=set)
    tests: set[str] = field(default_factory=set)


class Reach:
    """Finds what changes of the tables ``changed`` reach, table by table."""

    def __init__(self, dataset: Dataset, changed: Iterable[str]) -> None:
        self.dataset = dataset
        self.connection = dataset.connection
        self.changed = frozenset(changed)
        # By a first key, the relation with all rows of a table that can point at something changed by it.
        self.owned: dict[str, str] = {}

    def choose(self, table: str, rules: Sequence[Rule]) -> Chosen | None:
        """Return what of ``table`` is to be judged again; None where that is so much that all of it may be."""
        chosen = Chosen(f"chosen_{table}", f"near_{table}")
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {chosen.rids} (rid BIGINT)")
        ways = list(self._ways(rules))
        self._gather(table, ways)
        for way in ways:
            if not way.keys:
                chosen.whole |= way.rules
                continue
            count = self._point(table, way, self._changes(way))
            if count > MANY * self.dataset.loaded(table) and way.seen:
                count = self._point(table, way, self._regrouped(way))
            if count > MOST_OF_RULE * self.dataset.loaded(table):
                chosen.whole |= way.rules
            else:
                self._add(chosen, "FROM pointing")
        groups = [(rule, keys_of(rule, by, self.dataset)) for rule in rules if (by := grouped_by(rule))]
        chosen.whole |= {rule.id for rule, keys in groups if any(LOOKED_UP.search(key) for key in keys)}
        for rule in rules:
            # Rules come after what they build on.
            if chosen.whole.intersection(rule.requires):
                chosen.whole.add(rule.id)
        if table in self.changed:
            self._add(chosen, f"SELECT rid FROM {moved(table)}")
        self._group(table, rules, [(rule.id, keys) for rule, keys in groups if rule.id not in chosen.whole], chosen)
        [(count,)] = self.connection.execute(f"SELECT count(*) FROM {chosen.near}").fetchall()
        return chosen if count <= MOST * self.dataset.loaded(table) else None

    def _group(self, table: str, rules: Sequence[Rule], groups: Sequence[tuple[str, Keys]], chosen: Chosen) -> None:
        """Add the rows that stand in one group with those that are judged again."""
        nets = dict.fromkeys(keys_of(rule, rule.net.by, self.dataset) for rule in rules if rule.net)
        required = {name for rule in rules for name in rule.requires}
        changed = table in self.changed
        grouped = [*(keys for _, keys in groups), *(nets if changed else ())]
        touched = Touched(self.connection, table, chosen.rids, moved(table) if changed else None, grouped)
        for keys in nets if changed else ():
            touched.add_netted(keys)
        for keys in dict.fromkeys(keys for rule, keys in groups if rule in required):
            touched.add_grouped(keys)
        chosen.limits |= touched.gather(groups, chosen.near)

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
                # Whose rows are looked up does not matter here; whose are gathered does.
                system = shared.system if relation.take else None
                keys, through = _pointing(shared, list(uses.relations))
                key = (shared.table, shared.on, shared.where, system, bool(relation.take), keys, through)
                way = ways.setdefault(key, _Way(shared, keys, through))
                way.asked |= _asked(rule, name, relation)
                way.rules.add(rule.id)
                way.tests.add(" AND ".join(self._own_tests(rule)) or "TRUE")
                # What differs from row to row cannot be told of a group.
                if relation.take and not relation.by_row and relation.system != "other":
                    way.seen |= {ALONE} if relation is alone else observations(rule, name, relation)
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
        rows = self.owned.get(way.keys[0], f"a_{table}")
        matching = _matching(rows, way.keys, self._by_keys(way, origin))
        [(count,)] = self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE pointing AS {matching} WHERE {_judged(way)}"
        ).fetchall()
        return int(count)

    def _gather(self, table: str, ways: Sequence[_Way]) -> None:
        """Read the rows of all persons, and of all units, of whom something changed that several ways ask."""
        self.owned.clear()
        for owner in _OWNERS:
            asked = [way for way in ways if way.keys[:1] == (owner,)]
            if len(asked) < _SEVERAL:
                continue
            named = columns_named((text for way in asked for text in (_judged(way), *way.keys)), "t") | {"rid"}
            listed = ", ".join(f'"{name}"' for name in sorted(named))
            owners = " UNION ".join(f"SELECT k0 FROM ({self._by_keys(way, self._changes(way))})" for way in asked)
            self.owned[owner] = f"owned_{len(self.owned)}"
            self.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {self.owned[owner]} AS SELECT {listed} FROM a_{table} t"
                f" SEMI JOIN ({owners}) m ON m.k0 = {owner}"
            )

    def _by_keys(self, way: _Way, origin: str) -> str:
        """Return SQL of the keys by which rows point at the rows or groups of ``origin`` (SQL)."""
        if way.through is None:
            return origin
        looked_up, column = way.through
        scope = RelatedScope(looked_up.table, self.dataset.as_of)
        theirs = [compile_expression(parse(text), scope).text for _, text in looked_up.on]
        return f'SELECT {as_keys(theirs)} FROM a_{looked_up.table} r WHERE r."{column}" IN (SELECT k0 FROM ({origin}))'

    def _changes(self, way: _Way) -> str:
        """Return SQL of the keys of rows of which something changed that is asked."""
        relation = way.relation
        scope = RelatedScope(relation.table, self.dataset.as_of)
        theirs = [compile_expression(parse(text), scope).text for _, text in relation.on]
        shown = [as_keys(theirs), *(f'r."{name}"' for name in sorted(way.asked))]
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
        return differing(relation, way.seen, self.dataset.as_of, rows, self._changes(way))


def _pointing(relation: Relation, before: Sequence[Relation]) -> tuple[tuple[str, ...], tuple[Relation, str] | None]:
    """Return the keys by which rows point at rows of ``relation``, and through which of ``before``, looked up first."""
    keys = tuple(mine for mine, _ in relation.on)
    if not any(LOOKED_UP.search(key) for key in keys):
        return keys, None
    found = LOOKED_UP_COLUMN.fullmatch(keys[0])
    if found is None:
        return (), None
    looked_up = before[int(found[1])]
    if looked_up.take or LOOKED_UP.search(str(looked_up.on)):
        return (), None
    return tuple(mine for mine, _ in looked_up.on), (looked_up, found[2])


def _matching(rows: str, keys: Sequence[str], origin: str) -> str:
    """Return SQL of the rows of ``rows`` whose ``keys`` are those of a row of ``origin`` (SQL)."""
    origin = f"SELECT DISTINCT {key_names(len(keys))} FROM ({origin})"
    return f"SELECT t.rid FROM {rows} t SEMI JOIN ({origin}) m ON {same_keys('m', keys)}"


def _judged(way: _Way) -> str:
    """Return SQL of the rows that some rule of ``way`` judges."""
    return " OR ".join(f"({test})" for test in sorted(way.tests))


def _asked(rule: Rule, name: str, relation: Relation) -> set[str]:
    """Return the columns of ``relation.table`` that ``rule`` asks for under the name ``name``."""
    own = [relation.where or "true", *(theirs for _, theirs in relation.on), *(text for _, text in relation.take)]
    found = {column for text in own for prefix, column in names(parse(text)) if prefix is None}
    if not relation.take:
        found |= {column for text in expressions(rule) for prefix, column in names(parse(text)) if prefix == name}
    return found & set(columns(relation.table))
