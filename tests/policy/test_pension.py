"""Pensions to the cent against published assessment forms."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from renshe.policy.law import read_yaml
from renshe.policy.pension import account_pension, basic_pension, resident_pension
from renshe.policy.rounding import round_money

CASES = Path(__file__).parent / "cases"
ASSESSMENTS = read_yaml(CASES / "pension_assessments.yaml")


@pytest.mark.parametrize("case", ASSESSMENTS, ids=lambda case: case["place"])
def test_assessment_forms_follow_to_the_last_printed_digit(case: dict[str, Any]) -> None:
    years = Decimal(case["months"]) / 12 if "months" in case else case["years"]
    rounding = case.get("rounding", "cent_half_up")
    assert round_money(basic_pension(case["base"], case["index"], years), rounding) == case["basic"]
    assert round_money(account_pension(case["balance"], case["payout_months"]), rounding) == case["account"]


def test_all_published_forms_are_there() -> None:
    assert len(ASSESSMENTS) == 55


@pytest.mark.parametrize("case", read_yaml(CASES / "pension_totals.yaml"), ids=str)
def test_a_total_is_the_sum_of_its_rounded_parts(case: dict[str, Any]) -> None:
    basic = basic_pension(case["base"], case["index"], case["years"])
    account = account_pension(case["balance"], case["payout_months"])
    assert (basic, account) == (case["basic"], case["account"])
    assert basic + account + case["others"] == case["total"]


@pytest.mark.parametrize("case", read_yaml(CASES / "resident_pensions.yaml"), ids=str)
def test_resident_pension(case: dict[str, Any]) -> None:
    assert account_pension(case["balance"], 139) == case["account"]
    assert resident_pension(case["balance"], case["basic"], case["extra"]) == case["total"]


def test_amounts_come_with_two_decimals_from_any_kind_of_figure() -> None:
    assert str(basic_pension(10000, 1, 30)) == "3000.00"
    assert basic_pension("12434", 0.7986, "32") == basic_pension(Decimal(12434), Decimal("0.7986"), 32)


@pytest.mark.parametrize("months", [0, "-1"])
def test_no_payout_without_months(months: int | str) -> None:
    with pytest.raises(ValueError, match="more than 0"):
        account_pension(1000, months)
