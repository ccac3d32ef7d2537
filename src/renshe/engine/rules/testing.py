"""Runs every rule's own examples through the real planner: a rule that its examples do not prove is not a rule.

Invariant: a failing example gives a finding of its rule on the judged row, a passing one gives none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from renshe.engine.rules.catalogue import Catalogue, Rule
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.holdings import StagedSource
from renshe.engine.rules.runner import run_rules
from renshe.engine.rules.stage_rows import stage_rows
from renshe.policy.parameters import ParameterBook, load_parameters
from renshe.standards.dictionary import table

_AS_OF = date(2021, 5, 31)
_REGION = "220800"
# Where the judged row of an example stands.
JUDGED, JUDGED_ROW = "judged", 1
_FULL = frozenset({"row", "with", "params", "as_of", "region"})


@dataclass(frozen=True, slots=True)
class ExampleFailure:
    """An example that did not behave: which, and what was found instead."""

    rule: str
    kind: str
    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class _Example:
    row: Mapping[str, Any]
    others: Mapping[str, list[Mapping[str, Any]]]
    params: list[Mapping[str, Any]]
    as_of: date
    region: str


@dataclass(frozen=True, slots=True)
class Case:
    """An example of a rule made ready: the rules that judge it, the sources it consists of, its date and region."""

    rule: Rule
    kind: str
    number: int
    rules: Mapping[str, Rule]
    sources: list[StagedSource]
    as_of: date
    region: str
    parameters: ParameterBook

    def failure(self, found: Iterable[str]) -> ExampleFailure | None:
        """Return why the example fails, where ``found`` are the rules with a finding on the judged row."""
        rules = sorted(found)
        if self.kind == "fail" and self.rule.id not in rules:
            return ExampleFailure(
                self.rule.id, self.kind, self.number, f"应有问题而没有（得到 {'、'.join(rules) or '无'}）"
            )
        if self.kind == "pass" and self.rule.id in rules:
            return ExampleFailure(self.rule.id, self.kind, self.number, "不应有问题而有")
        return None


def run_examples(catalogue: Catalogue, only: Iterable[str] | None = None) -> tuple[int, list[ExampleFailure]]:
    """Return how many examples ran and those that failed; ``only`` limits the rules."""
    count = 0
    failures: list[ExampleFailure] = []
    with duckdb.connect(":memory:", config={"threads": "1"}) as connection:
        for case in cases(catalogue, only):
            count += 1
            failure = case if isinstance(case, ExampleFailure) else _judge(connection, case, catalogue.version)
            if failure is not None:
                failures.append(failure)
    return count, failures


def cases(catalogue: Catalogue, only: Iterable[str] | None = None) -> Iterator[Case | ExampleFailure]:
    """Yield every example (of the rules ``only``), or why it cannot be read."""
    chosen = set(only) if only is not None else None
    for rule in catalogue.rules.values():
        if rule.generic is None and (chosen is None or rule.id in chosen):
            small = catalogue.only([rule.id]).rules
            for kind, number, example in _examples(rule):
                try:
                    parameters = ParameterBook(load_parameters(), example.params)
                    sources = _sources(rule, example)
                except (KeyError, ValueError, TypeError, pa.ArrowInvalid) as error:
                    yield ExampleFailure(rule.id, kind, number, _told(error))
                    continue
                yield Case(rule, kind, number, small, sources, example.as_of, example.region, parameters)


def _examples(rule: Rule) -> Iterator[tuple[str, int, _Example]]:
    for kind in ("pass", "fail"):
        for number, item in enumerate(rule.examples.get(kind, []), 1):
            full = "row" in item and set(item) <= _FULL
            yield (
                kind,
                number,
                _Example(
                    row=item["row"] if full else item,
                    others=item.get("with", {}) if full else {},
                    params=item.get("params", []) if full else [],
                    as_of=item.get("as_of", _AS_OF) if full else _AS_OF,
                    region=str(item.get("region", _REGION)) if full else _REGION,
                ),
            )


def _judge(connection: duckdb.DuckDBPyConnection, case: Case, version: str) -> ExampleFailure | None:
    """Return why the example fails, None where it behaves."""
    try:
        dataset = Dataset(connection, case.sources, as_of=case.as_of, region=case.region, parameters=case.parameters)
        run_rules(dataset, Catalogue(case.rules, version))
    except (KeyError, ValueError, TypeError, pa.ArrowInvalid, duckdb.Error) as error:
        return ExampleFailure(case.rule.id, case.kind, case.number, _told(error))
    found = connection.execute(
        f"SELECT rule FROM findings WHERE source_row = {JUDGED_ROW} AND source_file = '{JUDGED}'"
    ).fetchall()
    return case.failure(str(name) for (name,) in found)


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def _sources(rule: Rule, example: _Example) -> list[StagedSource]:
    """Return the judged row and the rows beside it, one source for each (table, system), the judged one first."""
    system = str(example.row.get("system", rule.judge or "pension"))
    rows: dict[tuple[str, str], list[Mapping[str, Any]]] = {(rule.table, system): [example.row]}
    for name, items in example.others.items():
        for item in items:
            rows.setdefault((name, str(item.get("system", system))), []).append(item)
    # A relation over a table without any row: the project has the table, only nothing in it matches.
    for _, relation in rule.relations:
        for there in [relation.system] if relation.system not in (None, "*", "other") else [system]:
            rows.setdefault((relation.table, there or system), [])
    return [
        StagedSource(
            table=name,
            system=where,
            source_file=JUDGED if (name, where) == (rule.table, system) else f"{name}-{where}",
            data=stage_rows(
                name, where, JUDGED if (name, where) == (rule.table, system) else "other", items, example.as_of
            ),
            rows=len(items),
            present=frozenset(table(name).names),
            untyped={field: 1 for item in items for field in item.get("raw", {})},
        )
        for (name, where), items in rows.items()
    ]
