"""Lawful contribution rows that are not plain months: back-payments, differences, refunds, reversals, history.

A month in arrears has not arrived and is paid later as a row of its own kind with interest and late fee (社会保险费征缴
暂行条例 §13); a wrong base is mended by a difference or by reversing the month and booking it anew. Signs, limits and
doubles are therefore a matter of the net of person, insurance and month.

Invariant: the net of every month is a lawful month; corrections are booked in the calendar year of their month.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from renshe.engine.simulate.careers import Lives, Mode
from renshe.engine.simulate.model import NULL, Column, Ints, Rows, index_of, month_index, month_of
from renshe.engine.simulate.money import (
    ADVANCE,
    BACK,
    DEEMED,
    DIFFERENCE,
    HISTORY,
    REFUND,
    REVERSAL,
    TRANSFER_IN,
    Parameters,
    credited,
    half_up,
)
from renshe.engine.simulate.world import World

SHARES = {"arrears": 0.003, "difference": 0.0015, "refund": 0.001, "reversal": 0.0008, "advance": 0.0006}
AMOUNTS = ("unit_due", "person_due", "unit_paid", "person_paid", "unit_credited", "person_credited")
PAID = ("unit_paid", "person_paid", "unit_credited", "person_credited")


def add_specials(world: World, rng: np.random.Generator, parameters: Parameters, rows: Rows) -> None:
    """Turn a few normal rows into special ones, and append their counterparts."""
    month, base = rows["_month"], rows["base"]
    room = np.minimum(month // 12 * 12 + 11, world.now) - month
    monthly = (base != NULL) & np.isin(rows["_payer"], (Mode.UNIT, Mode.FLEXIBLE, Mode.AGENT))
    draws = rng.random(len(rows))
    edges = np.cumsum([0, *SHARES.values()])
    picks = {
        name: np.flatnonzero((draws >= low) & (draws < high) & (room >= 1) & monthly)
        for name, low, high in zip(SHARES, edges, edges[1:], strict=False)
    }
    later = month + 1 + (room - 1) * rng.integers(0, 4, len(rows)) // 4
    floor, ceiling = parameters.limits(month)
    step = rng.integers(50, 400, len(rows)) * 100
    raised = picks["difference"][(base + step <= ceiling)[picks["difference"]]]
    lowered = picks["refund"][(base - step >= floor)[picks["refund"]]]
    _not_yet(rows, np.flatnonzero((month == world.now) & (draws > 0.995) & monthly))
    _advance(rows, picks["advance"][month[picks["advance"]] % 12 > 0])
    _arrears(rows, picks["arrears"], later)
    _differ(rows, raised, later, step, DIFFERENCE)
    _differ(rows, lowered, later, -step, REFUND)
    _reverse(rows, picks["reversal"], later, np.minimum(base + step, ceiling))


def _not_yet(rows: Rows, at: Ints) -> None:
    """This month's fee has been assessed and has not arrived."""
    for name in PAID:
        rows[name][at] = 0
    rows["arrived"][at], rows["paid_month"][at] = 0, NULL


def _advance(rows: Rows, at: Ints) -> None:
    """Paid a month ahead."""
    rows["kind"][at] = ADVANCE
    before = month_of(rows["_month"][at] - 1)
    rows["book_month"][at], rows["paid_month"][at] = before, before


def _arrears(rows: Rows, at: Ints, later: Ints) -> None:
    """The month was not paid in time; a row of its own kind pays it later."""
    copies = rows.copy_rows(at)
    for name in PAID:
        rows[name][at] = 0
    rows["arrived"][at], rows["paid_month"][at] = 0, NULL
    rows["kind"][copies] = BACK
    _book(rows, copies, later[at])
    due = rows["unit_due"][copies] + rows["person_due"][copies]
    delay = later[at] - rows["_month"][at]
    rows["interest"][copies] = half_up(due * delay * 40)
    rows["late_fee"][copies] = half_up(rows["unit_due"][copies] * delay * 150)


def _book(rows: Rows, at: Ints, month: Ints) -> None:
    rows["book_month"][at] = month_of(month)
    rows["paid_month"][at] = month_of(month)


def _differ(rows: Rows, at: Ints, later: Ints, step: Ints, kind: int) -> None:
    """A row for the difference of a base: amounts are those of the step, with its sign."""
    copies = rows.copy_rows(at)
    size, sign = np.abs(step[at]), np.sign(step[at])
    _recharge(rows, copies, size)
    for name in ("base", *AMOUNTS):
        rows[name][copies] *= sign
    rows["kind"][copies], rows["months"][copies] = kind, 0
    _book(rows, copies, later[at])


def _recharge(rows: Rows, at: Ints, base: Ints) -> None:
    """Amounts of fully paid rows on another base, by the rates that the rows carry."""
    rows["base"][at] = base
    for side in ("unit", "person"):
        due = half_up(base * rows[f"{side}_rate"][at])
        rows[f"{side}_due"][at], rows[f"{side}_paid"][at] = due, due
    flexible = np.isin(rows["_payer"][at], (Mode.FLEXIBLE, Mode.AGENT))
    for insurance in np.unique(rows["insurance"][at]):
        part = rows["insurance"][at] == insurance
        shown = credited(int(insurance), flexible[part], base[part], rows["person_paid"][at][part])
        rows["person_credited"][at[part]] = shown


def _reverse(rows: Rows, at: Ints, later: Ints, base: Ints) -> None:
    """A month is reversed as a whole and booked anew on another base."""
    reversed_, renewed = rows.copy_rows(at), rows.copy_rows(at)
    for name in ("base", *AMOUNTS):
        rows[name][reversed_] *= -1
    rows["kind"][reversed_], rows["months"][reversed_] = REVERSAL, -1
    _recharge(rows, renewed, base[at])
    _book(rows, reversed_, later[at])
    _book(rows, renewed, later[at])


def history(world: World, lives: Lives, person: Ints, insurance: Ints, moved: Ints) -> dict[str, Column]:
    """One row per person for the months before the system kept detail: number of months, no amounts.

    People who ``moved`` here have those months in another row.
    """
    old = (lives.joined[person] < world.opened - 1) & ~np.isin(person, moved)
    chosen = np.flatnonzero(old)
    last = np.minimum(lives.until[person[chosen]], world.opened - 1)
    months = last - lives.joined[person[chosen]] + 1
    return _without_amounts(
        person[chosen], insurance[chosen], last, np.full(len(chosen), world.opened), months, HISTORY
    )


def deemed(lives: Lives, person: Ints, insurance: Ints) -> dict[str, Column]:
    """One row per person whose years before the scheme count, for one in three of them: the months recognised."""
    chosen = np.flatnonzero((lives.deemed[person] > 0) & (person % 3 == 0))
    month = lives.joined[person[chosen]] - 1
    return _without_amounts(person[chosen], insurance[chosen], month, month, lives.deemed[person[chosen]], DEEMED)


def moved(transfers: Rows, scheme: Ints) -> dict[str, Column]:
    """One row per relation brought along: the months recognised, no amounts."""
    came = np.flatnonzero(transfers["direction"] == "in")
    person = transfers["_person"][came]
    booked = index_of(transfers["date"][came])
    month = month_index(transfers["end_month"][came])
    return _without_amounts(person, scheme[person], month, booked, transfers["months"][came], TRANSFER_IN)


def _without_amounts(
    person: Ints, insurance: Ints, month: Ints, booked: Ints, months: Ints, kind: int
) -> dict[str, Column]:
    n = len(person)
    out: dict[str, Any] = {
        "_person": person,
        "_unit": np.full(n, -1, np.int64),
        "_month": month,
        "insurance": insurance,
        "period": month_of(month),
        "book_month": month_of(booked),
        "kind": np.full(n, kind, np.int64),
        "months": months,
        "_payer": np.zeros(n, np.int64),
    }
    for name in ("paid_month", "base", "unit_rate", "person_rate", "interest", "late_fee", "arrived", *AMOUNTS):
        out[name] = np.full(n, NULL)
    return out
