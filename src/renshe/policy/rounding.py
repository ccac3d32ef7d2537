"""Money is rounded once, at the end of a formula, by a rounding that has a name.

Source: the practice of the assessment forms: amounts to the cent (四舍五入到分); some agencies still book to the jiao,
half up (四舍五入到角) or always up (见分进角). Which of them an amount follows is said where it is computed.

Invariant: arithmetic is decimal from the first figure to the last; a float that a spreadsheet hands in counts as the
shortest decimal that prints it (0.08 is eight hundredths), never as its binary neighbour.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, ROUND_UP, Decimal, InvalidOperation
from typing import Literal

Number = Decimal | int | float | str
"""What formulas accept for a figure: text such as "4500.00" or a number; see the module's invariant on floats."""

Rounding = Literal["cent_half_up", "jiao_half_up", "jiao_up"]

_MODES: dict[Rounding, tuple[Decimal, str]] = {
    "cent_half_up": (Decimal("0.01"), ROUND_HALF_UP),
    "jiao_half_up": (Decimal("0.1"), ROUND_HALF_UP),
    "jiao_up": (Decimal("0.1"), ROUND_UP),
}
_CENT = Decimal("0.01")


def decimal_of(figure: Number) -> Decimal:
    """Return ``figure`` as an exact, finite Decimal; ValueError for text that is no number, NaN and infinity."""
    try:
        value = figure if isinstance(figure, Decimal) else Decimal(str(figure).strip())
    except InvalidOperation:
        raise ValueError(f"not a number: {figure!r}") from None
    if not value.is_finite():
        raise ValueError(f"not a finite number: {figure!r}")
    return value


def round_money(amount: Decimal, rounding: Rounding = "cent_half_up") -> Decimal:
    """Return ``amount`` (yuan) rounded by the named rounding, with two decimals; negatives mirror positives."""
    step, mode = _MODES[rounding]
    return amount.quantize(step, rounding=mode).quantize(_CENT)
