"""Residents outside employees' schemes: one payment a year, in grades, and a pension from sixty (国发〔2014〕8号).

A yearly payment has the period yyyy00, no base, no unit; the government adds a subsidy by grade, which goes to the
account as well. Who later finds work leaves for the employees' scheme, and the relation here ends lawfully.

Invariant: nobody pays for a year after sixty, and nobody is active here and in the employees' pension at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from renshe.engine.simulate.benefits import benefit_rows
from renshe.engine.simulate.block import Block
from renshe.engine.simulate.careers import OPEN, Mode, Spells, Why
from renshe.engine.simulate.model import NULL, Column, Ints, data, index_of, month_of
from renshe.engine.simulate.money import NORMAL, SUBSIDY
from renshe.engine.simulate.people import Track
from renshe.engine.simulate.world import World

STARTED = 2011 * 12 + 6
"""When residents' pension insurance began here."""
Columns = dict[str, Column]


@dataclass(slots=True)
class Residents:
    """Who is in the residents' pension: row in the block, first month, grade, month of sixty."""

    person: Ints
    joined: Ints
    grade: Column
    sixty: Ints
    left: Ints


def make_residents(world: World, rng: np.random.Generator, block: Block, death: Ints) -> Residents:
    """Residents of working age and older, and some of the employed who were in the scheme before."""
    people, lives = block.people, block.lives
    born = index_of(people.birth)
    former = (
        np.isin(people.track, (Track.EMPLOYEE, Track.FLEXIBLE))
        & (lives.joined > STARTED + 40)
        & (rng.random(len(people)) < 0.12)
    )
    former &= born + 17 * 12 < lives.joined - 24
    person = np.flatnonzero((people.track == Track.RESIDENT) | former)
    earliest = np.maximum(born[person] + 16 * 12 + 1, STARTED)
    left = np.where(former[person], lives.joined[person] - 1, OPEN)
    span = np.maximum(np.minimum(np.minimum(left, death[person] - 1), world.now - 6) - earliest, 1)
    joined = earliest + (span * rng.random(len(person)) ** 3).astype(np.int64)
    grades = list(data("parameters")["resident_pension"])
    grade = np.array(grades)[np.minimum((rng.random(len(person)) ** 2.2 * len(grades)).astype(int), len(grades) - 1)]
    return Residents(person, np.minimum(joined, span + earliest), grade, born[person] + 720, left)


def resident_spells(world: World, residents: Residents, death: Ints) -> Spells:
    """Each resident's relation: open while paying, ended by sixty, by death or by joining an employees' scheme."""
    end = np.minimum(np.minimum(np.maximum(residents.sixty, residents.joined), residents.left), death)
    end = np.where(end > world.now, OPEN, end)
    why = np.select(
        [end == OPEN, end == residents.left, end == death],
        [int(Why.OPEN), int(Why.SCHEME), int(Why.DEATH)],
        int(Why.RETIRE),
    )
    n = len(residents.person)
    return Spells(
        residents.person, np.full(n, -1, np.int64), np.full(n, int(Mode.RESIDENT)), residents.joined, end, why
    )


def yearly(world: World, rng: np.random.Generator, residents: Residents, death: Ints) -> list[Columns]:
    """Yearly payments and subsidies of the years kept in detail (the current year: of those who paid already)."""
    parts: list[Columns] = []
    amounts = data("parameters")["resident_pension"]
    own = np.array([amounts[g][0] for g in amounts], np.int64) * 100
    added = np.array([amounts[g][1] for g in amounts], np.int64) * 100
    number = np.searchsorted(np.sort(list(amounts)), residents.grade)
    order = np.argsort(list(amounts))
    for year in range(world.opened // 12, world.now // 12 + 1):
        last = min(year * 12 + 11, world.now)
        month = np.full(len(number), max(year * 12 + 2, last - 2)) + rng.integers(0, 3, len(number))
        due = (
            (residents.joined <= year * 12)
            & (residents.sixty > year * 12 + 11)
            & (residents.left > last)
            & (death > last)
        )
        paid = np.flatnonzero(due & (rng.random(len(number)) < (0.93 if last % 12 == 11 else 0.5)))
        grade = order[number[paid]]
        parts.append(_rows(residents.person[paid], year, np.minimum(month[paid], last), own[grade], NORMAL))
        parts.append(_rows(residents.person[paid], year, np.minimum(month[paid], last), added[grade], SUBSIDY))
    return parts


def _rows(
    person: Ints, year: int, month: Ints, amount: Ints, kind: int, insurance: int = 170, credit: bool = True
) -> Columns:
    n = len(person)
    nothing, zero = np.full(n, NULL), np.zeros(n, np.int64)
    subsidy = kind == SUBSIDY
    mine, theirs = (zero, amount) if subsidy else (amount, zero)
    credited = amount if credit else zero
    return {
        "_person": person,
        "_unit": np.full(n, -1, np.int64),
        "_month": month,
        "_payer": np.full(n, int(Mode.RESIDENT)),
        "insurance": np.full(n, insurance),
        "period": np.full(n, year * 100),
        "book_month": month_of(month),
        "paid_month": month_of(month),
        "kind": np.full(n, kind),
        "base": nothing,
        "unit_rate": nothing,
        "person_rate": nothing,
        "unit_due": theirs,
        "person_due": mine,
        "unit_paid": theirs,
        "person_paid": mine,
        "unit_credited": theirs if credit else zero,
        "person_credited": zero if subsidy else credited,
        "interest": nothing,
        "late_fee": nothing,
        "months": np.full(n, 0 if subsidy else 12),
        "arrived": np.ones(n, np.int64),
    }


def resident_medical(world: World, rng: np.random.Generator, person: Ints, since: Ints, until: Ints) -> list[Columns]:
    """Residents' medical insurance: one payment a year, collected in the months before it."""
    parts: list[Columns] = []
    for year in range(world.now // 12 - 1, world.now // 12 + 1):
        rates = data("parameters")["resident_medical"][year]
        paid = np.flatnonzero((since <= year * 12) & (until > year * 12) & (rng.random(len(person)) < 0.95))
        month = np.full(len(paid), year * 12 + 1)
        parts.append(_rows(person[paid], year, month, np.full(len(paid), rates[0] * 100), NORMAL, 390, credit=False))
    return parts


def resident_benefits(world: World, rng: np.random.Generator, residents: Residents, death: Ints) -> Columns:
    """Residents' pensions: from the month after sixty, or from the scheme's start for those older then."""
    old = np.flatnonzero((residents.sixty < world.now) & (residents.left == OPEN))
    start = np.maximum(residents.sixty[old], np.maximum(residents.joined[old], STARTED)) + 1
    end = death[old]
    good = (start <= world.now) & (end >= start)
    old, start, end = old[good], start[good], end[good]
    n = len(old)
    amount = 10_300 + rng.integers(0, 9_000, n)
    status = np.where(end < OPEN, 3, np.where(rng.random(n) < 0.006, 2, 1))
    out = benefit_rows(
        residents.person[old], np.full(n, 170), np.full(n, "H001"), start, end, amount, status, np.full(n, "")
    )
    out["_paid_to"] = np.where(status == 2, world.now - rng.integers(2, 8, n), end)
    return out
