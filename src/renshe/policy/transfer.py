"""Moving a pension relation between provinces: how much money moves, and where the pension is drawn in the end.

Business rule and source: 国办发〔2009〕66号第四条、第六条; 人社厅规〔2017〕7号第八条; figures in
``data/law/transfer.yaml``. The pool moves 12 % of the wages of each year since 1998; the account moves as if recorded
at the standard rate of its time.

Invariant: amounts are rounded once each, half up to the cent; every combination of the three questions on the place
has exactly one answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from renshe.policy.law import in_force, law
from renshe.policy.rounding import Number, decimal_of, round_money

PensionPlace = Literal["HOME_REGION", "CURRENT_REGION", "PRIOR_REGION_OVER_10Y", "HOME_REGION_FALLBACK"]


@dataclass(frozen=True, slots=True)
class AccountPart:
    """A part of an account recorded at one rate from ``month`` (yyyymm) on: its ``amount`` with interest in yuan.

    ``rate`` is the share of the base that went to the account then. Before 1998 the amount is the person's own
    contributions with interest alone, and the rate does not matter.
    """

    month: int
    amount: Number
    rate: Number


def pool_amount(wages_by_year: Mapping[int, Number]) -> Decimal:
    """Return the pool money that moves, in yuan, from the wages (bases summed, yuan) on which each year was paid.

    Years before 1998 do not count; a year paid in part counts with the wages of the months paid.
    """
    rule = law("transfer")["pool"]
    counted = (decimal_of(wage) for year, wage in wages_by_year.items() if year >= rule["first_year"])
    return round_money(sum(counted, Decimal(0)) * rule["rate"])


def account_amount(parts: Iterable[AccountPart]) -> Decimal:
    """Return the account money that moves, in yuan; each part counts at the standard rate of its time.

    ValueError when a part from 1998 on was recorded at a rate that is not above 0.
    """
    return sum((_at_standard_rate(part) for part in parts), Decimal("0.00"))


def _at_standard_rate(part: AccountPart) -> Decimal:
    standards = law("transfer")["account"]["standard_rates"]
    amount = decimal_of(part.amount)
    if part.month < standards[0]["start_month"]:
        return round_money(amount)
    rate = decimal_of(part.rate)
    if rate <= 0:
        raise ValueError(f"the rate of the account part from {part.month} must be more than 0, not {part.rate!r}")
    return round_money(amount * in_force(standards, part.month)["rate"] / rate)


def pension_place(
    relation_in_home_region: bool, current_region_over_10y: bool, has_prior_region_over_10y: bool
) -> PensionPlace:
    """Return where the pension is drawn: by the household's region, else where ten years were paid.

    HOME_REGION: the relation is where the household is. CURRENT_REGION: at least ten years at the present place.
    PRIOR_REGION_OVER_10Y: the last earlier place with ten years. HOME_REGION_FALLBACK: none, so back to the household.
    """
    asked = [relation_in_home_region, current_region_over_10y, has_prior_region_over_10y]
    rows = law("transfer")["pension_place"]["decisions"]
    place: PensionPlace = next(row[3] for row in rows if row[:3] == asked)
    return place
