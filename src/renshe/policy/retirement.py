"""Statutory retirement: at which age and in which month a person retires, and what retirement requires.

Business rule and source: 全国人民代表大会常务委员会关于实施渐进式延迟法定退休年龄的决定（2024年9月13日）, in force
from January 2025; 实施弹性退休制度暂行办法（人社部发〔2024〕94号）; payout months by 国发〔2005〕38号 附件. Figures in
``data/law/retirement.yaml``, ``data/law/payout_months.yaml`` and ``data/parameters/min_contribution.yaml``.

Invariant: births before the reform keep their original age; the delay never shrinks from one birth month to the next;
the scalar and the bulk function agree on every month.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from renshe.policy.law import law
from renshe.policy.parameters import national_book
from renshe.standards.periods import FIRST_YEAR, LAST_YEAR, add_months, is_month, months_between

Category = Literal["male", "female_55", "female_50"]
CATEGORIES: tuple[Category, ...] = get_args(Category)


@dataclass(frozen=True, slots=True)
class FlexibleRange:
    """Ages in months and months (yyyymm) between which retirement is lawful at the person's choice."""

    earliest_age: int
    latest_age: int
    earliest_month: int
    latest_month: int


def statutory_retirement(category: str, birth_month: int) -> tuple[int, int, int]:
    """Return (age in months, month of retirement yyyymm, delay in months) for a birth month yyyymm.

    ``category``: male, female_55 (original age 55) or female_50 (original age 50). ValueError for another category or
    what is no month (1850 to 2100).
    """
    rule = _rule(category)
    steps = months_between(rule["first_birth"], birth_month) // rule["step_births"] + 1
    delay = min(max(steps * rule["delay_per_step"], 0), rule["max_delay"])
    age = rule["original_age"] + delay
    return age, add_months(birth_month, age), delay


def statutory_months(category: str, birth_months: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.int64]:
    """Return the months of statutory retirement (yyyymm) for an array of birth months, 0 where one is no birth month.

    Any shape; the bulk twin of ``statutory_retirement``. ValueError for an unknown category.
    """
    table = _retirement_table(category)
    births = birth_months.astype(np.int64, copy=False)
    known = (births >= 0) & (births < len(table))
    months: npt.NDArray[np.int64] = table[np.where(known, births, 0)]
    return months


def flexible_range(category: str, birth_month: int) -> FlexibleRange:
    """Return the earliest and latest lawful retirement of a person; errors as ``statutory_retirement``.

    Early retirement never goes below the original age; the late one is open to those alone who reach the statutory
    age under the new rule. (Early retirement also requires the minimum contribution, which is not judged here.)
    """
    rule = law("retirement")["flexible"]
    age, month, _ = statutory_retirement(category, birth_month)
    earliest = max(age - rule["early_max"], _rule(category)["original_age"])
    latest = age + rule["delay_max"] if month >= rule["start_month"] else age
    return FlexibleRange(earliest, latest, add_months(birth_month, earliest), add_months(birth_month, latest))


def minimum_contribution_months(retire_year: int) -> int:
    """Return the months of contribution that a monthly pension requires for retirement in ``retire_year``.

    ValueError for years before 2000 or after 2100: no figure is held there.
    """
    months = national_book().value(
        "min_contribution_months", region="", insurance="110", person_kind="", month=retire_year * 100 + 1
    )
    if months is None:
        raise ValueError(f"no minimum contribution is known for the year {retire_year!r}, only for 2000 to 2100")
    return int(months)


def contribution_gap(paid_months: int, retire_year: int) -> int:
    """Return how many months are missing to the minimum contribution, 0 when it is reached; errors as there."""
    return max(minimum_contribution_months(retire_year) - paid_months, 0)


def payout_months(age_months: int, *, retire_month: int | None = None) -> Decimal:
    """Return the months over which the account is paid out (计发月数) for an age at retirement in months.

    Interpolated between birthdays, half up to a tenth; with a ``retire_month`` (yyyymm) before 2025 the completed
    year counts, as it did then. ValueError outside the ages of the table (40 to 70).
    """
    table = law("payout_months")
    years: dict[int, int] = table["months_by_age"]
    year, month = divmod(age_months, 12)
    following = years.get(year + 1, None if month else 0)
    if year not in years or following is None:
        raise ValueError(
            f"payout months are known for ages {min(years)} to {max(years)}, not for {age_months!r} months"
        )
    by_month = table["by_month"]
    if month == 0 or (retire_month is not None and retire_month < by_month["start_month"]):
        return Decimal(years[year])
    exact = years[year] - Decimal((years[year] - following) * month) / 12
    return exact.quantize(by_month["step"], rounding=ROUND_HALF_UP)


def _rule(category: str) -> dict[str, Any]:
    categories: dict[str, dict[str, Any]] = law("retirement")["statutory"]["categories"]
    if category not in categories:
        raise ValueError(f"category must be one of {', '.join(categories)}, not {category!r}")
    return categories[category]


@lru_cache(maxsize=len(CATEGORIES))
def _retirement_table(category: str) -> npt.NDArray[np.int64]:
    """Return the retirement month at the position of each birth month, 0 at every other position."""
    _rule(category)
    table = np.zeros(LAST_YEAR * 100 + 13, dtype=np.int64)
    for birth in range(FIRST_YEAR * 100 + 1, len(table)):
        if is_month(birth):
            table[birth] = statutory_retirement(category, birth)[1]
    table.setflags(write=False)
    return table
