"""Shares and totals estimated from a stratified sample, with their intervals; how far two judges agree.

Method: of each stratum a simple random sample is judged. Its share has a Wilson score interval (corrected for a finite
population: what was judged whole is known). Totals over strata, and ratios of totals, get their limits from those
of the strata by the method of variance estimates recovery (MOVER; Zou and Donner 2008; for ratios Donner and Zou 2012),
which needs no normal approximation where shares are near 0 or 1. Agreement is Cohen's kappa (1960).

Invariant: low <= estimate <= high. Over one stratum the interval is Wilson's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt
from statistics import NormalDist

CONFIDENCE = 0.95
_Z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)


@dataclass(frozen=True, slots=True)
class Stratum:
    """``pairs`` in all, of them ``judged``, of these ``positive``."""

    pairs: int
    judged: int
    positive: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with the limits of its interval."""

    estimate: float
    low: float
    high: float

    def of(self, whole: float) -> Estimate:
        """Return the share of ``whole`` that this is."""
        return Estimate(self.estimate / whole, self.low / whole, self.high / whole)


def wilson(positive: int, judged: int, pairs: int | None = None) -> Estimate:
    """Return the share of positives with Wilson's interval; ``pairs``: of how many were drawn, if not of countless."""
    share = positive / judged
    if pairs is not None and judged >= pairs:
        return Estimate(share, share, share)
    size = judged if pairs is None else judged * (pairs - 1) / (pairs - judged)
    spread = _Z * _Z / size
    middle = (share + spread / 2) / (1 + spread)
    half = sqrt(spread * share * (1 - share) + spread * spread / 4) / (1 + spread)
    return Estimate(share, min(max(middle - half, 0.0), share), max(min(middle + half, 1.0), share))


def total(strata: Sequence[Stratum]) -> Estimate | None:
    """Return how many positives there are in all strata together; None where nothing was judged.

    Of a stratum of which nothing was judged nothing is known: anything from none to all.
    """
    judged = [one for one in strata if one.judged]
    if not judged:
        return None
    known = [wilson(one.positive, one.judged, one.pairs) for one in judged]
    mean = sum(one.pairs * share.estimate for one, share in zip(judged, known, strict=True)) / sum(
        one.pairs for one in judged
    )
    shares = dict(zip(map(id, judged), known, strict=True))
    parts = [(one.pairs, shares.get(id(one), Estimate(mean, 0.0, 1.0))) for one in strata]
    value = sum(pairs * share.estimate for pairs, share in parts)
    below = sqrt(sum((pairs * (share.estimate - share.low)) ** 2 for pairs, share in parts))
    above = sqrt(sum((pairs * (share.high - share.estimate)) ** 2 for pairs, share in parts))
    return Estimate(value, max(value - below, 0.0), min(value + above, float(sum(one.pairs for one in strata))))


def share_of_total(part: Estimate, rest: Estimate) -> Estimate | None:
    """Return what share ``part`` has of ``part`` and ``rest`` together, two totals that were estimated apart."""
    if part.estimate + rest.estimate == 0:
        return None
    low, high = _ratio(rest, part)
    value = part.estimate / (part.estimate + rest.estimate)
    return Estimate(value, min(1 / (1 + high), value), max(1 / (1 + low), value))


def _ratio(one: Estimate, other: Estimate) -> tuple[float, float]:
    """Return the limits of ``one`` over ``other``, both estimated apart and not negative."""
    product = one.estimate * other.estimate
    lows = one.low * (2 * one.estimate - one.low), other.high * (2 * other.estimate - other.high)
    highs = one.high * (2 * one.estimate - one.high), other.low * (2 * other.estimate - other.low)
    # Written so that nothing is divided by zero where a limit reaches twice the estimate.
    root = sqrt(max(product * product - lows[0] * lows[1], 0.0))
    low = lows[0] / (product + root) if product + root > 0 else 0.0
    if highs[1] <= 0:
        return max(low, 0.0), inf
    return max(low, 0.0), (product + sqrt(max(product * product - highs[0] * highs[1], 0.0))) / highs[1]


def kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Return Cohen's kappa of what two judges said of the same things; None where chance alone agrees always."""
    if not pairs:
        return None
    kinds = {kind for pair in pairs for kind in pair}
    size = len(pairs)
    agree = sum(one == other for one, other in pairs) / size
    chance = sum(sum(one == kind for one, _ in pairs) * sum(other == kind for _, other in pairs) for kind in kinds) / (
        size * size
    )
    return None if chance == 1 else (agree - chance) / (1 - chance)
