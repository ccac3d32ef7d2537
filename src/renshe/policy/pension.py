"""Pensions at retirement: the basic part by wages and years, the account part by balance and payout months.

Business rule and source: 国发〔2005〕38号: basic pension = (base + base × index) / 2 × years × 1 %; account pension =
balance / payout months. 国发〔2014〕8号: a resident's pension = lowest basic pension + local extra + balance / 139.

Invariant: each part is rounded once, half up to the cent, and the whole is the sum of the rounded parts, as the
assessment forms print it.
"""

from __future__ import annotations

from decimal import Decimal

from renshe.policy.law import law
from renshe.policy.rounding import Number, decimal_of, round_money


def basic_pension(base: Number, index: Number, years: Number) -> Decimal:
    """Return the monthly basic pension in yuan.

    ``base`` is the region's pension base (计发基数, yuan a month), ``index`` the person's average contribution index,
    ``years`` the contribution years, deemed ones included (pass months / 12 exactly: a form's two decimals of a year
    can cost a cent).
    """
    mean_base = decimal_of(base) * (1 + decimal_of(index)) / 2
    return round_money(mean_base * decimal_of(years) * law("pension")["basic"]["share_per_year"])


def account_pension(balance: Number, months: Number) -> Decimal:
    """Return the monthly account pension in yuan: ``balance`` (yuan) over ``months``; ValueError unless months > 0."""
    divisor = decimal_of(months)
    if divisor <= 0:
        raise ValueError(f"payout months must be more than 0, not {months!r}")
    return round_money(decimal_of(balance) / divisor)


def resident_pension(balance: Number, basic: Number, extra: Number = 0) -> Decimal:
    """Return a resident's monthly pension in yuan: lowest basic pension, local ``extra`` and account part."""
    account = account_pension(balance, law("pension")["resident"]["payout_months"])
    return account + round_money(decimal_of(basic)) + round_money(decimal_of(extra))
