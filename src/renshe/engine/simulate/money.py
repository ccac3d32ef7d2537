"""Contributions: base inside its year's limits, due = base x rate of its month, rounded half up to the cent.

Rates and limits are those of ``data/parameters.yaml``, which is written out as the project's table ``parameter``
(flexible workers pay 20 % and 8 % is credited, 国发〔2005〕38号; work injury is paid by the unit alone at its own rate,
工伤保险条例; unemployed people's medical insurance is paid by the unemployment fund, 社会保险法 §48).

Invariant: all amounts are whole cents; credited <= paid <= due; a month that has not arrived has paid nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from renshe.engine.simulate.careers import Mode, Spells
from renshe.engine.simulate.model import NULL, Column, Ints, data, month_of
from renshe.engine.simulate.world import World

PAYERS = {
    int(Mode.UNIT): "unit",
    int(Mode.FLEXIBLE): "flexible",
    int(Mode.AGENT): "agent",
    int(Mode.FUND): "unemployment",
}

NORMAL, BACK, DIFFERENCE, REFUND, REVERSAL = 10, 31, 13, 18, 9001
HISTORY, TRANSFER_IN, ADVANCE, SUBSIDY, DEEMED = 23, 9002, 12, 9004, 9005
"""Kinds of contribution (AAA115 and the house's own codes)."""

Block = dict[str, Column]


def half_up(product: Ints) -> Ints:
    """Cents from cents x (rate per ten thousand), half up; amounts are not negative here."""
    return (product + 5_000) // 10_000


@dataclass(frozen=True, slots=True)
class Parameters:
    """Rates per ten thousand by (insurance, payer) and month, limits in cents by month."""

    first: int
    floor: Ints
    ceiling: Ints
    unit: dict[tuple[int, int], Ints]
    person: dict[tuple[int, int], Ints]

    def limits(self, month: Ints) -> tuple[Ints, Ints]:
        """Floor and ceiling of each month."""
        at = np.clip(month - self.first, 0, len(self.floor) - 1)
        return self.floor[at], self.ceiling[at]

    def rates(self, insurance: int, payer: Ints, month: Ints) -> tuple[Ints, Ints]:
        """Unit and person rate of each row."""
        at = month - self.first
        unit, person = np.zeros(len(month), np.int64), np.zeros(len(month), np.int64)
        for code in PAYERS:
            if (insurance, code) in self.unit:
                rows = payer == code
                unit[rows] = self.unit[insurance, code][at[rows]]
                person[rows] = self.person[insurance, code][at[rows]]
        return unit, person


def read_parameters(world: World) -> Parameters:
    """Spread the dated parameters over the months of the world."""
    months = np.arange(world.opened, world.now + 1)
    stamps = month_of(months)
    names = {name: code for code, name in PAYERS.items()}
    floor, ceiling = np.zeros(len(months), np.int64), np.zeros(len(months), np.int64)
    for limit in data("parameters")["limits"]:
        floor[stamps >= limit["from"]] = limit["floor"] * 100
        ceiling[stamps >= limit["from"]] = limit["ceiling"] * 100
    unit: dict[tuple[int, int], Ints] = {}
    person: dict[tuple[int, int], Ints] = {}
    for rate in data("parameters")["rates"]:
        key = (rate["insurance"], names[rate["kind"]])
        for table, side in ((unit, "unit"), (person, "person")):
            table.setdefault(key, np.zeros(len(months), np.int64))[stamps >= rate["from"]] = rate[side]
    return Parameters(world.opened, floor, ceiling, unit, person)


@dataclass(slots=True)
class Wages:
    """Base of every person in every year of the world: cents, before floor and ceiling."""

    first_year: int
    table: Ints

    def base(self, parameters: Parameters, person: Ints, month: Ints) -> Ints:
        """Base of each row, inside the limits of its month."""
        floor, ceiling = parameters.limits(month)
        return np.clip(self.table[person, month // 12 - self.first_year], floor, ceiling)


def make_wages(world: World, rng: np.random.Generator, n: int) -> Wages:
    """Log-normal wages that grow yearly; most are whole yuan."""
    years = world.now // 12 - world.opened // 12 + 1
    level = 4300 * np.exp(rng.normal(0, 0.42, n))
    growth = 1 + np.cumsum(rng.uniform(0.01, 0.09, (n, years)), axis=1)
    cents = np.round(level[:, None] * growth * 100).astype(np.int64)
    whole = rng.random(n) < 0.8
    cents[whole] = cents[whole] // 100 * 100
    return Wages(world.opened // 12, cents)


def expand(start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """One row per month from ``start`` to ``end``: row of the interval, and month."""
    counts = np.maximum(end - start + 1, 0)
    rows = np.repeat(np.arange(len(start)), counts)
    offsets = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    return rows, start[rows] + offsets


def charge(world: World, parameters: Parameters, insurance: int, block: Block, injury: Ints | None = None) -> Block:
    """Fill in rates and amounts of normal, fully paid rows from ``_payer``, ``_month`` and ``base``."""
    month, payer, base = block["_month"], block["_payer"], block["base"]
    unit_rate, person_rate = parameters.rates(insurance, payer, month)
    if injury is not None:
        unit_rate = injury
    flexible = (payer == Mode.FLEXIBLE) | (payer == Mode.AGENT)
    block["unit_rate"], block["person_rate"] = unit_rate, person_rate
    block["unit_due"], block["person_due"] = half_up(base * unit_rate), half_up(base * person_rate)
    block["unit_paid"], block["person_paid"] = block["unit_due"], block["person_due"]
    block["unit_credited"] = np.zeros(len(month), np.int64)
    block["person_credited"] = credited(insurance, flexible, base, block["person_paid"])
    return block


def credited(insurance: int, flexible: Any, base: Ints, paid: Ints) -> Ints:
    """What goes to the account: 8 % of the base, in medical the employee's share, else nothing."""
    if insurance in (110, 120):
        return np.where(flexible, half_up(base * 800), paid)
    if insurance == 310:
        return np.where(flexible, 0, paid)
    return np.zeros(len(base), np.int64)


def normal_rows(
    world: World, parameters: Parameters, wages: Wages, insurance: int, spells: Spells, injury: Ints
) -> Block:
    """The normal monthly rows of ``insurance`` in the months that its system keeps in detail."""
    low, high = np.maximum(spells.start, world.detail_from(insurance)), np.minimum(spells.end, world.now)
    rows, month = expand(low, high)
    person, unit = spells.person[rows], spells.unit[rows]
    block = frame(insurance, person, unit, month)
    block["_payer"] = spells.mode[rows]
    block["base"] = wages.base(parameters, person, month)
    return charge(world, parameters, insurance, block, injury[unit] if insurance == 410 else None)


def frame(insurance: int, person: Ints, unit: Ints, month: Ints) -> Block:
    """Columns that every contribution row has, as a normal row booked and paid in its month."""
    n = len(month)
    stamp = month_of(month)
    return {
        "_person": person,
        "_unit": unit,
        "_month": month,
        "insurance": np.full(n, insurance, np.int64),
        "period": stamp,
        "book_month": stamp.copy(),
        "paid_month": stamp.copy(),
        "kind": np.full(n, NORMAL, np.int64),
        "interest": np.full(n, NULL),
        "late_fee": np.full(n, NULL),
        "months": np.ones(n, np.int64),
        "arrived": np.ones(n, np.int64),
    }
