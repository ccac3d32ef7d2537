"""Contributions: what is due for a month.

Business rule and source: 社会保险法第十二条 and GB/T 40217-2021 附录B: due = base × rate, for the unit and for the
person apart. The rates of a month come from ``renshe.policy.parameters``.

Invariant: each due is rounded by itself, so a total is the sum of rounded parts and may differ from base × total rate.
"""

from __future__ import annotations

from decimal import Decimal

from renshe.policy.rounding import Number, Rounding, decimal_of, round_money


def due(base: Number, rate: Number, rounding: Rounding = "cent_half_up") -> Decimal:
    """Return the amount due in yuan for a monthly ``base`` (yuan) at ``rate`` (a share: 0.08), by the named rounding.

    The part credited to the personal account is the same formula with the credit rate. ValueError for what is no
    number.
    """
    return round_money(decimal_of(base) * decimal_of(rate), rounding)
