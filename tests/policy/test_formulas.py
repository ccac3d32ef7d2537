"""Contribution, account, transfer, unemployment and work injury against published cases."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renshe.policy.account import closing
from renshe.policy.contribution import due
from renshe.policy.injury import allowance, allowance_ratio, funeral_grant, lump_sum, lump_sum_months, own_wage
from renshe.policy.law import read_yaml
from renshe.policy.rounding import decimal_of, round_money
from renshe.policy.transfer import AccountPart, account_amount, pension_place, pool_amount
from renshe.policy.unemployment import max_benefit_months

CASES = Path(__file__).parent / "cases"
CONTRIBUTION = read_yaml(CASES / "contribution.yaml")
TRANSFER = read_yaml(CASES / "transfer.yaml")
INJURY = read_yaml(CASES / "injury.yaml")
PLACES = read_yaml(CASES / "pension_place.yaml")

money = st.decimals(min_value="-1e9", max_value="1e9", places=2)


@pytest.mark.parametrize("case", CONTRIBUTION["dues"], ids=lambda case: case["what"])
def test_dues_of_the_national_standard(case: dict[str, Any]) -> None:
    assert due(case["base"], case["rate"]) == case["due"]


@pytest.mark.parametrize("case", CONTRIBUTION["roundings"], ids=lambda case: case["what"])
def test_dues_follow_the_named_rounding(case: dict[str, Any]) -> None:
    assert due(case["base"], case["rate"], case["rounding"]) == case["due"]


@given(st.decimals(min_value="-1e9", max_value="1e9", places=6))
def test_rounding_half_up_is_never_further_than_half_a_cent(amount: Decimal) -> None:
    rounded = round_money(amount)
    assert abs(rounded - amount) <= Decimal("0.005")
    assert round_money(-amount) == -rounded
    assert rounded.as_tuple().exponent == -2


@pytest.mark.parametrize("text", ["", "8%", "NaN", "inf", "一千"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        decimal_of(text)


def test_a_float_counts_as_what_it_prints() -> None:
    assert due(4500, 0.08) == Decimal("360.00")
    assert decimal_of(1.005) == Decimal("1.005")


@pytest.mark.parametrize("case", read_yaml(CASES / "account.yaml"), ids=lambda case: case["why"])
def test_account_years_close(case: dict[str, Any]) -> None:
    assert closing(*case["parts"]) == case["closing"]


@given(st.lists(money, min_size=6, max_size=6))
def test_closing_loses_no_cent(parts: list[Decimal]) -> None:
    end = closing(*parts)
    opening, *booked, paid_out = (int(part.scaleb(2)) for part in parts)
    assert int(end.scaleb(2)) == opening + sum(booked) - paid_out


@pytest.mark.parametrize("case", TRANSFER["pools"], ids=str)
def test_pool_money_that_moves(case: dict[str, Any]) -> None:
    assert pool_amount(case["wages"]) == case["pool"]


@pytest.mark.parametrize("case", TRANSFER["accounts"], ids=str)
def test_account_money_that_moves(case: dict[str, Any]) -> None:
    assert account_amount(AccountPart(*part) for part in case["parts"]) == case["account"]


def test_account_part_needs_the_rate_it_was_recorded_at() -> None:
    with pytest.raises(ValueError, match="200601"):
        account_amount([AccountPart(200601, 100, 0)])


@pytest.mark.parametrize(("home", "current", "prior", "place"), PLACES)
def test_place_of_the_pension(home: bool, current: bool, prior: bool, place: str) -> None:
    assert pension_place(home, current, prior) == place


def test_every_answer_on_the_place_is_covered() -> None:
    assert len({tuple(row[:3]) for row in PLACES}) == 8


@pytest.mark.parametrize(("years", "months", "region", "expected"), read_yaml(CASES / "unemployment.yaml"))
def test_longest_unemployment_benefit(years: int, months: int, region: str, expected: int) -> None:
    assert max_benefit_months(years, months, region=region) == expected


def test_negative_time_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        max_benefit_months(-1, 0)


@pytest.mark.parametrize(("grade", "months"), INJURY["months"].items())
def test_injury_lump_sum_months(grade: int, months: int) -> None:
    assert lump_sum_months(grade) == months


@pytest.mark.parametrize(("grade", "wage", "expected"), INJURY["lump_sums"])
def test_injury_lump_sums(grade: int, wage: int, expected: int) -> None:
    assert lump_sum(grade, wage) == expected


@pytest.mark.parametrize(("grade", "ratio"), INJURY["ratios"].items())
def test_injury_allowance_ratios(grade: int, ratio: Decimal | None) -> None:
    assert allowance_ratio(grade) == ratio


@pytest.mark.parametrize(("grade", "wage", "expected"), INJURY["allowances"])
def test_injury_allowances(grade: int, wage: int, expected: int | None) -> None:
    assert allowance(grade, wage) == expected


@pytest.mark.parametrize(("average", "expected"), INJURY["funerals"])
def test_funeral_grant(average: int, expected: int) -> None:
    assert funeral_grant(average) == expected


@pytest.mark.parametrize(("wage", "average", "expected"), INJURY["own_wages"])
def test_own_wage_is_bounded(wage: int, average: int, expected: Decimal) -> None:
    assert own_wage(wage, average) == expected


@pytest.mark.parametrize("grade", [0, 11, -1])
def test_unknown_grades_are_refused(grade: int) -> None:
    with pytest.raises(ValueError, match="1 to 10"):
        lump_sum_months(grade)
    with pytest.raises(ValueError, match="1 to 10"):
        allowance_ratio(grade)


def test_law_of_a_month_that_is_not_held_is_refused() -> None:
    assert lump_sum_months(1, month=201101) == 27
    with pytest.raises(ValueError, match="201101"):
        lump_sum_months(1, month=201012)
