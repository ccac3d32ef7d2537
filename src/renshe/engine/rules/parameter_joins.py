"""Parameters as joins: the values that rules ask of one month stand side by side in one table.

A join by month, insurance and payer kind costs the same whether it brings one value or six, so uses that differ only
in name or in a fixed payer kind share it.

Invariant: a row meets at most one line of a table, and a value is null exactly where the law gives none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa

from renshe.engine.rules.catalogue import Rule
from renshe.engine.rules.expression import Call, Literal, parse, walk
from renshe.engine.rules.holdings import Holdings
from renshe.engine.rules.scope import Uses, grouping, parameter_column, placeholders
from renshe.engine.rules.typed import PARAMETER
from renshe.engine.schema import kinds
from renshe.policy.parameters import Interval
from renshe.standards.codes import code_list
from renshe.standards.periods import add_months

if TYPE_CHECKING:
    from renshe.engine.rules.dataset import Dataset

_PAYER_BY_UNIT = "CASE WHEN t.unit_no IS NULL THEN 'flexible' ELSE 'unit' END"
_MONTHS = range(198001, 205101)

_Key = tuple[str, str, int]
# The name of a parameter and the payer kind it is asked for (None: the row's own).
Value = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a table of values is keyed by besides the month."""

    by_insurance: bool
    by_kind: bool


def names_asked(rules: Iterable[Rule]) -> frozenset[str]:
    """Return the names of the parameters that expressions of ``rules`` ask for: ``param('base_floor')``."""
    calls = (part for rule in rules for text in expressions(rule) for part in walk(parse(text)))
    asked = (call.args[0] for call in calls if isinstance(call, Call) and call.name == "param" and call.args)
    return frozenset(name.value for name in asked if isinstance(name, Literal) and isinstance(name.value, str))


def expressions(rule: Rule) -> list[str]:
    """Return the text of every expression of ``rule``, those of its relations and of its message among them."""
    found: list[str | None] = [rule.where, rule.fail, rule.expected, rule.net.fail if rule.net else None]
    for _, relation in rule.relations:
        found += [
            relation.where,
            *(text for pair in relation.on for text in pair),
            *(text for _, text in relation.take),
        ]
    return [text for text in (*found, *grouping(rule), *placeholders(rule.message or "")) if text is not None]


def asked(uses: Uses) -> list[tuple[str, Shape, frozenset[Value]]]:
    """Return month (SQL), shape and values of each month that ``uses`` asks of: those of ``p0``, ``p1`` …"""
    found = []
    for month in uses.months():
        of_month = [use for use in uses.params if use.month == month]
        shape = Shape(of_month[0].by_insurance, any(use.kind is None for use in of_month))
        found.append((month, shape, frozenset((use.name, use.kind) for use in of_month)))
    return found


def whose(shape: Shape, table: str, alias: str) -> list[str]:
    """Return the conditions by which a row of ``table`` (alias ``t``) meets its line of values (``alias``)."""
    conditions = []
    if shape.by_insurance:
        conditions.append(f"{alias}.insurance = coalesce(t.insurance, '')")
    if shape.by_kind:
        # Where a table does not say who pays, a unit's number does: what has none was paid by the person.
        said = "coalesce(t.payer_kind, '')" if "payer_kind" in kinds(table) else _PAYER_BY_UNIT
        conditions.append(f"{alias}.kind = {said}")
    return conditions


def stretches(holdings: Holdings, shape: Shape, value: Value) -> Iterator[Interval]:
    """Yield the value for every insurance and payer kind as stretches of real months, none overlapping."""
    name, kind = value
    payers = ["", *code_list("payer_kind").values] if shape.by_kind else [""]
    for part in holdings.parameters.dense(
        name,
        region=holdings.region,
        months=_MONTHS,
        insurances=["", *code_list("insurance").values] if shape.by_insurance else [""],
        person_kinds=payers if kind is None else [kind],
    ):
        for payer in [part.person_kind] if kind is None else payers:
            yield part._replace(person_kind=payer)


class ParameterJoins:
    """Builds the tables of parameter values and writes the join clauses that use them."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.built: dict[Shape, frozenset[Value]] = {}

    def clauses(self, uses: Uses, table: str) -> list[str]:
        """Return one LEFT JOIN per month that ``uses`` asks for, on rows of ``table`` (alias ``t``)."""
        parts = []
        for at, (month, shape, wanted) in enumerate(asked(uses)):
            conditions = [f"p{at}.month = {month}", *whose(shape, table, f"p{at}")]
            parts.append(f"LEFT JOIN {self._table(shape, wanted)} p{at} ON {' AND '.join(conditions)}")
        return parts

    def _table(self, shape: Shape, wanted: frozenset[Value]) -> str:
        """Return the table that holds ``wanted``, with what it held before, so that rules share few tables."""
        name = f"param_{int(shape.by_insurance)}{int(shape.by_kind)}"
        before = self.built.get(shape, frozenset())
        if wanted <= before:
            return name
        self.built[shape] = wanted | before
        columns = {parameter_column(*one): dict(self._values(shape, *one)) for one in sorted(wanted | before, key=str)}
        keys = sorted(set().union(*columns.values()))
        fields: dict[str, pa.Array] = {
            "insurance": pa.array([insurance for insurance, _, _ in keys], pa.string()),
            "kind": pa.array([kind for _, kind, _ in keys], pa.string()),
            "month": pa.array([month for _, _, month in keys], pa.int32()),
        }
        for column, values in columns.items():
            fields[column] = pa.array([values.get(key) for key in keys], PARAMETER)
        self.dataset.connection.register("given", pa.table(fields))
        self.dataset.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM given")
        self.dataset.connection.unregister("given")
        return name

    def _values(self, shape: Shape, name: str, kind: str | None) -> Iterator[tuple[_Key, Decimal]]:
        """Yield the value of every insurance, payer kind and month that has one."""
        # Joined by equality on the month: a join on a range of months costs ten times as much.
        for part in stretches(self.dataset, shape, (name, kind)):
            month = part.start_month
            while month <= part.end_month:
                yield (part.insurance, part.person_kind, month), part.value
                month = add_months(month, 1)
