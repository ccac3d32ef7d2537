"""Dated parameters: which entry decides, what is refused, and that the bulk form agrees with single questions."""

from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renshe.policy.law import data_folder, read_yaml
from renshe.policy.parameters import (
    Parameter,
    ParameterBook,
    load_parameters,
    national_book,
    parameter_names,
    region_chain,
)

CASES = read_yaml(Path(__file__).parent / "cases" / "parameters.yaml")
REQUIRED = {
    "base_floor",
    "base_ceiling",
    "unit_rate",
    "person_rate",
    "person_credit_rate",
    "account_interest_rate",
    "min_contribution_months",
    "avg_wage",
    "resident_min_pension",
    "late_fee_daily_rate",
}


def _ask(book: ParameterBook, name: str, region: str, insurance: str, kind: str, month: int) -> Decimal | None:
    return book.value(name, region=region, insurance=insurance, person_kind=kind, month=month)


@pytest.mark.parametrize("case", CASES["ours"], ids=str)
@pytest.mark.req("S4-95", part="detect")
def test_each_month_has_the_figure_that_was_in_force(case: list[Any]) -> None:
    *question, expected = case
    assert _ask(national_book(), *question) == expected


@pytest.mark.parametrize("case", CASES["resolution"]["questions"], ids=str)
@pytest.mark.req("S4-13", part="detect")
def test_the_nearest_and_the_projects_own_decide(case: list[Any]) -> None:
    ours = [Parameter(**entry) for entry in CASES["resolution"]["ours"]]
    book = ParameterBook(ours, CASES["resolution"]["project"])
    *question, expected = case
    assert _ask(book, *question) == expected


def test_the_entry_found_names_its_document() -> None:
    found = national_book().find("person_rate", region="220802", insurance="110", person_kind="", month=202105)
    assert found is not None
    assert found.document == "国发〔2005〕38号"


@pytest.mark.parametrize("month", [0, 2021, 202100, 202113, 20210501])
def test_what_is_no_month_has_no_parameter(month: int) -> None:
    assert _ask(national_book(), "person_rate", "220800", "110", "", month) is None


def test_all_names_are_there_and_every_figure_in_use_can_be_traced() -> None:
    entries = load_parameters()
    assert {entry.name for entry in entries} >= REQUIRED
    for entry in entries:
        assert entry.unit and entry.label, entry
        assert entry.document or entry.source, entry
        assert entry.grade in ("A", "B", "C") or entry.value is None, f"memory only, must not be used: {entry}"
        assert entry.end_month is None or entry.end_month >= entry.start_month, entry


@pytest.mark.req("S4-120", part="they are dated parameters; who publishes them comes with the labour market")
@pytest.mark.parametrize("name", ["minimum_wage", "wage_guideline_rate", "guide_price_median"])
def test_what_a_region_publishes_of_wages_is_its_own_to_give_and_dated(name: str) -> None:
    assert name in parameter_names() and _ask(national_book(), name, "220822", "", "", 202605) is None
    rows = [
        {"name": name, "region": "220800", "start_month": month, "value": value}
        for month, value in (("202501", "0.04"), ("202601", "0.05"))
    ]
    book = ParameterBook(load_parameters(), rows)
    told = [_ask(book, name, "220822", "", "", month) for month in (202412, 202512, 202601)]
    assert told == [None, Decimal("0.04"), Decimal("0.05")]


def test_figures_from_memory_are_kept_but_not_used() -> None:
    groups = [group for file in data_folder().joinpath("parameters").iterdir() for group in read_yaml(file)]
    unused = [(group, entry) for group in groups for entry in group["entries"] if not entry.get("use", True)]
    assert unused
    loaded = {(p.name, p.region, p.insurance, p.person_kind, p.start_month) for p in load_parameters()}
    for group, entry in unused:
        insurance = entry.get("insurance", group.get("insurance", ""))
        place = (group["name"], entry.get("region", ""), insurance, entry.get("person_kind", ""), entry["start_month"])
        assert place not in loaded


def test_region_chain_goes_outward() -> None:
    assert region_chain("220802") == ("220802", "220800", "220000", "")
    assert region_chain("220800") == ("220800", "220000", "")
    assert region_chain("220802001002") == region_chain("220802")
    assert region_chain("") == ("",)


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda case: case["says"])
def test_a_row_that_cannot_be_read_is_named_with_its_remedy(case: dict[str, Any]) -> None:
    good = {"name": "base_floor", "insurance": "110", "start_month": 202101, "value": "3000"}
    with pytest.raises(ValueError) as refusal:
        ParameterBook([], [good, {**good, "start_month": 202201, **case["row"]}])
    message = str(refusal.value)
    assert case["says"] in message
    assert "第2行" in message
    assert "\n" not in message


def test_the_row_of_the_file_is_named_where_it_is_known() -> None:
    row = {"name": "base_floor", "start_month": 202101, "value": "三千", "source_file": "参数.csv", "source_row": 17}
    with pytest.raises(ValueError, match=r"参数表参数\.csv第17行"):
        ParameterBook([], [row])


@pytest.mark.parametrize(("row", "month", "value"), CASES["readable"])
def test_rows_as_people_type_them(row: dict[str, Any], month: int, value: Decimal) -> None:
    book = ParameterBook([], [{"name": "person_rate", "insurance": "110", **row}])
    assert _ask(book, "person_rate", "220800", "110", "", month) == value


def test_spreadsheet_numbers_read_as_codes_and_months() -> None:
    row = {"name": "base_floor", "region": 220800.0, "insurance": 110.0, "start_month": 202101.0, "value": 3078.6}
    assert _ask(ParameterBook([], [row]), "base_floor", "220802", "110", "", 202105) == Decimal("3078.6")


def test_the_same_row_twice_is_one_row() -> None:
    row = {"name": "base_floor", "start_month": 202101, "value": "3000"}
    assert _ask(ParameterBook([], [row, dict(row)]), "base_floor", "220800", "110", "", 202105) == 3000


regions = st.sampled_from(["", "220000", "220800", "220802", "110000"])
insurances = st.sampled_from(["", "110", "310"])
kinds = st.sampled_from(["", "flexible", "unit"])
months = st.builds(lambda year, month: year * 100 + month, st.integers(2018, 2021), st.integers(1, 12))
entries = st.builds(
    lambda start, length, **rest: Parameter(
        name="base_floor", start_month=start, end_month=None if length is None else max(start, length), **rest
    ),
    start=months,
    length=st.none() | months,
    value=st.none() | st.integers(1, 3).map(Decimal),
    region=regions,
    insurance=insurances,
    person_kind=kinds,
)


def _place(entry: Parameter) -> tuple[object, ...]:
    return entry.region, entry.insurance, entry.person_kind, entry.start_month


def _row(entry: Parameter) -> dict[str, object]:
    keys = ("name", "region", "insurance", "person_kind", "start_month", "end_month", "value")
    return {key: getattr(entry, key) for key in keys}


@settings(max_examples=60)
@given(
    ours=st.lists(entries, max_size=8, unique_by=_place),
    own=st.lists(entries.filter(lambda entry: entry.value is not None), max_size=5, unique_by=_place),
    region=regions,
    first=st.integers(201711, 202003),
    last=st.integers(201712, 202203),
)
def test_dense_agrees_with_single_questions_everywhere(
    ours: list[Parameter], own: list[Parameter], region: str, first: int, last: int
) -> None:
    book = ParameterBook(ours, [_row(entry) for entry in own])
    asked = range(first, last + 1)
    rows = book.dense(
        "base_floor", region=region, months=asked, insurances=["110", "310", ""], person_kinds=["", "flexible", "unit"]
    )
    for insurance in ("110", "310", ""):
        for kind in ("", "flexible", "unit"):
            mine = [row for row in rows if (row.insurance, row.person_kind) == (insurance, kind)]
            assert all(a.end_month < b.start_month for a, b in pairwise(mine))
            for month in (month for month in asked if 1 <= month % 100 <= 12):
                hit = [row.value for row in mine if row.start_month <= month <= row.end_month]
                expected = _ask(book, "base_floor", region, insurance, kind, month)
                assert hit == ([] if expected is None else [expected])


def test_dense_joins_stretches_of_equal_value() -> None:
    rows = national_book().dense(
        "min_contribution_months", region="220800", months=range(200001, 203201), insurances=["110"], person_kinds=[""]
    )
    assert [tuple(row[2:]) for row in rows] == [(200001, 202912, 180), (203001, 203012, 186), (203101, 203112, 192)]


def test_dense_reaches_the_last_month_there_is() -> None:
    rows = national_book().dense(
        "min_contribution_months", region="", months=range(203901, 999999), insurances=["110"], person_kinds=[""]
    )
    assert [tuple(row[2:]) for row in rows] == [(203901, 210012, 240)]


def test_dense_of_no_months_is_empty() -> None:
    assert national_book().dense("unit_rate", region="", months=range(0), insurances=["110"], person_kinds=[""]) == ()
