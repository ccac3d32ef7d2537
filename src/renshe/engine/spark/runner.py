"""Runs a catalogue over a project's data set on Spark and leaves the findings where every later step looks for them.

Invariant: the table ``findings`` and the counts of rows not judged are those that ``rules.runner`` leaves.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa

from renshe.engine.rules.catalogue import Catalogue, Rule
from renshe.engine.rules.compiling import quote
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.findings import create_findings
from renshe.engine.rules.runner import RunResult
from renshe.engine.spark.planner import judge
from renshe.engine.spark.session import spark_session
from renshe.engine.spark.worlds import World


def run_rules_on_spark(
    dataset: Dataset,
    catalogue: Catalogue,
    folder: Path,
    *,
    progress: Callable[[str, int, int], None] | None = None,
) -> RunResult:
    """Judge every rule on Spark and leave the findings in the connection's table ``findings``.

    What Spark writes meanwhile stands below ``folder`` (which every executor must reach) and is removed at the end.
    SparkUnavailableError where Spark cannot be used.
    """
    try:
        with spark_session(folder) as session:
            judged = judge(session, [World(dataset)], catalogue, folder, progress)
        load_findings(dataset, judged.folder, judged.rules)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    counted = dataset.connection.execute("SELECT rule, count(*) FROM findings GROUP BY rule").fetchall()
    return RunResult({str(rule): int(count) for rule, count in counted}, judged.not_run[0])


def load_findings(dataset: Dataset, folder: Path, rules: Mapping[int, Rule]) -> None:
    """Leave the findings in ``folder`` in the table ``findings``, with what is said of their rules."""
    create_findings(dataset)
    told = pa.Table.from_pylist(
        [
            {
                "number": number,
                "rule": rule.id,
                "class": rule.class_,
                "severity": rule.severity,
                "table": rule.table,
                "field": rule.field,
                "department": rule.department,
            }
            for number, rule in rules.items()
        ]
    )
    files = sorted(str(file) for file in folder.glob("*.parquet"))
    if not files:
        return
    dataset.connection.register("told", told)
    listed = ", ".join(quote(file) for file in files)
    dataset.connection.execute(
        'INSERT INTO findings SELECT r.rule, r."class", r.severity, r."table", r.field, f.system, f.source_file,'
        " f.source_row, f.key, f.value, f.expected, f.message, f.related, f.person_no, f.unit_no, f.region,"
        f" r.department FROM read_parquet([{listed}]) f JOIN told r ON r.number = f.rule"
    )
    dataset.connection.unregister("told")
