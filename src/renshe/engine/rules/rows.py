"""Row rules of one table in few passes: one join-free, the others with relations and parameters joined.

Each pass writes, for the rows on which something fails, one bit per rule; hits are read off the bits.

Invariant: a rule is judged only on rows whose system has what the rule looks at; the others are counted as not run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb

from renshe.engine.rules.applicable import NotRun, applicable, lone
from renshe.engine.rules.catalogue import Relation, Rule
from renshe.engine.rules.compiling import compile_expression
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.dialects import DUCKDB, Dialect
from renshe.engine.rules.expression import parse
from renshe.engine.rules.findings import KNOWN, shown
from renshe.engine.rules.holdings import DATASET_COLUMNS, Holdings
from renshe.engine.rules.keys import as_keys, columns_named, same_keys
from renshe.engine.rules.relations import Joins
from renshe.engine.rules.scope import NetScope, RowScope, Uses, take_column
from renshe.engine.rules.sharing import conjuncts, share
from renshe.engine.schema import columns, kinds

_BITS = 62
# A column of the judged row in compiled SQL.
_JUDGED = re.compile(r'\bt\.(?=")')
# Of the engine's memory, what the hash tables of one pass may take.
_JOINED_BYTES = 600 << 20


@dataclass(frozen=True, slots=True)
class _Ready:
    """A rule that can run, with the SQL that limits it to sources it can judge."""

    rule: Rule
    sources: str
    lone: Relation | None
    uses: Uses


def condition(text: str | None, scope: RowScope) -> str:
    """Return the SQL of a condition; TRUE where there is none."""
    return compile_expression(parse(text), scope).text if text is not None else "TRUE"


def conditions(text: str | None, scope: RowScope) -> list[str]:
    """Return the SQL of the conditions that a condition joins by ``and``; none where there is no condition."""
    return [compile_expression(node, scope).text for node in conjuncts(parse(text))] if text is not None else []


@dataclass(frozen=True, slots=True)
class Lacking:
    """A rule that asks for parameters: SQL true where one is missing, and where nothing else is, with the reason."""

    rule: Rule
    missing: str
    test: str
    reason: str


def lacking_parameters(
    rules: Iterable[tuple[Rule, str]], uses: Uses, holdings: Holdings, dialect: Dialect
) -> list[Lacking]:
    """Return what is to be asked of each rule that asks for parameters.

    ``rules`` come with the SQL that limits them to sources; ``uses`` gathers what the SQL needs joined.
    """
    found: list[Lacking] = []
    for rule, sources in rules:
        own = Uses()
        condition(rule.fail, RowScope(rule, own, holdings, dialect))
        if not own.params:
            continue
        scope = RowScope(rule, uses, holdings, dialect)
        # What costs least is asked first: DuckDB looks no further where one part is not true.
        missing = " OR ".join(f"{uses.param(use)} IS NULL" for use in own.params)
        parts = [f"({missing})", sources]
        named = (name for name in sorted(own.own) if name in kinds(rule.table))
        parts += [f"{dialect.column('t', name)} IS NOT NULL" for name in named]
        parts += [condition(rule.where, scope), f"({condition(rule.fail, scope)}) IS NULL"]
        wanted = "、".join(sorted({use.name for use in own.params}))
        found.append(Lacking(rule, missing, " AND ".join(parts), f"缺少参数 {wanted}"))
    return found


class RowPass:
    """Runs the row rules of one table."""

    def __init__(self, dataset: Dataset, joins: Joins, not_run: NotRun) -> None:
        self.dataset = dataset
        self.joins = joins
        self.not_run = not_run
        self.connection = dataset.connection

    def run(self, table: str, rules: Iterable[Rule], numbers: dict[str, int]) -> None:
        """Judge ``rules`` on ``table`` and insert what fails into ``hits_<table>``."""
        rules = list(rules)
        for judge, group in self._judges(table, rules).items():
            for part in self._bounded(table, judge, group):
                self._halving(table, judge, part, numbers)
        self._nets(table, rules, numbers)

    def count(self, table: str, rules: Iterable[Rule], among: str | None = None) -> None:
        """Count, and only count, on how many rows (of ``among`` where given) ``rules`` cannot be judged."""
        for judge, group in self._judges(table, rules).items():
            rows, _ = self.dataset.judged_rows(table, judge)
            if among is not None:
                judged = self.dataset.judged(table, judge=judge)
                rows = f"(SELECT * FROM {among} WHERE valid IS DISTINCT FROM '0' AND {judged})"
            self._count_not_run(table, judge, group, rows)

    def lacks_by_itself(self, rule: Rule) -> bool:
        """Whether ``rule`` looks at nothing but the judged row where it finds that parameters are missing."""
        lacking_parameters([(rule, "TRUE")], uses := Uses(), self.dataset, DUCKDB)
        return not uses.relations

    def _judges(self, table: str, rules: Iterable[Rule]) -> dict[str | None, list[_Ready]]:
        """Return the rules that can run by whose rows they judge."""
        judges: dict[str | None, list[_Ready]] = {}
        for rule in rules:
            sources = applicable(rule, self.dataset, self.not_run)
            if sources is not None:
                uses = Uses()
                ready = _Ready(rule, sources, lone(rule, self.dataset), uses)
                self._test(ready, uses)
                shown(rule, seen := Uses(), self.dataset)
                self.joins.want(uses, table, rule.judge)
                self.joins.want(seen, table, rule.judge)
                judges.setdefault(rule.judge, []).append(ready)
        return judges

    def _halving(self, table: str, judge: str | None, group: list[_Ready], numbers: dict[str, int]) -> None:
        """Run one pass, as two where its joins do not fit after all: weights are estimates."""
        if not group:
            return
        try:
            self._pass(table, judge, group)
        except duckdb.OutOfMemoryException:
            if len(group) < 2:
                raise
            middle = len(group) // 2
            self._halving(table, judge, group[:middle], numbers)
            self._halving(table, judge, group[middle:], numbers)
        else:
            self._hits(table, group, numbers)

    def _bounded(self, table: str, judge: str | None, group: list[_Ready]) -> list[list[_Ready]]:
        """Part rules so that what a pass joins fits in memory; those that join nothing go first, in one pass."""
        parts: list[tuple[dict[str, int], list[_Ready]]] = []
        plain = [ready for ready in group if not (ready.uses.relations or ready.uses.params)]
        for ready in group:
            if not (ready.uses.relations or ready.uses.params):
                continue
            weights = self.joins.weights(ready.uses, table, judge)
            for joined, members in parts:
                if sum((joined | weights).values()) <= _JOINED_BYTES:
                    joined.update(weights)
                    members.append(ready)
                    break
            else:
                parts.append((weights, [ready]))
        return [plain, *(members for _, members in parts)]

    def _pass(self, table: str, judge: str | None, group: list[_Ready]) -> None:
        """Leave the failing rows of ``group`` in the table ``failing``: row and one bit per rule."""
        rows, _ = self.dataset.judged_rows(table, judge)
        uses = Uses()
        shared = share(rows, [self._test(ready, uses) for ready in group])
        tests = shared.tests
        words = [tests[at : at + _BITS] for at in range(0, len(tests), _BITS)]
        bits = ", ".join(
            " | ".join(f"CASE WHEN {test} THEN {1 << bit} ELSE 0 END::BIGINT" for bit, test in enumerate(word))
            + f" AS b{number}"
            for number, word in enumerate(words)
        )
        joins = self.joins.clause(uses, table, judge)
        failing = " OR ".join(f"b{number} <> 0" for number in range(len(words)))
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE failing AS SELECT * FROM (SELECT t.rid, {bits} FROM {shared.rows} {joins})"
            f" WHERE {failing}"
        )
        self._count_not_run(table, judge, group, rows)

    def _hits(self, table: str, group: list[_Ready], numbers: dict[str, int]) -> None:
        """Read the hits off the bits of ``failing``."""
        for at, ready in enumerate(group):
            word, bit = divmod(at, _BITS)
            self.connection.execute(
                f"INSERT INTO hits_{table} SELECT {numbers[ready.rule.id]}, rid, NULL FROM failing"
                f" WHERE b{word} & {1 << bit} <> 0"
            )

    def _test(self, ready: _Ready, uses: Uses) -> list[str]:
        """Return the conditions that together say that a row fails the rule."""
        scope = RowScope(ready.rule, uses, self.dataset)
        parts = [ready.sources, *conditions(ready.rule.where, scope), *conditions(ready.rule.fail, scope)]
        if ready.lone is not None:
            alias = scope.join(ready.lone, "count()")
            parts.append(f"coalesce({alias}.{take_column('count()')}, 1) = 1")
        return [part for part in parts if part != "TRUE"]

    def _count_not_run(self, table: str, judge: str | None, group: list[_Ready], rows: str) -> None:
        """Count rows on which a parameter is missing and nothing else is: nothing is guessed there."""
        uses = Uses()
        asked = [(ready.rule, ready.sources) for ready in group]
        counted = lacking_parameters(asked, uses, self.dataset, DUCKDB)
        if not counted:
            return
        joins = self.joins.clause(uses, table, judge)
        sums = ", ".join(f"count(CASE WHEN {one.test} THEN 1 END)" for one in counted)
        # Few rows lack any.
        missing = " OR ".join(dict.fromkeys(one.missing for one in counted))
        [found] = self.connection.execute(f"SELECT {sums} FROM {rows} t {joins} WHERE {missing}").fetchall()
        for one, count in zip(counted, found, strict=True):
            if count:
                self.not_run.add(one.rule.id, count, one.reason)

    def _nets(self, table: str, rules: Sequence[Rule], numbers: dict[str, int]) -> None:
        """Keep only hits whose group's net fails too: refunds, differences and reversals are lawful."""
        hit = {n for (n,) in self.connection.execute(f"SELECT DISTINCT rule FROM hits_{table}").fetchall()}
        nets = [(rule, self._net_keys(rule)) for rule in rules if rule.net is not None and numbers[rule.id] in hit]
        for first in dict.fromkeys(keys[0] for _, keys in nets):
            together = [(rule, keys) for rule, keys in nets if keys[0] == first]
            common = [keys[0] for keys in zip(*(keys for _, keys in together), strict=False) if len(set(keys)) == 1]
            listed = ", ".join(str(numbers[rule.id]) for rule, _ in together)
            # The groups of all hits at once: the table is looked through once, not once for every rule.
            own = [_JUDGED.sub("r.", key) for key in common]
            statements = [self._confirmed(rule, numbers[rule.id], keys) for rule, keys in together]
            named = columns_named(statements, "rt") | {"rid", "_sys"}
            needed = ", ".join(f'r."{name}"' for name in sorted(named & {*columns(table), *DATASET_COLUMNS}))
            self.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE near AS SELECT {needed} FROM a_{table} r SEMI JOIN"
                f" (SELECT _sys, {as_keys(common)} FROM {self.dataset.counting_rows(table)} t"
                f" WHERE rid IN (SELECT rid FROM hits_{table} WHERE rule IN ({listed}))) n"
                f" ON r._sys = n._sys AND {same_keys('n', own)}"
            )
            for (rule, _), statement in zip(together, statements, strict=True):
                self.connection.execute(f"CREATE OR REPLACE TEMP TABLE confirmed AS {statement}")
                self.connection.execute(
                    f"DELETE FROM hits_{table} WHERE rule = {numbers[rule.id]} AND related IS DISTINCT FROM {KNOWN}"
                    " AND rid NOT IN (SELECT rid FROM confirmed)"
                )

    def _net_keys(self, rule: Rule) -> list[str]:
        assert rule.net is not None
        return [compile_expression(parse(text), RowScope(rule, Uses(), self.dataset)).text for text in rule.net.by]

    def _confirmed(self, rule: Rule, number: int, keys: list[str]) -> str:
        """Return SQL of the hits of ``rule`` whose group, in the table ``near``, is not in order."""
        assert rule.net is not None
        uses = Uses()
        scope = NetScope(rule, uses, self.dataset)
        fails = condition(rule.net.fail, scope)
        listed = "".join(f", {_JUDGED.sub('r.', key)} AS k{at}" for at, key in enumerate(keys))
        takes = "".join(f", {take} AS a{at}" for at, take in enumerate(scope.takes))
        matched = "".join(f" AND n.k{at} IS NOT DISTINCT FROM {key}" for at, key in enumerate(keys))
        hits = f"SELECT rid FROM hits_{rule.table} WHERE rule = {number}"
        return (
            f"WITH c AS (SELECT * FROM near WHERE rid IN ({hits})), g AS (SELECT r._sys AS sys{listed}{takes}"
            f" FROM near r WHERE {_JUDGED.sub('r.', keys[0])} IN (SELECT {keys[0]} FROM c t) GROUP BY ALL)"
            f" SELECT t.rid FROM c t JOIN g n ON n.sys = t._sys{matched}"
            f" {self.joins.clause(uses, rule.table, rule.judge)} WHERE {fails}"
        )
