"""Runs a catalogue over a data set: rows first, then sets, prerequisites respected, findings last.

Invariant: the answer is a pure function of data set and catalogue; a row with a finding of a prerequisite has none of
the rules that require it (one bad number is one finding, not six).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from renshe.engine.rules.applicable import NotRun, applicable
from renshe.engine.rules.catalogue import Catalogue, Rule
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.findings import FindingWriter, create_findings
from renshe.engine.rules.generic import run_generic
from renshe.engine.rules.relations import Joins
from renshe.engine.rules.rows import RowPass
from renshe.engine.rules.sets import SetPass


@dataclass(slots=True)
class RunResult:
    """How many findings each rule has, and on how many rows it could not be judged."""

    findings: dict[str, int] = field(default_factory=dict)
    not_run: NotRun = field(default_factory=NotRun)


def run_rules(
    dataset: Dataset, catalogue: Catalogue, *, progress: Callable[[str, int, int], None] | None = None
) -> RunResult:
    """Judge every rule and leave the findings in the connection's table ``findings``."""
    result = RunResult()
    create_findings(dataset)
    joins = Joins(dataset)
    numbers = {rule: at for at, rule in enumerate(catalogue.rules)}
    for rule in catalogue.rules.values():
        if rule.table not in dataset.tables and rule.generic is None:
            result.not_run.add(rule.id, 0, f"项目中没有表 {rule.table}")
    for at, table in enumerate(dataset.tables):
        if progress is not None:
            progress(table, at, len(dataset.tables))
        _run_table(dataset, catalogue, joins, table, numbers, result)
    counted = dataset.connection.execute("SELECT rule, count(*) FROM findings GROUP BY rule").fetchall()
    result.findings = {str(rule): int(count) for rule, count in counted}
    return result


def _run_table(
    dataset: Dataset, catalogue: Catalogue, joins: Joins, table: str, numbers: dict[str, int], result: RunResult
) -> None:
    rules = catalogue.of(table)
    dataset.connection.execute(f"CREATE OR REPLACE TEMP TABLE hits_{table} (rule INTEGER, rid BIGINT, related BIGINT)")
    RowPass(dataset, joins, result.not_run).run(table, (rule for rule in rules if rule.fail is not None), numbers)
    sets = SetPass(dataset, joins)
    here = {rule.id for rule in rules}
    for rule in rules:
        needed = [numbers[name] for name in rule.requires if name in here]
        if rule.fail is not None:
            _drop_unready(dataset, table, numbers[rule.id], needed)
            continue
        sources = applicable(rule, dataset, result.not_run)
        if sources is not None:
            sets.run(rule, numbers[rule.id], sources, needed)
    _write(dataset, joins, table, rules, numbers)
    run_generic(dataset, catalogue, table)


def _drop_unready(dataset: Dataset, table: str, number: int, needed: list[int]) -> None:
    """Rules come after their prerequisites, so what these found is final when a rule is reached."""
    if needed:
        listed = ", ".join(map(str, needed))
        dataset.connection.execute(
            f"DELETE FROM hits_{table} WHERE rule = {number}"
            f" AND rid IN (SELECT rid FROM hits_{table} WHERE rule IN ({listed}))"
        )


def _write(dataset: Dataset, joins: Joins, table: str, rules: list[Rule], numbers: dict[str, int]) -> None:
    rows = dataset.connection.execute(f"SELECT rule, count(*) FROM hits_{table} GROUP BY rule").fetchall()
    hit = {int(number) for number, _ in rows}
    writer = FindingWriter(dataset, joins, table)
    for rule in rules:
        if numbers[rule.id] in hit:
            writer.write(rule, numbers[rule.id])
    dataset.connection.execute(f"DROP TABLE hits_{table}; DROP TABLE rows_{table}")
    joins.clear()
