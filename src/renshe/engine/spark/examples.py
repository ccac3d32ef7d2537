"""Runs every rule's own examples on Spark, all at once: each example is a world of its own.

Invariant: the answer is that of ``rules.testing``: a failing example gives a finding of its rule on the judged row, a
passing one gives none.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.dataset as pads

from renshe.engine.rules.catalogue import Catalogue
from renshe.engine.rules.holdings import Holdings
from renshe.engine.rules.testing import JUDGED, JUDGED_ROW, Case, ExampleFailure, cases
from renshe.engine.spark.planner import Judged, judge
from renshe.engine.spark.session import spark_session
from renshe.engine.spark.worlds import World


def run_examples_on_spark(
    catalogue: Catalogue, folder: Path, only: Iterable[str] | None = None
) -> tuple[int, list[ExampleFailure]]:
    """Return how many examples ran and those that failed; Spark writes below ``folder``, which is removed.

    SparkUnavailableError where Spark cannot be used.
    """
    read = list(cases(catalogue, only))
    ready = [case for case in read if isinstance(case, Case)]
    failures = [case for case in read if isinstance(case, ExampleFailure)]
    try:
        if ready:
            with spark_session(folder) as session:
                judged = judge(session, [world_of(case) for case in ready], catalogue, folder)
            failures += example_failures(ready, judged)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return len(read), failures


def world_of(case: Case) -> World:
    """Return an example as a data set judged by its rule and what that requires."""
    holdings = Holdings(case.sources, as_of=case.as_of, region=case.region, parameters=case.parameters)
    return World(holdings, frozenset(case.rules))


def example_failures(ready: list[Case], judged: Judged) -> list[ExampleFailure]:
    """Return the examples that do not behave; the world of an example is its place in ``ready``."""
    found: list[set[str]] = [set() for _ in ready]
    on_judged_row = (pc.field("source_file") == JUDGED) & (pc.field("source_row") == JUDGED_ROW)
    rows = pads.dataset(judged.folder, format="parquet").to_table(["world", "rule"], filter=on_judged_row)
    for world, rule in zip(rows["world"].to_pylist(), rows["rule"].to_pylist(), strict=True):
        if world < len(ready):
            found[world].add(judged.rules[rule].id)
    failures = (case.failure(rules) for case, rules in zip(ready, found, strict=True))
    return [failure for failure in failures if failure is not None]
