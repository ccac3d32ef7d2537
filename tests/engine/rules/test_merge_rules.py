"""The conditions of merging, each proved by its own examples on two numbers, old and new."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import duckdb
import pytest

from renshe.engine.decisions.pairs import Asked, ask, know_pairs, own, own_columns
from renshe.engine.rules.merge_rules import merge_rules
from renshe.engine.rules.stage_rows import stage_rows

AS_OF = date(2021, 5, 31)
SIDES = {"old": "1", "new": "2"}
BY_ROWS = [one.id for one in merge_rules().conditions.values() if one.check is None]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as found:
        yield found


def asked(connection: duckdb.DuckDBPyConnection, example: Mapping[str, Any]) -> Asked:
    """Ask of the pair of an example: ``{old: {table: rows}, new: {table: rows}}``."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for side, tables in example.items():
        for name, given in (tables or {}).items():
            rows.setdefault(name, []).extend({**row, "person_no": SIDES[side]} for row in given)
    for name, given in rows.items():
        staged = stage_rows(name, "pension", "file", given, AS_OF)
        wanted = ["system", "person_no", "source_row", "valid", *own_columns(name, merge_rules())]
        connection.register("given", staged.select(wanted))
        connection.execute(f"CREATE TABLE {own(name)} AS SELECT *, 0::BIGINT AS src FROM given")
    know_pairs(connection, [("pension", "1", "2")])
    [told] = ask(connection, merge_rules(), list(rows), 1, AS_OF)
    return told


@pytest.mark.req("S1-41")
@pytest.mark.parametrize("name", BY_ROWS)
def test_a_condition_forbids_what_its_examples_say_and_nothing_else(name: str) -> None:
    examples = merge_rules().conditions[name].examples
    assert examples["pass"] and examples["fail"]
    for kind, given in examples.items():
        for example in given:
            with duckdb.connect(":memory:") as connection:
                found = {one.id for one in asked(connection, example).obstacles}
            assert (name in found) is (kind == "fail"), example


@pytest.mark.req("S1-41")
def test_contributions_of_one_month_stand_for_one_another_as_the_examples_say() -> None:
    examples = merge_rules().repeats.examples
    for kind, given in examples.items():
        for example in given:
            with duckdb.connect(":memory:") as connection:
                told = asked(connection, {side: {"contribution": example[side]} for side in SIDES})
            assert bool(told.refunds) is (kind == "fail"), example
            moved = told.moved.get("contribution", 0)
            assert moved + len(told.refunds) == len(example["old"]), "every row of the old number has one place"


def test_every_row_of_a_repeated_month_stays_together(connection: duckdb.DuckDBPyConnection) -> None:
    month = {"insurance": "110", "period": 200901}
    old = [
        {**month, "person_paid": 80},
        {**month, "person_paid": 5, "kind_class": "difference"},
        {**month, "period": 200902},
    ]
    told = asked(connection, {"old": {"contribution": old}, "new": {"contribution": [{**month, "person_paid": 90}]}})
    assert [(one.period, str(one.amount)) for one in told.refunds] == [(200901, "80.00"), (200901, "5.00")]
    assert told.moved == {"contribution": 1}


@pytest.mark.req("S1-41")
def test_a_condition_tells_a_clerk_what_is_in_the_way_where_and_what_to_do() -> None:
    chinese = re.compile("[一-鿿]")
    for one in merge_rules().conditions.values():
        assert re.fullmatch(r"MRG(-[A-Z]+)+", one.id)
        assert all(chinese.search(text) for text in (one.title, one.source, one.remedy)), one.id
        assert (one.check is None) == bool(one.table)
        assert one.check is not None or one.tell


def test_what_is_in_the_way_names_number_and_row_and_masks_people(connection: duckdb.DuckDBPyConnection) -> None:
    unpaid = [{"insurance": "110", "period": 202001 + at, "person_due": 400, "arrived": "0"} for at in range(5)]
    [found] = asked(connection, {"old": {"contribution": unpaid}, "new": {}}).obstacles
    assert found.what == (
        "有欠费（1：企业职工基本养老保险 202001、企业职工基本养老保险 202002、企业职工基本养老保险 202003 等 5 条）"
    )
    assert found.line.endswith("；联系参保对象和单位补缴，或按规定核销；已入库的更正到账标志")
    example = merge_rules().conditions["MRG-TWO-IDS"].examples["fail"][0]
    with duckdb.connect(":memory:") as other:
        [two] = asked(other, example).obstacles
    assert "220802196503120173" not in two.what and "220802********0173" in two.what


def test_a_row_of_which_there_is_nothing_to_tell_is_known_by_its_number(connection: duckdb.DuckDBPyConnection) -> None:
    [found] = asked(connection, {"old": {"person": [{"hold": "1"}]}, "new": {"person": [{}]}}).obstacles
    assert found.what == "人员信息已冻结（1）"


def test_what_the_data_cannot_tell_is_said() -> None:
    told = merge_rules().unasked(["person", "contribution"], lambda table, columns: table != "contribution")
    assert told["MRG-BENEFIT"] == "没有“待遇”表"
    assert told["MRG-ARREARS"] == "“人员缴费”表没有足额到账标志、单位实缴金额、个人实缴金额的数据"
    assert "MRG-TWO-IDS" not in told
