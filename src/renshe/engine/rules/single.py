"""One row judged by rules of the catalogue, for whoever has a form and not a file.

Invariant: staging, planner and SQL are those of a round; only what is staged is a row instead of a source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from threading import Lock
from typing import Any

import duckdb

from renshe.engine.rules.catalogue import load_catalogue
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.holdings import StagedSource
from renshe.engine.rules.runner import run_rules
from renshe.engine.rules.stage_rows import stage_rows
from renshe.policy.parameters import ParameterBook, load_parameters

_FORM = "form"
# One connection, and one who uses it: a row takes milliseconds.
_TURN = Lock()


@dataclass(frozen=True, slots=True)
class Fault:
    """What a rule found in a row: the field to mend, in words, and what to do."""

    rule: str
    field: str
    severity: str
    message: str
    remedy: str


def judge_row(
    table: str, row: Mapping[str, Any], rules: Sequence[str], *, region: str = "", as_of: date | None = None
) -> list[Fault]:
    """Return what ``rules`` find in one ``row`` (typed values by field) of a standard ``table``.

    What they find missing elsewhere cannot be told; prerequisites are judged too. KeyError where there is no such rule.
    """
    catalogue = load_catalogue().only(rules)
    day = as_of or date.today()
    present = frozenset(row)
    source = StagedSource(table, "pension", _FORM, stage_rows(table, "pension", _FORM, [row], day), 1, present, {})
    with _TURN:
        connection = _connection()
        dataset = Dataset(connection, [source], as_of=day, region=region, parameters=_parameters())
        run_rules(dataset, catalogue)
        found = connection.execute("SELECT rule, field, severity, message FROM findings").fetchall()
    return [
        Fault(rule, field, severity, message, catalogue.rules[rule].remedy) for rule, field, severity, message in found
    ]


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:", config={"threads": "1"})


@cache
def _parameters() -> ParameterBook:
    return ParameterBook(load_parameters(), [])
