"""Which of two numbers survives: declared rules, asked of all numbers at once.

Invariant: ranks are total: no two numbers of a system are equal, so the choice never depends on the order of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import duckdb

from renshe.engine.decisions.merges import Number
from renshe.engine.decisions.pairs import own
from renshe.engine.merging.survivorship import NumberRule, survivorship
from renshe.engine.rules.compiling import compile_expression
from renshe.engine.rules.expression import names, parse
from renshe.engine.rules.scope import RelatedScope

Rank = tuple[object, ...]
# What is less than every month and count, where it should be preferred last.
_NOTHING = float("inf")


def rank_columns() -> dict[str, set[str]]:
    """Return, by table, the columns that the rules name."""
    found: dict[str, set[str]] = {}
    for rule in survivorship().number:
        if rule.table is not None:
            found.setdefault(rule.table, set()).update(name for _, name in names(parse(rule.take)))
    return found


def rank_numbers(
    connection: duckdb.DuckDBPyConnection,
    tables: Sequence[str],
    numbers: Iterable[Number],
    local: Mapping[Number, bool],
    as_of: date,
) -> dict[Number, Rank]:
    """Return the rank of each number (system, number), the least the best; ``local`` are those of this pooling area."""
    parts: dict[Number, list[object]] = {number: [] for number in numbers}
    for rule in survivorship().number:
        if rule.table is None:
            told: Mapping[Number, float] = {number: float(here) for number, here in local.items()}
        else:
            told = _taken(connection, rule, rule.table, as_of) if rule.table in tables else {}
        for number, own_parts in parts.items():
            value = told.get(number)
            own_parts.append(_NOTHING if value is None else -value if rule.prefer == "most" else value)
    return {number: (*found, len(number[1]), number[1]) for number, found in parts.items()}


def _taken(connection: duckdb.DuckDBPyConnection, rule: NumberRule, name: str, as_of: date) -> dict[Number, float]:
    value = compile_expression(parse(rule.take), RelatedScope(name, as_of)).text
    rows = connection.execute(
        f"SELECT system, person_no, ({value})::DOUBLE FROM {own(name)} r WHERE valid IS DISTINCT FROM '0' GROUP BY ALL"
    ).fetchall()
    return {(system, number): told for system, number, told in rows if told is not None}
