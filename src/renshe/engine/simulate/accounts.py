"""Personal accounts by year, and relations moved from and to other places.

closing = opening + principal + interest + transferred in + adjustment - paid out (GB/T 40217-2021 附录B);
principal is what arrived and was credited in the year; interest follows the published yearly rate, half of it for
this year's principal.

Invariant: the opening of a year is the closing of the year before; only whole years have a row.
"""

from __future__ import annotations

import numpy as np

from renshe.engine.simulate.block import Block
from renshe.engine.simulate.careers import OPEN, Why
from renshe.engine.simulate.model import NULL, Column, Ints, Mask, Rows, data, first_day, month_of
from renshe.engine.simulate.money import half_up
from renshe.engine.simulate.people import Track
from renshe.engine.simulate.world import World


def principals(rows: Rows, persons: int, first_year: int, years: int, insurances: tuple[int, ...]) -> Ints:
    """What arrived for each person's account, by year of payment: cents, persons x years."""
    at = np.isin(rows["insurance"], insurances) & (rows["arrived"] == 1) & (rows["paid_month"] != NULL)
    # Rows that an error booked to somebody else are not this person's.
    at &= rows["person_no"] == rows["_no"]
    if rows.gone is not None:
        at &= ~rows.gone
    credit = _amount(rows["person_credited"][at]) + _amount(rows["unit_credited"][at])
    year = rows["paid_month"][at] // 100 - first_year
    good = (year >= 0) & (year < years)
    slot = rows["_person"][at][good] * years + year[good]
    sums = np.bincount(slot, weights=credit[good].astype(np.float64), minlength=persons * years)
    out: Ints = np.rint(sums).astype(np.int64).reshape(persons, years)
    return out


def _amount(values: Ints) -> Ints:
    return np.where(values == NULL, 0, values)


def roll(
    person: Ints, insurance: Ints, opening: Ints, flows: tuple[Ints, Ints, Ints, Mask], first_year: int
) -> dict[str, Column]:
    """Account rows of each person and year.

    ``flows``, persons x years: principal, transferred in, paid out, emptied. An account pays out at most what it holds;
    an emptied one pays out all of it (death, moved away).
    """
    principal, transferred, paid_out, emptied = flows
    parts: list[dict[str, Column]] = []
    live = np.ones(len(person), np.bool_)
    for number in range(principal.shape[1]):
        year = first_year + number
        rate = data("parameters")["interest"][year]
        interest = half_up(opening * rate) + half_up(principal[:, number] * (rate // 2))
        held = opening + principal[:, number] + interest + transferred[:, number]
        out = np.where(emptied[:, number], held, np.minimum(paid_out[:, number], held))
        closing = held - out
        columns = {
            "_person": person,
            "insurance": insurance,
            "year": np.full(len(person), year),
            "account_kind": np.ones(len(person), np.int64),
            "opening": opening,
            "principal": principal[:, number],
            "interest": interest,
            "transfer_in": transferred[:, number],
            "adjust": np.zeros(len(person), np.int64),
            "paid_out": out,
            "closing": closing,
        }
        parts.append({name: column[live] for name, column in columns.items()})
        live = live & ~emptied[:, number]
        opening = closing
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def pension_accounts(world: World, block: Block, rows: Rows, transfers: Rows) -> Rows:
    """Accounts of everybody in the employees' pension schemes, for the whole years kept in detail."""
    people, lives = block.people, block.lives
    person = np.flatnonzero(lives.covered)
    years = world.now // 12 - world.opened // 12
    first = world.opened // 12
    principal = principals(rows, len(people), first, years, (110, 120))[person]
    before = np.clip(
        np.minimum(lives.until, world.opened)[person] - np.maximum(lives.joined[person], 1996 * 12), 0, None
    )
    wage = block.wages.table[person, 0]
    opening = before * half_up(wage * 400)
    pensioner = lives.why[person] == Why.RETIRE
    retired = lives.retired[person]
    paid = np.where(pensioner, opening // 139 * np.clip(world.opened - retired, 0, 139), 0)
    opening = np.maximum(opening - paid, 0)
    ended = np.where(np.isnat(people.death[person]), OPEN, _month_index(people.death[person]))
    ended = np.where(lives.why[person] == Why.OUT, np.minimum(ended, lives.until[person]), ended)
    calendar = (first + np.arange(years)) * 12
    gone = (ended[:, None] >= calendar) & (ended[:, None] < calendar + 12)
    over = (ended < world.opened) | (lives.joined[person] >= calendar[-1] + 12)
    months = np.clip(calendar + 11 - np.maximum(retired[:, None], calendar - 1), 0, 12)
    paid_out = np.where(pensioner[:, None], (opening // 139)[:, None] * months, 0)
    moved = _transferred(transfers, len(people), first, years)[person]
    late = (lives.joined[person][:, None] >= calendar + 12).any(axis=1)
    scheme = _scheme(block)[person]
    keep = ~over & ~late
    flows = (principal, moved, paid_out, gone)
    columns = roll(person[keep], scheme[keep], opening[keep], _part(flows, keep, 0), first)
    newer = ~over & late
    if newer.any() and years > 1:
        nothing = np.zeros(int(newer.sum()), np.int64)
        tail = roll(person[newer], scheme[newer], nothing, _part(flows, newer, 1), first + 1)
        columns = {name: np.concatenate([columns[name], tail[name]]) for name in columns}
    return Rows("account", columns)


def _part(flows: tuple[Ints, Ints, Ints, Mask], keep: Mask, since: int) -> tuple[Ints, Ints, Ints, Mask]:
    """The flows of some people from some year on."""
    principal, transferred, paid_out, emptied = flows
    return principal[keep, since:], transferred[keep, since:], paid_out[keep, since:], emptied[keep, since:]


def _month_index(dates: Column) -> Ints:
    out: Ints = dates.astype("datetime64[M]").astype(np.int64) + 1970 * 12
    return out


def _scheme(block: Block) -> Ints:
    civil = np.isin(block.people.track, (Track.CIVIL, Track.CIVIL_PENSIONER))
    return np.where(civil, 120, 110)


def _transferred(transfers: Rows, persons: int, first: int, years: int) -> Ints:
    out = np.zeros((persons, years), np.int64)
    came = transfers["direction"] == "in"
    year = _month_index(transfers["date"]) // 12 - first
    good = came & (year >= 0) & (year < years)
    np.add.at(out, (transfers["_person"][good], year[good]), transfers["amount"][good])
    return out


def transfer_rows(world: World, rng: np.random.Generator, block: Block) -> Rows:
    """Relations brought along by people whose first spell here began long after enrolment, and those taken away."""
    lives, spells = block.lives, block.spells
    elsewhere = np.array(data("places")["elsewhere"])
    first = np.concatenate([[True], spells.person[1:] != spells.person[:-1]])
    came = np.flatnonzero(first & (spells.start > world.opened) & (spells.start <= world.now - 3))
    came = came[spells.start[came] - lives.joined[spells.person[came]] >= 12]
    went = np.flatnonzero(spells.why == Why.OUT)
    person = np.concatenate([spells.person[came], spells.person[went]])
    start = lives.joined[person]
    end = np.concatenate([spells.start[came] - 1, spells.end[went]])
    day = np.concatenate([spells.start[came] + 1, np.minimum(spells.end[went] + 1, world.now)])
    n = len(person)
    months = end - start + 1
    home = np.full(n, world.region)
    other = elsewhere[rng.integers(0, len(elsewhere), n)]
    inward = np.arange(n) < len(came)
    return Rows(
        "transfer",
        {
            "_person": person,
            "_unit": np.full(n, -1, np.int64),
            "direction": np.where(inward, "in", "out"),
            "date": first_day(day) + rng.integers(0, 27, n),
            "from_region": np.where(inward, other, home),
            "to_region": np.where(inward, home, other),
            "start_month": month_of(start),
            "end_month": month_of(end),
            "months": months,
            "amount": months * half_up(block.wages.table[person, 0] * 800),
        },
    )


def resident_accounts(world: World, block: Block, rows: Rows, base: Rows) -> Rows:
    """Residents' accounts: from sixty on a 139th of the balance is paid each month; death and leaving empty them."""
    years = world.now // 12 - world.opened // 12
    first = world.opened // 12
    calendar = (first + np.arange(years)) * 12
    person = base["_person"]
    principal = principals(rows, len(block.people), first, years, (170,))[person]
    ended = np.minimum(block.death[person], base["_left"])
    keep = (base["_joined"] < calendar[0] + 12) & (ended >= world.opened)
    gone = (ended[:, None] >= calendar) & (ended[:, None] < calendar + 12)
    months = np.clip(calendar + 11 - np.maximum(base["_sixty"][:, None], calendar - 1), 0, 12)
    opening = base["_opening"]
    paid_out = (opening // 139)[:, None] * months
    n = int(keep.sum())
    flows = (principal, np.zeros_like(principal), paid_out, gone)
    columns = roll(person[keep], np.full(n, 170), opening[keep], _part(flows, keep, 0), first)
    return Rows("account", columns)
