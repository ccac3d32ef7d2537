"""What a rule can tell of a group decides whether a change in it concerns the rows that look at it."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from renshe.engine.rules.catalogue import Relation, Rule, load_catalogue
from renshe.engine.rules.observed import differing, observations

AS_OF = date(2021, 5, 31)


def rule(name: str) -> Rule:
    return load_catalogue().rules[name]


def seen(name: str, relation: str) -> list[str]:
    of = rule(name).relation(relation)
    return sorted(one.sql(of.table, AS_OF, "r.x") for one in observations(rule(name), relation, of))


def test_a_count_that_is_only_compared_is_seen_as_the_answer() -> None:
    assert seen("CON-LEDGER", "cover") == ["(count(CASE WHEN r.x THEN 1 END) > 0)"]
    assert seen("CON-ENROL", "all") == ["(count(CASE WHEN r.x THEN 1 END) <= 2)"]


def test_two_aggregates_of_one_group_compared_with_one_another_are_one_answer() -> None:
    [answer] = seen("ENR-NOPAY", "reach")
    assert answer.count("count(") == 1 and answer.count("sum(") == 1 and ">=" in answer


def test_what_is_shown_or_compared_with_the_row_is_seen_as_it_is() -> None:
    assert seen("ENR-NOPAY", "c")[0].startswith("max(")


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ([1, 2, 3], [1, 2], []),
        ([1], [], ["110"]),
        ([], [4], ["110"]),
    ],
)
def test_only_groups_that_look_different_are_told(was: list[int], now: list[int], told: list[str]) -> None:
    relation = Relation("enrolment", (("insurance", "insurance"),), take=(("n", "count()"),))
    looks = observations(rule("CON-LEDGER"), "cover", rule("CON-LEDGER").relation("cover"))
    rows = [(1, "110", one in was, one in now) for one in sorted({*was, *now})] + [(1, "310", True, True)]
    values = ", ".join(f"({system}::SMALLINT, '{code}', {then}, {here})" for system, code, then, here in rows)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE e AS FROM (VALUES {values}) v(_sys, insurance, _then, _now)")
        sql = differing(relation, looks, AS_OF, "e", "SELECT '110' AS k0 UNION ALL SELECT '310'")
        assert [key for (key,) in connection.execute(sql).fetchall()] == told
