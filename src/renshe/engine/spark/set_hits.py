"""Rules over sets of rows: values that must be unique, periods that must not overlap.

Invariant: every member of an offending set is a hit, and ``related`` is another member, the same as DuckDB names.
"""

from __future__ import annotations

from dataclasses import dataclass

from renshe.engine.rules.catalogue import Rule
from renshe.engine.rules.compiling import compile_expression
from renshe.engine.rules.dialects import SPARK
from renshe.engine.rules.expression import parse
from renshe.engine.rules.rows import condition
from renshe.engine.rules.scope import RowScope, Uses
from renshe.engine.spark.row_findings import Ready, RowFindings


@dataclass(frozen=True, slots=True)
class _Members:
    """SQL of the rows a set rule compares: rid, sys, k0.., d0.., and for periods s and until."""

    sql: str
    keys: list[str]
    differ: list[str]


def set_hits(ready: Ready, findings: RowFindings, without: str | None) -> str:
    """Return the select of (rule, rid, related) of a set rule; rows in ``without`` (rid) take no part."""
    select = _unique if ready.rule.unique is not None else _overlap
    return f"SELECT {ready.number} AS rule, rid, related FROM ({select(ready, findings, without)})"


def _members(
    ready: Ready, findings: RowFindings, without: str | None, by: tuple[str, ...], differ: tuple[str, ...]
) -> _Members:
    rule = ready.rule
    uses = Uses()
    scope = RowScope(rule, uses, findings.worlds, SPARK)
    keys = [compile_expression(parse(text), scope).text for text in by]
    columns = ["t.rid", f"t.{'_world' if _across(rule) else '_sys'} AS sys"]
    columns += [f"{key} AS k{at}" for at, key in enumerate(keys)]
    columns += [f"{compile_expression(parse(text), scope).text} AS d{at}" for at, text in enumerate(differ)]
    if rule.overlap is not None:
        columns += [f"{compile_expression(parse(rule.overlap.start), scope).text} AS s"]
        columns += [f"{compile_expression(parse(rule.overlap.end), scope).text} AS until"]
    tests = [ready.sources, condition(rule.where, scope), *(f"{key} IS NOT NULL" for key in keys)]
    where = " AND ".join(test for test in tests if test != "TRUE") or "TRUE"
    left_out = f" LEFT ANTI JOIN ({without}) b ON b.rid = t.rid" if without else ""
    sql = (
        f"SELECT {', '.join(columns)} FROM {findings.rows(rule.table, rule.judge)} t{left_out}"
        f" {findings.joins(uses, rule.table)} WHERE {where}"
    )
    return _Members(sql, [f"k{at}" for at in range(len(keys))], [f"d{at}" for at in range(len(differ))])


def _across(rule: Rule) -> bool:
    return any(shape is not None and shape.across for shape in (rule.unique, rule.overlap))


def _unique(ready: Ready, findings: RowFindings, without: str | None) -> str:
    shape = ready.rule.unique
    assert shape is not None
    members = _members(ready, findings, without, shape.by, shape.differ)
    size, least = "count(*) OVER w", shape.at_least
    if members.differ:
        # One column counts its known values; of several, each combination counts.
        value = members.differ[0] if len(members.differ) == 1 else f"struct({', '.join(members.differ)})"
        size, least = f"size(collect_set({value}) OVER w)", max(2, shape.at_least)
    return (
        f"SELECT rid, CASE WHEN rid = lo THEN hi ELSE lo END AS related FROM (SELECT rid, min(rid) OVER w AS lo,"
        f" max(rid) OVER w AS hi, count(*) OVER w AS rows, {size} AS size FROM ({members.sql})"
        f" WINDOW w AS (PARTITION BY sys, {', '.join(members.keys)})) WHERE rows > 1 AND size >= {least}"
    )


def _overlap(ready: Ready, findings: RowFindings, without: str | None) -> str:
    shape = ready.rule.overlap
    assert shape is not None
    scope = RowScope(ready.rule, Uses(), findings.worlds, SPARK)
    last = "DATE '9999-12-31'" if compile_expression(parse(shape.start), scope).kind == "date" else "999912"
    members = _members(ready, findings, without, shape.by, shape.differ)
    keys = ", ".join(["sys", *members.keys])
    same = " AND ".join(f"a.{key} = b.{key}" for key in ("sys", *members.keys))
    differ = " OR ".join(f"NOT (a.{value} <=> b.{value})" for value in members.differ) or "TRUE"
    # A change of employer inside one month is lawful: periods that only share a border month do not overlap.
    return (
        f"WITH m AS (SELECT *, coalesce(until, {last}) AS e FROM ({members.sql}) WHERE s IS NOT NULL),"
        f" o AS (SELECT DISTINCT {keys} FROM (SELECT {keys}, s, max(e) OVER (PARTITION BY {keys}"
        f" ORDER BY s, rid ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM m) WHERE before > s),"
        f" w AS (SELECT a.* FROM m a LEFT SEMI JOIN o b ON {same})"
        f" SELECT a.rid, min(b.rid) AS related FROM w a JOIN w b ON {same} AND a.rid <> b.rid"
        f" AND a.s < b.e AND b.s < a.e AND ({differ}) GROUP BY a.rid"
    )
