"""Unemployment insurance: how many months of benefit the paid contributions give at most.

Business rule and source: 社会保险法第四十五条、第四十六条, 失业保险条例第十七条; a region's own scale where it has
published one (``data/law/unemployment.yaml``).

Invariant: only completed years count; less than one year gives nothing.
"""

from __future__ import annotations

from renshe.policy.law import law
from renshe.policy.parameters import region_chain


def max_benefit_months(paid_years: int, paid_months: int = 0, *, region: str = "") -> int:
    """Return the longest time of benefit in months for contributions of ``paid_years`` and ``paid_months``.

    ``region`` is a GB/T 2260 code; the nearest own scale decides, else the national one. ValueError for negatives.
    """
    if paid_years < 0 or paid_months < 0:
        raise ValueError(f"paid time must not be negative: {paid_years!r} years, {paid_months!r} months")
    known = law("unemployment")
    own = next((known["regions"][code] for code in region_chain(region) if code in known["regions"]), known)
    years = paid_years + paid_months // 12
    months: int = next(months for start, months in reversed(own["scale"]) if years >= start)
    return months
