"""Benefits and their monthly payment: pensions, unemployment benefit, payments after a death.

A pension starts the month after retirement and ends with the month of death; unemployment benefit runs for at most
12, 18 or 24 months (失业保险条例 §17). Approval may take a while: the months until then are paid back at once. Payments
that a bank returned are booked as returned and paid again.

Invariant: nothing is paid for a month outside the benefit's own months; a paused benefit is not paid from its pause on.
"""

from __future__ import annotations

import numpy as np

from renshe.engine.simulate.block import Block
from renshe.engine.simulate.careers import OPEN, Spells, Why
from renshe.engine.simulate.model import NULL, Column, Ints, index_of, month_of
from renshe.engine.simulate.money import expand
from renshe.engine.simulate.people import Track
from renshe.engine.simulate.world import World

Columns = dict[str, Column]
DETAIL = 12
"""Months for which payments are kept in detail."""


def benefit_rows(
    person: Ints, insurance: Ints, item: Column, start: Ints, end: Ints, amount: Ints, status: Ints, kind: Column
) -> Columns:
    return {
        "_person": person,
        "_start": start,
        "_end": end,
        "_paid_to": end,
        "insurance": insurance,
        "item": item,
        "start_month": month_of(start),
        "end_month": np.where(end == OPEN, NULL, month_of(np.where(end == OPEN, 0, end))),
        "status": status,
        "retire_kind": kind,
        "amount": amount,
    }


def pensions(world: World, rng: np.random.Generator, block: Block) -> list[Columns]:
    """Benefits of retired employees and civil servants, and payments after their death."""
    people, lives, wages = block.people, block.lives, block.wages
    person = np.flatnonzero(lives.why == Why.RETIRE)
    person = person[lives.retired[person] < world.now]
    civil = people.track[person] == Track.CIVIL_PENSIONER
    start = lives.retired[person] + 1
    death = np.where(
        np.isnat(people.death[person]),
        OPEN,
        index_of(np.where(np.isnat(people.death[person]), people.birth[person], people.death[person])),
    )
    years = np.clip((lives.retired[person] - lives.joined[person] + lives.deemed[person]) // 12, 15, 42)
    base = wages.table[person, 0]
    total = np.clip(base * years // 120 * (np.where(civil, 17, 10)) // 10, 90_000, 980_000)
    status = np.where(death < OPEN, 3, np.where(rng.random(len(person)) < 0.004, 2, 1))
    kind = np.where(people.early[person], "5", "2")
    insurance = np.where(civil, 120, 110)
    newer = lives.retired[person] >= 2006 * 12
    first = np.where(newer, total * 7 // 10, total)
    item = np.where(newer, "100011", np.where(civil, "041", "H001"))
    parts = [benefit_rows(person, insurance, item, start, death, first, status, kind)]
    two = np.flatnonzero(newer)
    rest = [column[two] for column in (start, death, total - first, status, kind)]
    parts.append(benefit_rows(person[two], insurance[two], np.full(len(two), "012"), *rest))
    paused = status == 2
    stop = world.now - rng.integers(2, 8, len(person))
    parts[0]["_paid_to"] = np.where(paused, stop, death)
    parts[1]["_paid_to"] = np.where(paused, stop, death)[two]
    gone = np.flatnonzero((death < world.now) & (death >= start))
    return parts + _after_death(person[gone], insurance[gone], death[gone] + 1)


def _after_death(person: Ints, insurance: Ints, month: Ints) -> list[Columns]:
    """Funeral grant and consolation payment, once, the month after a pensioner's death."""
    n = len(person)
    parts = []
    for code, months in (("H101", 2), ("H102", 6)):
        item, amount = np.full(n, code), np.full(n, 400_000 * months)
        parts.append(benefit_rows(person, insurance, item, month, month, amount, np.full(n, 3), np.full(n, "")))
    return parts


def unemployment(world: World, spells: Spells) -> list[Columns]:
    """Unemployment benefit of people who lost their work."""
    n = len(spells)
    ended = spells.end < OPEN
    amount = np.where(spells.start >= world.opened + 12, 142_400, 133_500)
    return [
        benefit_rows(
            spells.person,
            np.full(n, 210),
            np.full(n, "11"),
            spells.start,
            spells.end,
            amount,
            np.where(ended, 3, 1),
            np.full(n, ""),
        )
    ]


def payments(world: World, rng: np.random.Generator, benefit: Columns) -> list[Columns]:
    """Payments of the last months of each benefit: regular, back-paid after approval, returned and paid again."""
    start, end = np.maximum(benefit["_start"], world.now - DETAIL + 1), np.minimum(benefit["_paid_to"], world.now)
    rows, month = expand(start, end)
    n = len(rows)
    kind = np.full(n, "regular", "U8")
    paid = month.copy()
    delay = np.where(rng.random(len(start)) < 0.3, rng.integers(1, 4, len(start)), 0)
    approved = np.minimum(benefit["_start"] + delay, world.now)
    late = month < approved[rows]
    kind[late], paid[late] = "back", approved[rows][late]
    out = {
        "_person": benefit["_person"][rows],
        "_benefit": rows,
        "_month": month,
        "insurance": benefit["insurance"][rows],
        "item": benefit["item"][rows],
        "period": month_of(month),
        "kind": kind,
        "amount": benefit["amount"][rows],
        "paid_month": month_of(paid),
    }
    parts = [out]
    back = np.flatnonzero((kind == "regular") & (month < world.now) & (rng.random(n) < 0.0008))
    for name, sign in (("returned", -1), ("back", 1)):
        copy = {key: column[back] for key, column in out.items()}
        copy["kind"] = np.full(len(back), name, "U8")
        copy["amount"] = copy["amount"] * sign
        copy["paid_month"] = month_of(month[back] + 1)
        parts.append(copy)
    return parts
