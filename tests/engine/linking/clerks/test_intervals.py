"""Shares, totals and ratios of a stratified sample: worked cases, and what must hold of any sample."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renshe.engine.linking.judging.intervals import Estimate, Stratum, kappa, share_of_total, total, wilson


def close(found: Estimate | None, estimate: float, low: float, high: float, within: float = 5e-4) -> bool:
    assert found is not None
    return (found.estimate, found.low, found.high) == pytest.approx((estimate, low, high), abs=within)


@pytest.mark.parametrize(
    ("positive", "judged", "low", "high"),
    # Wilson (1927); the values are those of Newcombe (1998), table I, method 3, and of R's prop.test(correct = FALSE).
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_is_as_published(positive: int, judged: int, low: float, high: float) -> None:
    assert close(wilson(positive, judged), positive / judged, low, high)


def test_what_was_judged_whole_is_known() -> None:
    assert wilson(7, 10, 10) == Estimate(0.7, 0.7, 0.7)
    assert close(total([Stratum(10, 10, 7)]), 7, 7, 7)


def test_over_one_stratum_the_interval_is_wilson_s() -> None:
    one = wilson(45, 50, 1000)
    assert close(total([Stratum(1000, 50, 45)]), 1000 * one.estimate, 1000 * one.low, 1000 * one.high)


def test_a_total_over_strata_by_hand() -> None:
    """9 and 2 of 10 each: (0.9; 0.5958, 0.9821) and (0.2; 0.0567, 0.5098), drawn from countless. So, by weights of 900
    and 100, 830 less sqrt((900 x 0.3042)^2 + (100 x 0.1433)^2), or with sqrt((900 x 0.0821)^2 + (100 x 0.3098)^2)."""
    strata = [Stratum(900_000_000, 10, 9), Stratum(100_000_000, 10, 2)]
    found = total(strata)
    assert found is not None
    assert close(found.of(1_000_000), 830, 830 - 274.1, 830 + 80.1, within=0.2)


def test_a_ratio_by_hand() -> None:
    """Donner and Zou, of B/A, A = 100 (80, 120), B = 50 (40, 70): 2400 / (5000 + sqrt(5000^2 - 2400 x 9600)) and
    (5000 + sqrt(5000^2 - 2100 x 9600)) / 9600; 2400 = 40 x (100 - 40), 2100 = 70 x (100 - 70), 9600 = 120 x (200 - 120)
    and = 80 x (200 - 80)."""
    lower, upper = 2400 / (5000 + (5000**2 - 2400 * 9600) ** 0.5), (5000 + (5000**2 - 2100 * 9600) ** 0.5) / 9600
    found = share_of_total(Estimate(100, 80, 120), Estimate(50, 40, 70))
    assert close(found, 2 / 3, 1 / (1 + upper), 1 / (1 + lower), within=1e-9)


def test_where_nothing_was_missed_in_the_sample_recall_has_a_lower_limit_all_the_same() -> None:
    part, rest = total([Stratum(1000, 40, 40)]), total([Stratum(500, 40, 0)])
    assert part is not None and rest is not None
    found = share_of_total(part, rest)
    assert found is not None and found.estimate == found.high == 1
    assert 0.9 < found.low < 0.97


def test_nothing_is_said_where_nothing_was_judged() -> None:
    assert total([Stratum(100, 0, 0)]) is None and total([]) is None
    assert share_of_total(Estimate(0, 0, 3), Estimate(0, 0, 5)) is None


def test_a_stratum_that_nobody_judged_may_be_anything() -> None:
    found = total([Stratum(100, 100, 90), Stratum(50, 0, 0)])
    assert close(found, 135, 90, 140, within=1e-9)


def test_kappa_as_in_a_textbook() -> None:
    pairs = [("same", "same")] * 20 + [("same", "different")] * 5 + [("different", "same")] * 10
    pairs += [("different", "different")] * 15
    assert kappa(pairs) == pytest.approx(0.4)
    assert kappa([("same", "same")] * 9) is None and kappa([]) is None
    assert kappa([("same", "same"), ("different", "different")]) == 1


strata = st.lists(
    st.integers(0, 400).flatmap(
        lambda judged: st.builds(Stratum, st.integers(max(judged, 1), 100_000), st.just(judged), st.integers(0, judged))
    ),
    min_size=1,
    max_size=6,
)


@given(strata, strata)
def test_limits_lie_around_the_estimate_and_within_what_can_be(taken: list[Stratum], others: list[Stratum]) -> None:
    part, rest = total(taken), total(others)
    for found, own in ((part, taken), (rest, others)):
        assert (found is None) == (not any(one.judged for one in own))
        if found is not None:
            assert 0 <= found.low <= found.estimate <= found.high <= sum(one.pairs for one in own) * (1 + 1e-12)
    if part is not None and rest is not None:
        share = share_of_total(part, rest)
        assert (share is None) == (part.estimate + rest.estimate == 0)
        assert share is None or 0 <= share.low <= share.estimate <= share.high <= 1


@given(strata)
def test_the_order_of_strata_does_not_matter(taken: list[Stratum]) -> None:
    one, other = total(taken), total(taken[::-1])
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert close(other, one.estimate, one.low, one.high, within=1e-6 * (1 + one.high))


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Samples of a known population, like those of a link: the truth is inside 95 % of the intervals, or more."""
    rng = random.Random(4)
    population = [(10_000, 9_990), (400, 388), (120, 108)], [(230, 69), (119, 48), (900, 0), (2_400, 5)]
    sizes = [40, 30, 30], [30, 30, 20, 20]
    taken_truth, missed_truth = (sum(positive for _, positive in part) for part in population)
    inside = {"precision": 0, "recall": 0}
    for _ in range(800):
        part, rest = (
            total([_sampled(rng, *own, size) for own, size in zip(known, counts, strict=True)])
            for known, counts in zip(population, sizes, strict=True)
        )
        assert part is not None and rest is not None
        recall = share_of_total(part, rest)
        assert recall is not None
        inside["precision"] += part.low <= taken_truth <= part.high
        inside["recall"] += recall.low <= taken_truth / (taken_truth + missed_truth) <= recall.high
    assert all(count / 800 > 0.93 for count in inside.values()), inside


def _sampled(rng: random.Random, pairs: int, positive: int, size: int) -> Stratum:
    return Stratum(pairs, size, sum(at < positive for at in rng.sample(range(pairs), size)))
