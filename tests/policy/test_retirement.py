"""Statutory retirement against the published look-up table, and the bulk function against the scalar one."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renshe.policy.law import read_yaml
from renshe.policy.retirement import (
    CATEGORIES,
    contribution_gap,
    flexible_range,
    minimum_contribution_months,
    payout_months,
    statutory_months,
    statutory_retirement,
)

CASES = Path(__file__).parent / "cases"
AGES = read_yaml(CASES / "retirement_ages.yaml")
CONDITIONS = read_yaml(CASES / "retirement_conditions.yaml")
PAYOUT = read_yaml(CASES / "payout_months.yaml")

birth_months = st.builds(lambda year, month: year * 100 + month, st.integers(1850, 2100), st.integers(1, 12))
categories = st.sampled_from(CATEGORIES)


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_row_of_the_published_look_up_table(category: str) -> None:
    rows = read_yaml(CASES / "retirement_lookup.yaml")[category]
    assert len(rows) >= 144
    assert [[birth, *statutory_retirement(category, birth)] for birth, *_ in rows] == [
        [birth, age, retire, delay] for birth, age, retire, delay in rows
    ]


@pytest.mark.parametrize("case", AGES, ids=lambda case: f"{case['category']}-{case['birth_month']}")
def test_single_ages_of_other_sources(case: dict[str, object]) -> None:
    age, month, delay = statutory_retirement(case["category"], case["birth_month"])
    assert age == case["age"]
    assert case["retire_month"] in (None, month)
    assert case["delay"] in (None, delay)


@given(categories, birth_months)
def test_delay_never_shrinks_and_retirement_is_birth_plus_age(category: str, birth: int) -> None:
    age, month, delay = statutory_retirement(category, birth)
    following = birth + 1 if birth % 100 < 12 else birth + 89
    assert (month // 100 - birth // 100) * 12 + month % 100 - birth % 100 == age
    assert 0 <= delay <= 60
    if following <= 210012:
        assert 0 <= statutory_retirement(category, following)[2] - delay <= 1


@given(categories, st.lists(birth_months | st.integers(-(10**6), 10**6), max_size=30))
def test_bulk_agrees_with_scalar_and_gives_0_where_it_refuses(category: str, births: list[int]) -> None:
    def scalar(birth: int) -> int:
        try:
            return statutory_retirement(category, birth)[1]
        except ValueError:
            return 0

    found = statutory_months(category, np.array(births, dtype=np.int64))
    assert found.tolist() == [scalar(birth) for birth in births]


def test_bulk_takes_small_integers_and_no_rows() -> None:
    assert statutory_months("male", np.array([196501, 0], dtype=np.int32)).tolist() == [202502, 0]
    assert statutory_months("male", np.array([], dtype=np.int32)).tolist() == []


@pytest.mark.parametrize("birth", [0, 1965, 196500, 196513, 19650101, 184912, 210101, -196501])
def test_what_is_no_birth_month_is_refused(birth: int) -> None:
    with pytest.raises(ValueError, match="yyyymm"):
        statutory_retirement("male", birth)


def test_unknown_category_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="female_50"):
        statutory_retirement("female", 197001)
    with pytest.raises(ValueError, match="female_50"):
        statutory_months("female", np.array([197001]))


@pytest.mark.parametrize("case", CONDITIONS["flexible"], ids=str)
def test_flexible_wish_ends_within_the_lawful_band(case: dict[str, int | str]) -> None:
    category, birth = str(case["category"]), int(case["birth_month"])
    band = flexible_range(category, birth)
    statutory = statutory_retirement(category, birth)[0]
    assert min(max(statutory + int(case["wish"]), band.earliest_age), band.latest_age) == case["age"]


def test_flexible_months_follow_the_ages() -> None:
    band = flexible_range("male", 199006)
    assert (band.earliest_age, band.earliest_month) == (720, 205006)
    assert (band.latest_age, band.latest_month) == (792, 205606)


@pytest.mark.parametrize(("year", "months"), CONDITIONS["minimum"].items())
def test_minimum_contribution_by_year_of_retirement(year: int, months: int) -> None:
    assert minimum_contribution_months(year) == months


@pytest.mark.parametrize("year", [1999, 0, 2101, 203001])
def test_minimum_contribution_is_not_guessed(year: int) -> None:
    with pytest.raises(ValueError, match="2000"):
        minimum_contribution_months(year)


@pytest.mark.parametrize(("category", "birth", "paid", "retires", "gap"), CONDITIONS["gaps"])
def test_months_missing_to_the_minimum(category: str, birth: int, paid: int, retires: int, gap: int) -> None:
    month = statutory_retirement(category, birth)[1]
    assert month == retires
    assert contribution_gap(paid, month // 100) == gap


def test_payout_months_of_every_age() -> None:
    assert len(PAYOUT["interpolated"]) == 361
    assert {age: payout_months(age) for age in PAYOUT["interpolated"]} == PAYOUT["interpolated"]


@pytest.mark.parametrize("form", PAYOUT["forms"], ids=lambda form: str(form["age_months"]))
def test_payout_months_of_assessment_forms(form: dict[str, object]) -> None:
    assert payout_months(form["age_months"]) == form["months"]


def test_before_the_reform_completed_years_count() -> None:
    assert payout_months(722, retire_month=202412) == 139
    assert str(payout_months(722, retire_month=202501)) == "137.8"


@pytest.mark.parametrize("age", [479, 841, 0, -1])
def test_payout_months_are_not_guessed_outside_the_table(age: int) -> None:
    with pytest.raises(ValueError, match="40 to 70"):
        payout_months(age)
