"""What becomes of a pair: the same person, for a clerk to look at, or two; and why, in words.

Rules: what is definite comes before what weighs (a valid number with the same name is the same person; valid numbers
that differ, with other births and sexes, never are). Then two thresholds. A pair is contested where one of its
records has a clearly better one in the same system and these two are not the same themselves: that is a relative, and
goes to review.

What clerks said comes before all of it but for what can never be (``answers``).

Invariant: a definite rule is never overruled by a weight; ``why`` names every level that a pair stands on with its
weight, and what every pair begins with: these add up to the weight of the pair.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import duckdb

from renshe.engine.linking.answers import SAID, Answer, Pair, honour
from renshe.engine.linking.model import Comparison, Model
from renshe.engine.rules.compiling import quote

# How many bits better the other pair must be.
_BETTER = 4.0
_DEFINITE = 1000.0


def decide(
    connection: duckdb.DuckDBPyConnection, model: Model, answers: Mapping[Pair, Answer] = MappingProxyType({})
) -> None:
    """Leave the table ``decided``: the pairs of ``scored`` with ``decision``, ``contested`` and ``guarded``."""
    settled = [(at, one.decision) for at, one in enumerate(model.definite) if one.decision != "review"]
    definite = "".join(f" WHEN ground = {at} THEN {quote(decision)}" for at, decision in settled)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE decided AS
        SELECT *, FALSE AS contested, FALSE AS guarded, CASE{definite}
            WHEN match_weight >= {model.same} AND ground IS NULL THEN 'same'
            WHEN match_weight >= {model.review} OR floored THEN 'review' ELSE 'different' END AS decision
        FROM scored""")
    honour(connection, model, answers)
    rank = _rank_sql(model)
    _keep_best_number(connection, rank)
    _keep_best_of_system(connection, rank)


def _rank_sql(model: Model) -> str:
    """Return the SQL of what a pair counts among the pairs of its records: brothers and sisters share a telephone and a
    roof, so who bears another name counts without these, and behind who bears the same."""
    if model.contest is None:
        return "match_weight"
    shared = [weight for name in model.contest.household for weight in model.comparison(name).scored[1:]]
    household = " + ".join(f"coalesce({weight}, 0)" for weight in shared)
    return f"(match_weight - CASE WHEN {model.contest.first} THEN 0 ELSE {_BETTER} + {household} END)"


def _keep_best_number(connection: duckdb.DuckDBPyConnection, rank: str) -> None:
    """Send to review, of the pairs of a record whose number proves nothing, those with other numbers than its best."""
    _contest(
        connection,
        f"""
        WITH mixed AS (
            SELECT rid_l, rid_r, CASE WHEN settled_l THEN rid_r ELSE rid_l END AS x,
                CASE WHEN settled_l THEN rid_l ELSE rid_r END AS y,
                CASE WHEN ground = {SAID} THEN {_DEFINITE} ELSE {rank} END AS w
            FROM decided WHERE decision = 'same' AND settled_l <> settled_r),
        ways AS (SELECT m.*, number FROM mixed m JOIN records r ON r.rid = m.y),
        each AS (SELECT x, number, max(w) AS w FROM ways GROUP BY x, number),
        best AS (SELECT x, arg_max(number, w) AS number, max(w, 2) AS two FROM each GROUP BY x HAVING count(*) > 1)
        SELECT rid_l, rid_r FROM ways JOIN best USING (x)
        WHERE ways.number <> best.number OR two[1] < two[2] + {_BETTER}""",
    )


def _keep_best_of_system(connection: duckdb.DuckDBPyConnection, rank: str) -> None:
    """Send to review the pairs of which one record has a clearly better one in the same system, another person."""
    _contest(
        connection,
        f"""
        WITH same AS (
            SELECT rid_l, rid_r, system_l, system_r,
                CASE WHEN ground IS NULL THEN {rank} ELSE {_DEFINITE} END AS w
            FROM decided WHERE decision = 'same'),
        ways AS (
            SELECT rid_l AS x, rid_r AS y, system_r AS system, w FROM same
            UNION ALL SELECT rid_r, rid_l, system_l, w FROM same),
        best AS (SELECT x, system, max(w) AS w, arg_max(y, w) AS y FROM ways GROUP BY x, system)
        SELECT DISTINCT least(a.x, a.y) AS rid_l, greatest(a.x, a.y) AS rid_r
        FROM ways a JOIN best b ON b.x = a.x AND b.system = a.system AND b.w > a.w + {_BETTER}
        WHERE a.w < {_DEFINITE} AND NOT EXISTS (
            SELECT 1 FROM same s WHERE s.rid_l = least(a.y, b.y) AND s.rid_r = greatest(a.y, b.y))""",
    )


def _contest(connection: duckdb.DuckDBPyConnection, contested: str) -> None:
    """Send the pairs of the query ``contested`` to review."""
    connection.execute(f"""
        UPDATE decided SET decision = 'review', contested = TRUE FROM ({contested}) c
            WHERE c.rid_l = decided.rid_l AND c.rid_r = decided.rid_r AND judged IS NULL""")


def why_sql(model: Model) -> str:
    """Return the SQL of ``why`` over ``decided``: what was definite, then each level with its weight in bits."""
    said = ["WHEN -1 THEN NULL", *(f"WHEN {at} THEN {quote(one.label)}" for at, one in enumerate(model.definite))]
    first = f"CASE ground {' '.join(said)} END"
    contested = "CASE WHEN contested THEN '另有同样或更相符的记录' END"
    guarded = "CASE WHEN guarded THEN '所在的组自相矛盾（有不同的有效号码、不可能相同者或经核实的不同者）' END"
    told = ["said", first, contested, guarded, *map(_level_sql, model.comparisons), _start_sql(model)]
    return f"concat_ws('；', {', '.join(told)})"


def _start_sql(model: Model) -> str:
    """Return the SQL of what a pair begins with, however little is known: the weight of any two being one."""
    added = " + ".join(weight for one in model.comparisons for weight in one.scored[1:])
    return f"printf('起点 %+.1f', match_weight - ({added}))"


def _level_sql(one: Comparison) -> str:
    _, *weights = one.scored
    told = " ".join(
        f"WHEN {one.gamma(level.id)} THEN printf({quote(one.label + level.label + ' %+.1f')}, {' + '.join(weights)})"
        for level in one.levels
        if not level.neutral
    )
    return f"CASE gamma_{one.name} {told} END"
