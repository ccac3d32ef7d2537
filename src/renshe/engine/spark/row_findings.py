"""Row rules of one table as one select: every row says which rules it fails, and each failure shows itself.

Invariant: what a rule tests and what its finding shows is compiled by the same scopes as for DuckDB; here is only where
the rows come from.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from renshe.engine.rules.applicable import lone
from renshe.engine.rules.catalogue import Catalogue, Rule
from renshe.engine.rules.compiling import compile_expression
from renshe.engine.rules.dialects import SPARK
from renshe.engine.rules.expression import parse
from renshe.engine.rules.findings import key_sql, owner_columns, shown
from renshe.engine.rules.generic import checks
from renshe.engine.rules.holdings import judged_condition
from renshe.engine.rules.rows import condition, lacking_parameters
from renshe.engine.rules.scope import NetScope, PlainScope, RowScope, Uses, take_column
from renshe.engine.spark.parameter_views import ParameterViews
from renshe.engine.spark.relation_views import Family, family_join, relation_joins
from renshe.engine.spark.worlds import Worlds


@dataclass(frozen=True, slots=True)
class Ready:
    """A rule that can run, with its number and the SQL that limits it to sources it can judge."""

    rule: Rule
    number: int
    sources: str


@dataclass(frozen=True, slots=True)
class Told:
    """What the findings of one number show, as SQL."""

    number: int
    value: str
    expected: str
    message: str


class RowFindings:
    """Writes the selects over the rows of one table."""

    def __init__(self, worlds: Worlds, parameters: ParameterViews) -> None:
        self.worlds = worlds
        self.parameters = parameters

    def rows(self, table: str, judge: str | None) -> str:
        """Return the rows that rules judge: of the system ``judge`` where given, else of business systems."""
        if judge is None:
            return f"j_{table}"
        return f"(SELECT * FROM a_{table} WHERE {judged_condition(table, judge, SPARK)})"

    def joins(self, uses: Uses, table: str) -> str:
        """Return the joins that ``uses`` needs on rows of ``table`` (alias ``t``)."""
        return " ".join([*relation_joins(uses, table), *self.parameters.clauses(uses, table)])

    def of_rules(self, table: str, judge: str | None, group: list[Ready]) -> str:
        """Return the select of all failures of the row rules ``group``, prerequisites not yet looked at."""
        uses = Uses()
        nets: dict[Family, list[str]] = {}
        tests = {ready.number: self._test(ready, uses, nets) for ready in group}
        told = [Told(ready.number, *shown(ready.rule, uses, self.worlds, SPARK)) for ready in group]
        joins = [self.joins(uses, table)]
        joins += [family_join(family, members, f"n{at}") for at, (family, members) in enumerate(nets.items())]
        return self._select(table, told, f"{self.rows(table, judge)} t {' '.join(joins)} {_failing(tests)}", "NULL")

    def of_sets(self, table: str, judge: str | None, group: list[Ready], hits: str) -> str:
        """Return the select of the findings of set rules whose ``hits`` (rule, rid, related) are known."""
        uses = Uses()
        told = [Told(ready.number, *shown(ready.rule, uses, self.worlds, SPARK)) for ready in group]
        numbers = ", ".join(str(ready.number) for ready in group)
        origin = (
            f"(SELECT * FROM {hits} WHERE rule IN ({numbers})) h JOIN s_{table} t ON t.rid = h.rid"
            f" LEFT JOIN s_{table} o ON o.rid = h.related {self.joins(uses, table)}"
        )
        related = f"CASE WHEN o.rid IS NULL THEN NULL ELSE {key_sql(table, 'o', SPARK)} END"
        return self._select(table, told, origin, related)

    def of_checks(self, table: str, catalogue: Catalogue, first: int) -> tuple[str, list[Rule]] | None:
        """Return the select of the findings of built-in rules, numbered from ``first``, and these rules."""
        asked = list(checks(catalogue, table, self.worlds, SPARK))
        if not asked:
            return None
        tests = {first + at: check.test for at, check in enumerate(asked)}
        told = [Told(first + at, check.value, "NULL", check.message) for at, check in enumerate(asked)]
        rows = f"(SELECT * FROM a_{table} WHERE _system_kind = 'business') t {_failing(tests)}"
        return self._select(table, told, rows, "NULL"), [check.rule for check in asked]

    def unjudged(self, table: str, judge: str | None, group: list[Ready]) -> tuple[str, list[tuple[Rule, str]]] | None:
        """Return the select that counts, per world, rows on which only a parameter is missing; None: no rule asks."""
        uses = Uses()
        asked = [(ready.rule, ready.sources) for ready in group]
        counted = lacking_parameters(asked, uses, self.worlds, SPARK)
        if not counted:
            return None
        sums = ", ".join(f"count(CASE WHEN {one.test} THEN 1 END)" for one in counted)
        select = f"SELECT t._world, {sums} FROM {self.rows(table, judge)} t {self.joins(uses, table)} GROUP BY t._world"
        return select, [(one.rule, one.reason) for one in counted]

    def _test(self, ready: Ready, uses: Uses, nets: dict[Family, list[str]]) -> str:
        scope = RowScope(ready.rule, uses, self.worlds, SPARK)
        parts = [ready.sources, condition(ready.rule.where, scope), condition(ready.rule.fail, scope)]
        alone = lone(ready.rule, self.worlds)
        if alone is not None:
            parts.append(f"coalesce({scope.join(alone, 'count()')}.{take_column('count()')}, 1) = 1")
        if ready.rule.net is not None:
            parts.append(self._net(ready, uses, nets))
        return " AND ".join(part for part in parts if part != "TRUE")

    def _net(self, ready: Ready, uses: Uses, nets: dict[Family, list[str]]) -> str:
        """Return the condition on the row's group: refunds, differences and reversals are lawful."""
        rule = ready.rule
        assert rule.net is not None
        scope = NetScope(rule, uses, self.worlds, SPARK)
        scope.group = f"y{ready.number}"
        fails = condition(rule.net.fail, scope)
        own = PlainScope(rule.table, "t", dialect=SPARK)
        keys = tuple((compile_expression(parse(text), own).text, text) for text in rule.net.by)
        fields = ", ".join(f"'a{at}', {take}" for at, take in enumerate(scope.takes))
        family = Family(rule.table, None, keys)
        nets.setdefault(family, []).append(f"named_struct({fields}) AS {scope.group}")
        return fails

    def _select(self, table: str, told: list[Told], origin: str, related: str) -> str:
        owner = owner_columns(table, SPARK)
        columns = {
            "rule": "h.rule",
            "world": "t._world",
            "rid": "t.rid",
            "system": "t.system",
            "source_file": "t.source_file",
            "source_row": "t.source_row",
            "key": key_sql(table, "t", SPARK),
            "value": _by_number((one.number, one.value) for one in told),
            "expected": _by_number((one.number, one.expected) for one in told),
            "message": _by_number((one.number, one.message) for one in told),
            "related": f"CAST({related} AS STRING)",
            "person_no": f"CAST({owner[0]} AS STRING)",
            "unit_no": f"CAST({owner[1]} AS STRING)",
            "region": "coalesce(t.region_code, t._region)",
        }
        return f"SELECT {', '.join(f'{sql} AS {name}' for name, sql in columns.items())} FROM {origin}"


def _failing(tests: dict[int, str]) -> str:
    """Return the lateral view that gives a row once for every test that it fails: ``h.rule``."""
    listed = ", ".join(f"CASE WHEN {test} THEN {number} END" for number, test in tests.items())
    return f"LATERAL VIEW explode(array_compact(array({listed}))) h AS rule"


def _by_number(texts: Iterable[tuple[int, str]]) -> str:
    """Return what ``h.rule`` shows; numbers that show the same share a branch."""
    numbers: dict[str, list[str]] = {}
    for number, text in texts:
        numbers.setdefault(text, []).append(str(number))
    numbers.pop("NULL", None)
    whens = " ".join(f"WHEN h.rule IN ({', '.join(listed)}) THEN {text}" for text, listed in numbers.items())
    return f"CASE {whens} END" if whens else "CAST(NULL AS STRING)"
