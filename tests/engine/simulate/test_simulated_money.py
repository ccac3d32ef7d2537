"""Invented money adds up to the cent: dues, credits, accounts, ledgers, benefits."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renshe.engine.simulate.benefits import DETAIL
from renshe.engine.simulate.block import Block, Scene
from renshe.engine.simulate.model import NULL, Rows, data, month_index
from renshe.engine.simulate.money import NORMAL, half_up

PAYING = ("pension", "medical", "unemployment")


def monthly(rows: Rows) -> np.ndarray:
    """Monthly rows with a base."""
    return np.asarray((rows["base"] != NULL) & (rows["period"] % 100 > 0))


@given(st.integers(0, 10**8), st.integers(0, 10_000))
def test_rounding_is_half_up_to_the_cent(cents: int, rate: int) -> None:
    exact = (Decimal(cents) * rate / 10_000).quantize(Decimal(1), ROUND_HALF_UP)
    assert int(half_up(np.array([cents * rate]))[0]) == int(exact)


@pytest.mark.parametrize("system", PAYING)
def test_due_is_base_times_rate_of_every_row_but_the_funds_own(block: Block, system: str) -> None:
    rows = block.tables[system, "contribution"]
    some = monthly(rows) & (rows["_payer"] != 3)
    for side in ("unit", "person"):
        size = half_up(np.abs(rows["base"]) * rows[f"{side}_rate"]) * np.sign(rows["base"])
        assert (rows[f"{side}_due"][some] == size[some]).all()


@pytest.mark.parametrize("system", PAYING)
def test_the_net_of_every_month_is_lawful(scene: Scene, block: Block, system: str) -> None:
    rows = block.tables[system, "contribution"]
    some = monthly(rows)
    key = (rows["_person"] * 1000 + rows["insurance"]) * 1_000_000 + rows["period"]
    _, inverse = np.unique(key[some], return_inverse=True)

    def net(name: str) -> np.ndarray:
        return np.bincount(inverse, weights=rows[name][some].astype(float))

    for side in ("unit", "person"):
        assert (net(f"{side}_paid") >= 0).all()
        assert (net(f"{side}_paid") <= net(f"{side}_due")).all()
        assert (net(f"{side}_credited") <= net(f"{side}_paid")).all()


@pytest.mark.parametrize("system", PAYING)
def test_bases_of_normal_months_keep_to_floor_and_ceiling(scene: Scene, block: Block, system: str) -> None:
    rows = block.tables[system, "contribution"]
    some = monthly(rows) & (rows["kind"] == NORMAL)
    floor, ceiling = scene.parameters.limits(month_index(rows["period"][some]))
    assert (rows["base"][some] >= floor).all()
    assert (rows["base"][some] <= ceiling).all()


def test_a_second_normal_row_of_a_month_has_its_reversal(block: Block) -> None:
    rows = block.tables["pension", "contribution"]
    some = (rows["kind"] == NORMAL) & np.isin(rows["insurance"], (110, 120)) & (rows["arrived"] == 1)
    key = rows["_person"] * 1_000_000 + rows["period"]
    values, counts = np.unique(key[some], return_counts=True)
    reversed_ = np.unique(key[rows["kind"] == 9001])
    assert counts.max() == 2
    assert np.isin(values[counts == 2], reversed_).all()


def test_what_has_not_arrived_has_paid_and_credited_nothing(block: Block) -> None:
    for system in PAYING:
        rows = block.tables[system, "contribution"]
        waiting = rows["arrived"] == 0
        assert waiting.any()
        for name in ("unit_paid", "person_paid", "unit_credited", "person_credited"):
            assert (rows[name][waiting] == 0).all()
        assert (rows["paid_month"][waiting] == NULL).all()


@pytest.mark.parametrize("system", ("pension", "resident"))
def test_accounts_roll_from_year_to_year(block: Block, system: str) -> None:
    rows = block.tables[system, "account"]
    total = sum(rows[name] for name in ("opening", "principal", "interest", "transfer_in", "adjust"))
    assert (rows["closing"] == total - rows["paid_out"]).all()
    assert (rows["closing"] >= 0).all()
    closing = {(p, y): c for p, y, c in zip(rows["_person"], rows["year"], rows["closing"], strict=True)}
    for person, year, opening in zip(rows["_person"], rows["year"], rows["opening"], strict=True):
        if (person, year - 1) in closing:
            assert opening == closing[person, year - 1]


@pytest.mark.parametrize("system,insurances", [("pension", (110, 120)), ("resident", (170,))])
def test_principal_is_what_arrived_and_was_credited_in_the_year(
    block: Block, system: str, insurances: tuple[int, ...]
) -> None:
    rows, paid = block.tables[system, "account"], block.tables[system, "contribution"]
    credited = np.isin(paid["insurance"], insurances) & (paid["arrived"] == 1) & (paid["person_credited"] != NULL)
    sums: dict[tuple[int, int], int] = {}
    for at in np.flatnonzero(credited):
        key = (int(paid["_person"][at]), int(paid["period"][at]) // 100)
        sums[key] = sums.get(key, 0) + int(paid["person_credited"][at]) + int(paid["unit_credited"][at])
    for person, year, principal in zip(rows["_person"], rows["year"], rows["principal"], strict=True):
        assert principal == sums.get((int(person), int(year)), 0)


def test_a_ledger_row_is_the_sum_of_its_people(block: Block, ledger: Rows) -> None:
    rows = block.tables["pension", "contribution"]
    sums: dict[tuple[int, ...], list[int]] = {}
    for at in np.flatnonzero(rows["_unit"] >= 0):
        key = tuple(int(rows[name][at]) for name in ("_unit", "insurance", "period", "kind", "book_month"))
        total = sums.setdefault(key, [0] * 6)
        for place, name in enumerate(("base", "unit_due", "person_due", "unit_paid", "person_paid"), 1):
            total[place] += int(rows[name][at])
        total[0] += 1
    shown = ("headcount", "base_total", "unit_due", "person_due", "unit_paid", "person_paid")
    found = {
        tuple(int(ledger[name][at]) for name in ("_unit", "insurance", "period", "kind", "book_month")): [
            int(ledger[name][at]) for name in shown
        ]
        for at in range(len(ledger))
    }
    assert found == sums


def test_pensions_are_paid_from_the_month_after_retirement_to_the_month_of_death(block: Block) -> None:
    benefit, paid = block.tables["pension", "benefit"], block.tables["pension", "benefit_payment"]
    once = np.isin(benefit["item"], ("H101", "H102"))
    assert (benefit["_start"][~once] == block.lives.retired[benefit["_person"][~once]] + 1).all()
    regular = (paid["kind"] == "regular") & ~np.isin(paid["item"], ("H101", "H102"))
    assert (paid["_month"][regular] <= block.death[paid["_person"][regular]]).all()
    assert len(np.unique(paid["period"])) == DETAIL


def test_unemployment_benefit_lasts_no_longer_than_the_law_allows(block: Block) -> None:
    idle = block.idle
    months = np.minimum(idle.end, 10**5) - idle.start + 1
    ended = idle.end < 10**5
    paid = idle.start - block.lives.joined[idle.person]
    assert (months[ended] <= np.select([paid < 60, paid < 120], [12, 18], 24)[ended]).all()


def test_rates_of_the_parameter_table_are_those_of_the_rows(scene: Scene, block: Block) -> None:
    rows = block.tables["medical", "contribution"]
    raised = (rows["insurance"] == 310) & (rows["_payer"] == 0) & (rows["period"] >= 202101)
    assert set(rows["unit_rate"][raised].tolist()) == {700}
    assert any(rate["from"] == 202101 and rate["unit"] == 700 for rate in data("parameters")["rates"])
