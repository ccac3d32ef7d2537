"""What judging costs against merely reading: CPU of all rules of a table beside CPU of scanning the columns they read.

Usage: ``python -m benchmarks.rule_cost [--persons N] [--tables contribution person] [--project DIR]``.
Bars: all contribution rules together at most 8 times, all person rules at most 10 times the scan, facts included;
writing every finding to Parquet adds at most 25 %.

The scan really reads: it sums every number and date and the length of every text of the judged table's own columns that
some rule of the table names, over the same Parquet files, with the engine's settings. Columns of other tables that
the rules look up are not in it, which makes the bar harder. Each step runs in a process of its own with its files in
the cache of the system; a step's CPU is that of all its threads, imports and the opening of the data set left out.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import pyarrow.parquet as pq

from benchmarks.measure import measure, write_result
from benchmarks.staged import judged, simulate, staged
from renshe.engine.project import load_project
from renshe.engine.rules import runner
from renshe.engine.rules.catalogue import Catalogue, Rule, load_catalogue
from renshe.engine.rules.compiling import quote
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.expression import names, parse
from renshe.engine.rules.findings import COLUMNS, FindingWriter
from renshe.engine.rules.runner import run_rules
from renshe.engine.rules.scope import grouping
from renshe.engine.schema import columns, facts, kinds
from renshe.engine.staging.facts import compute_facts

BARS = {"contribution": 8.0, "person": 10.0}
WRITING_BAR = 0.25
# A scan is short: it is read several times and the median is taken.
_SCANS = 5
# Rows at a time, about as many as a reader hands to staging.
_BATCH = 65_536


def main(persons: int = 200_000, tables: Iterable[str] = tuple(BARS), project: Path | None = None) -> None:
    """Measure ``tables`` over ``persons`` invented people, or over ``project``; write ``results/rule_cost.json``."""
    folder = Path(tempfile.mkdtemp(prefix="renshe-rules-"))
    try:
        if project is None:
            project = folder / "project"
            simulate(project, persons)
        loaded = {table: sum(one.rows_loaded for one in staged(project) if one.table == table) for table in tables}
        write_result("rule_cost", rows=loaded, tables={table: compare(project, table) for table in tables})
    finally:
        shutil.rmtree(folder)


def compare(project: Path, table: str) -> dict[str, Any]:
    """Return the costs of ``table``, each step measured in its own process, and how they stand to the bars."""
    costs: dict[str, Any] = {}
    for name in ("scan", "facts", "rules"):
        run = measure([sys.executable, "-m", "benchmarks.rule_cost", "--project", str(project), "--step", name, table])
        costs |= {**json.loads(run.output), f"{name}_peak_mb": run.peak_mb}
    return beside_bars(table, costs)


def beside_bars(table: str, costs: dict[str, Any]) -> dict[str, Any]:
    """Return ``costs`` with what the rules of ``table``, facts included, cost against the scan, and writing on top."""
    judged = costs["rules_cpu"] + costs["facts_cpu"]
    return {
        **costs,
        "ratio": round(judged / costs["scan_cpu"], 2),
        "bar": BARS.get(table),
        "writing_share": round(costs["writing_cpu"] / judged, 3),
        "writing_bar": WRITING_BAR,
    }


def columns_read(catalogue: Catalogue, table: str) -> list[str]:
    """Return the columns of ``table`` that its rules name to decide (not to word) a finding, in the table's order."""
    named: set[str] = set()
    for rule in catalogue.of(table):
        named |= {name for text, own in _texts(rule) for relation, name in names(parse(text)) if relation in own}
    return [name for name in columns(table) if name in named]


def _texts(rule: Rule) -> Iterator[tuple[str, tuple[str | None, ...]]]:
    """Yield each expression of ``rule`` with the prefixes under which it names columns of the rule's own table."""
    texts = [rule.where, rule.fail, rule.net.fail if rule.net is not None else None, *grouping(rule)]
    yield from ((text, (None,)) for text in texts if text is not None)
    for _, relation in rule.relations:
        yield from ((mine, (None,)) for mine, _ in relation.on)
        related = [*(theirs for _, theirs in relation.on), *(text for _, text in relation.take)]
        here: tuple[str | None, ...] = (None, "my") if relation.table == rule.table else ("my",)
        yield from ((text, here) for text in (*related, *([relation.where] if relation.where else [])))


def scan_sql(table: str, wanted: Iterable[str]) -> str:
    """Return SQL that reads ``wanted`` columns of ``table`` wholly, answered neither from metadata nor from counts."""
    own = kinds(table)
    shapes = {"text": "sum(length({}))", "date": "sum(epoch({}))", "bool": "sum({}::INTEGER)"}
    return f"SELECT {', '.join(shapes.get(own[name], 'sum({})').format(name) for name in wanted)} FROM s_{table}"


def scan(data: Dataset, catalogue: Catalogue, table: str) -> dict[str, Any]:
    """Return the CPU seconds of scanning what the rules of ``table`` read, with and without the staged facts."""
    wanted = columns_read(catalogue, table)
    fields = [name for name in wanted if name not in facts(table)]

    def once(read: list[str]) -> float:
        return _cpu(lambda: data.connection.execute(scan_sql(table, read)).fetchall())

    once(wanted)
    return {
        "rows": sum(source.rows for _, source in data.of(table)),
        "columns": len(wanted),
        "scan_cpu": round(median(once(wanted) for _ in range(_SCANS)), 3),
        "scan_without_facts_cpu": round(median(once(fields) for _ in range(_SCANS)), 3),
    }


def facts_cost(project: Path, table: str) -> dict[str, Any]:
    """Return the CPU seconds of computing the facts of ``table`` over its staged columns, reading left out."""
    as_of = load_project(project).as_of
    spent = 0.0
    for source in staged(project):
        if source.table == table:
            for batch in pq.ParquetFile(source.rows).iter_batches(_BATCH):
                typed = dict(zip(batch.schema.names, batch.columns, strict=True))
                spent += _cpu(partial(compute_facts, table, typed, as_of, source.spoken))
    return {"facts_cpu": round(spent, 3)}


def rules_cost(data: Dataset, catalogue: Catalogue, table: str, target: Path) -> dict[str, Any]:
    """Return the CPU seconds of all rules of ``table``: judging, making findings of the hits, and writing them."""
    data.tables = [table]
    with _timed_findings() as making:
        whole = _cpu(lambda: run_rules(data, catalogue))
    copy = f"COPY (SELECT {COLUMNS} FROM findings ORDER BY ALL) TO {quote(str(target))}"
    writing = _cpu(lambda: data.connection.execute(f"{copy} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"))
    return {
        "rules": len(catalogue.of(table)),
        "findings": pq.read_metadata(target).num_rows,
        "rules_cpu": round(whole, 3),
        "finding_rows_cpu": round(sum(making), 3),
        "writing_cpu": round(writing, 3),
    }


@contextmanager
def _timed_findings() -> Iterator[list[float]]:
    """Have the engine's FindingWriter note the CPU seconds of each of its steps in the list yielded."""
    spent: list[float] = []

    class Timed(FindingWriter):
        def write(self, rules: Mapping[int, Rule]) -> None:
            spent.append(_cpu(lambda: super(Timed, self).write(rules)))

    with patch.object(runner, "FindingWriter", Timed):
        yield spent


def _cpu(work: Callable[[], object]) -> float:
    """Return the CPU seconds, of all threads of this process, that ``work`` takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def step(project: Path, table: str, name: str) -> dict[str, Any]:
    """Return the costs of one step (scan, facts, rules) of ``table``, measured in this process."""
    if name == "facts":
        return facts_cost(project, table)
    whole = load_catalogue(load_project(project).packs)
    catalogue = replace(whole, rules={rule.id: rule for rule in whole.rules.values() if rule.table == table})
    with judged(project) as data, tempfile.TemporaryDirectory() as folder:
        if name == "scan":
            return scan(data, catalogue, table)
        return rules_cost(data, catalogue, table, Path(folder) / "findings.parquet")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="CPU of rules beside CPU of scanning what they read")
    parser.add_argument("--persons", type=int, default=200_000)
    parser.add_argument("--tables", nargs="+", default=list(BARS))
    parser.add_argument("--project", type=Path)
    parser.add_argument("--step", nargs=2)
    given = parser.parse_args()
    if given.step:
        print(json.dumps(step(given.project, given.step[1], given.step[0])))
    else:
        main(given.persons, given.tables, given.project)
