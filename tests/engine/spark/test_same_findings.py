"""DuckDB and Spark agree to the row: on the demo, on random data, on every example of every rule."""

from __future__ import annotations

import pytest
from tests.engine.spark.conftest import Answers

from renshe.engine.rules.catalogue import load_catalogue
from renshe.engine.spark.examples import example_failures

DATA = ("demo", "random")


@pytest.mark.req("S1-33")
def test_every_example_of_every_rule_holds_on_spark(answers: Answers) -> None:
    told = {rule.id for rule in load_catalogue().rules.values() if rule.generic is None}
    assert {case.rule.id for case in answers.ready} == told
    assert example_failures(answers.ready, answers.judged) == []


@pytest.mark.req("S1-33")
@pytest.mark.parametrize("data", DATA)
def test_every_finding_is_the_same_to_the_last_column(answers: Answers, data: str) -> None:
    assert len(answers.duckdb[data]) > 800
    assert answers.spark[data] == answers.duckdb[data]


@pytest.mark.parametrize("data", DATA)
def test_what_could_not_be_judged_is_counted_alike(answers: Answers, data: str) -> None:
    by_duckdb, by_spark = answers.unjudged[data]
    assert by_spark == by_duckdb
