"""Work-injury insurance: what a disability grade and a death give.

Business rule and source: 工伤保险条例（2010年修订）第三十五条至第三十九条、第六十四条; figures in
``data/law/injury.yaml``. Local lump sums on leaving the job (一次性医疗补助金 and 就业补助金) are the provinces' and
not computed here.

Invariant: an amount is computed from the own wage as the regulation bounds it, and rounded once, half up to the cent.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from renshe.policy.law import in_force, law
from renshe.policy.rounding import Number, decimal_of, round_money


def lump_sum_months(grade: int, *, month: int | None = None) -> int:
    """Return how many months of the own wage the disability ``grade`` (1 to 10) gives once (一次性伤残补助金).

    ``month`` (yyyymm) asks for the law of that month instead of today's. ValueError for another grade, or for a
    month before January 2011, whose figures are not held.
    """
    months: int = _graded("lump_sum_months", grade, month)
    return months


def lump_sum(grade: int, own_wage: Number, *, month: int | None = None) -> Decimal:
    """Return the lump sum in yuan for a disability ``grade`` and an own wage (yuan a month); errors as above."""
    return round_money(lump_sum_months(grade, month=month) * decimal_of(own_wage))


def allowance_ratio(grade: int, *, month: int | None = None) -> Decimal | None:
    """Return the monthly allowance (伤残津贴) as a share of the own wage, None for grades 7 to 10, which have none."""
    lump_sum_months(grade, month=month)
    ratio: Decimal | None = _version(month)["allowance_ratio"].get(grade)
    return ratio


def allowance(grade: int, own_wage: Number, *, month: int | None = None) -> Decimal | None:
    """Return the monthly allowance in yuan, None for grades 7 to 10; errors as ``lump_sum_months``."""
    ratio = allowance_ratio(grade, month=month)
    return None if ratio is None else round_money(ratio * decimal_of(own_wage))


def funeral_grant(average_wage: Number, *, month: int | None = None) -> Decimal:
    """Return the funeral grant (丧葬补助金) in yuan; ``average_wage`` is the region's, monthly, of the year before."""
    return round_money(_version(month)["funeral_months"] * decimal_of(average_wage))


def own_wage(wage: Number, average_wage: Number, *, month: int | None = None) -> Decimal:
    """Return the own wage (本人工资) in yuan: the mean monthly base of the 12 months before the injury, bounded by the
    region's ``average_wage`` (60 % and 300 %)."""
    version, average = _version(month), decimal_of(average_wage)
    bounded = min(max(decimal_of(wage), version["own_wage_floor"] * average), version["own_wage_ceiling"] * average)
    return round_money(bounded)


def _version(month: int | None) -> Mapping[str, Any]:
    return in_force(law("injury")["versions"], month)


def _graded(item: str, grade: int, month: int | None) -> Any:
    by_grade: Mapping[int, Any] = _version(month)[item]
    if grade not in by_grade:
        raise ValueError(f"disability grade must be {min(by_grade)} to {max(by_grade)}, not {grade!r}")
    return by_grade[grade]
