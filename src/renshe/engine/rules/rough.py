"""Amounts as floating-point numbers, with how far off they may be: which rows need exact arithmetic at all.

Exact decimals of 38 digits cost a hundred times what floating point costs, and on nearly every row a comparison is far
from being close. So a comparison of computed amounts may be preceded by the same comparison in floating point, wide
enough that it holds wherever the exact one does; the exact one then decides, on few rows. No amount is ever rounded,
kept or shown in floating point.

Invariant: ``|exact - value| <= slack + EPSILON * size``, and ``value`` is null exactly where the amount is.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

# Each of a rule's few operations is off by 2^-53 of its size; this leaves four digits to spare.
EPSILON = "1e-12"
_LEAST = Decimal("0.000000001")


@dataclass(frozen=True, slots=True)
class Rough:
    """SQL of an amount as a double, of how large what it was computed from is, and the error that rounding adds.

    ``steps`` counts the operations that went into it: a column alone is compared exactly at no cost.
    """

    value: str
    size: str
    slack: Decimal = Decimal(0)
    steps: int = 0


def of_value(text: str) -> Rough:
    """Return a column or a constant as a double."""
    value = f"CAST({text} AS DOUBLE)"
    return Rough(value, f"abs({value})")


def computed(op: str, left: Rough | None, right: Rough | None) -> Rough | None:
    """Return the result of ``+ - *``; None where the error cannot be told."""
    if left is None or right is None:
        return None
    value, steps = f"({left.value} {op} {right.value})", left.steps + right.steps + 1
    if op != "*":
        return Rough(value, f"({left.size} + {right.size})", left.slack + right.slack, steps)
    if left.slack or right.slack:
        return None
    return Rough(value, f"({left.size} * {right.size})", Decimal(0), steps)


def absolute(of: Rough | None) -> Rough | None:
    """Return the amount without its sign."""
    return None if of is None else Rough(f"abs({of.value})", of.size, of.slack, of.steps)


def rounded(of: Rough | None, by: Decimal) -> Rough | None:
    """Return the amount where it is rounded by at most ``by``."""
    return None if of is None else Rough(of.value, of.size, of.slack + by, of.steps + 1)


def first_known(of: list[Rough | None]) -> Rough | None:
    """Return the first of several amounts that is not null."""
    known = [one for one in of if one is not None]
    if len(known) < len(of):
        return None
    value, size = (", ".join(texts) for texts in ([one.value for one in known], [one.size for one in known]))
    return Rough(
        f"coalesce({value})", f"coalesce({size})", max(one.slack for one in known), sum(one.steps for one in known)
    )


def necessary(op: str, left: Rough | None, right: Rough | None) -> str | None:
    """Return SQL that holds wherever ``left op right`` does exactly; None where that is not worth asking first."""
    if left is None or right is None or op == "<>" or not left.steps + right.steps:
        return None
    margin = f"({left.slack + right.slack + _LEAST:f}::DOUBLE + {EPSILON}::DOUBLE * ({left.size} + {right.size}))"
    difference = f"({left.value} - {right.value})"
    if op == "=":
        return f"(abs({difference}) <= {margin})"
    return f"({difference} >= -{margin})" if op in (">", ">=") else f"({difference} <= {margin})"
