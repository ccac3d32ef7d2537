"""What becomes of a pair: the same person, for a clerk to look at, or two; and why, in words.

Rules: what is definite comes before what weighs (a valid number with the same name is the same person; valid numbers that
differ, with other births and sexes, never are). Then two thresholds. A pair is contested where one of its records has a
clearly better one in the same system and these two are not the same themselves: that is a relative, and goes to review.

Invariant: a definite rule is never overruled by a weight; ``why`` names every level that a pair stands on and its weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import duckdb

from renshe.engine.linking.answers import Answer, Pair, honour
from renshe.engine.linking.model import Comparison, Model
from renshe.engine.rules.compiling import quote

# How many bits better the other pair must be.
_BETTER = 4.0
_DEFINITE = 1000.0


def decide(
    connection: duckdb.DuckDBPyConnection, model: Model, answers: Mapping[Pair, Answer] = MappingProxyType({})
) -> None:
    """Leave the table ``decided``: the pairs of ``scored`` with ``weight``, ``decision`` and ``ground`` (the definite
    rule's number, from 0, or null)."""
    levels = ", ".join(column for one in model.comparisons for column in one.scored)
    grounds = " ".join(f"WHEN {one.when} THEN {at}" for at, one in enumerate(model.definite))
    bounds = " ".join(
        f"WHEN {at} THEN {quote(one.decision)}" for at, one in enumerate(model.definite) if one.decision != "review"
    )
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE decided AS
        WITH grounded AS (SELECT *, CASE {grounds} END AS ground FROM scored),
        weighed AS (
            SELECT *, CASE WHEN match_weight >= {model.same} AND ground IS NULL THEN 'same'
                WHEN match_weight >= {model.review} THEN 'review' ELSE 'different' END AS by_weight FROM grounded)
        SELECT rid_l, rid_r, system_l, system_r, match_weight, match_probability, {levels}, ground, CASE ground {bounds} ELSE by_weight END AS decision, FALSE AS contested, FALSE AS guarded
        FROM weighed""")
    honour(connection, model, answers)
    _contest(connection)


def _contest(connection: duckdb.DuckDBPyConnection) -> None:
    """Send the contested among the pairs that are the same by weight to review."""
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE contested AS
        WITH same AS (
            SELECT rid_l, rid_r, system_l, system_r, CASE WHEN ground IS NULL THEN match_weight ELSE {_DEFINITE} END AS w
            FROM decided WHERE decision = 'same'),
        ways AS (
            SELECT rid_l AS x, rid_r AS y, system_r AS system, w FROM same
            UNION ALL SELECT rid_r, rid_l, system_l, w FROM same),
        best AS (SELECT x, system, max(w) AS w, arg_max(y, w) AS y FROM ways GROUP BY x, system)
        SELECT DISTINCT least(a.x, a.y) AS rid_l, greatest(a.x, a.y) AS rid_r
        FROM ways a JOIN best b ON b.x = a.x AND b.system = a.system AND b.w > a.w + {_BETTER}
        WHERE a.w < {_DEFINITE} AND NOT EXISTS (
            SELECT 1 FROM same s WHERE s.rid_l = least(a.y, b.y) AND s.rid_r = greatest(a.y, b.y));
        UPDATE decided SET decision = 'review', contested = TRUE FROM contested c
            WHERE c.rid_l = decided.rid_l AND c.rid_r = decided.rid_r""")


def why_sql(model: Model) -> str:
    """Return the SQL of ``why`` over ``decided``: what was definite, then each level with its weight in bits."""
    said = [f"WHEN {at} THEN {quote(one.label)}" for at, one in enumerate(model.definite)]
    first = f"CASE ground {' '.join(said)} END"
    contested = "CASE WHEN contested THEN '另有明显更相符的记录' END"
    guarded = "CASE WHEN guarded THEN '所在的组含两个不同的有效号码或经核实的不同人' END"
    return f"concat_ws('；', {', '.join(['said', first, contested, guarded, *map(_level_sql, model.comparisons)])})"


def _level_sql(one: Comparison) -> str:
    gamma = f"gamma_{one.name}"
    labels = " ".join(
        f"WHEN {one.gamma(level.id)} THEN {quote(one.label + level.label)}" for level in one.levels if not level.neutral
    )
    _, *weights = one.scored
    weight = " + ".join(weights)
    return f"CASE WHEN {gamma} >= 0 THEN (CASE {gamma} {labels} END) || printf(' %+.1f', {weight}) END"
