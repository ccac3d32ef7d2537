"""Personal accounts: how a year closes.

Business rule and source: GB/T 40217-2021 附录B (personal account): closing = opening + principal + interest +
transferred in + adjustment − paid out. The opening of a year is the closing of the year before.

Invariant: only exact sums; nothing is rounded here, since every part is already booked in cents.
"""

from __future__ import annotations

from decimal import Decimal

from renshe.policy.rounding import Number, decimal_of


def closing(
    opening: Number,
    principal: Number,
    interest: Number,
    transfer_in: Number = 0,
    adjust: Number = 0,
    paid_out: Number = 0,
) -> Decimal:
    """Return the closing balance in yuan; ``adjust`` may be negative, ``paid_out`` counts positive."""
    booked_in = sum((decimal_of(part) for part in (opening, principal, interest, transfer_in, adjust)), Decimal(0))
    return booked_in - decimal_of(paid_out)
