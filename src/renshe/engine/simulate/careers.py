"""Careers: when people began to work and enrolled, in which spells they paid, and how each spell ended.

A spell is a time with one employer or of flexible work. Spells of a person follow one another without overlap; a
person retires at statutory age, by the earliest birth date on file (国发〔1978〕104号), dies, moves away or goes on.

Invariant: every spell lies inside the life of its unit, and between first enrolment and the end of the career.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from renshe.engine.simulate.model import Ints, Mask, first_day, index_of
from renshe.engine.simulate.people import People, Track
from renshe.engine.simulate.units import BUSINESS, ENTERPRISE, GOVERNMENT, INSTITUTION, WINDOW, Units
from renshe.engine.simulate.world import World

OPEN = 9999 * 12
SCHEME = 1986 * 12 + 9
"""First month of pooled pension insurance for workers (国发〔1986〕77号)."""


class Mode(IntEnum):
    """Who pays in a spell."""

    UNIT = 0
    FLEXIBLE = 1
    AGENT = 2
    FUND = 3
    RESIDENT = 4


class Why(IntEnum):
    """How a spell ended."""

    OPEN = 0
    MOVE = 1
    LOST = 2
    RETIRE = 3
    DEATH = 4
    OUT = 5
    PAUSE = 6
    COVERED = 7
    """Retired and insured without paying (medical)."""
    COVERED_DEATH = 8
    SCHEME = 9
    """Left for another scheme (城乡养老保险制度衔接暂行办法)."""


@dataclass(slots=True)
class Lives:
    """Per person: months of first work, enrolment and retirement (``OPEN``: none), the last month and why."""

    work: Ints
    joined: Ints
    retired: Ints
    until: Ints
    why: Ints
    deemed: Ints
    covered: Mask


@dataclass(slots=True)
class Spells:
    """Spells of a block, by person and start. ``person`` is the row in the block, ``unit`` -1 for none."""

    person: Ints
    unit: Ints
    mode: Ints
    start: Ints
    end: Ints
    why: Ints

    def __len__(self) -> int:
        return len(self.person)

    def take(self, rows: Ints | Mask) -> Spells:
        """The spells at ``rows``."""
        return Spells(*(getattr(self, name)[rows] for name in self.__slots__))


WORKERS = (Track.EMPLOYEE, Track.CIVIL, Track.FLEXIBLE, Track.DORMANT, Track.GONE)
PENSIONERS = (Track.PENSIONER, Track.CIVIL_PENSIONER)


def make_lives(world: World, rng: np.random.Generator, people: People) -> Lives:
    """Milestones of every person; people outside employees' schemes are not ``covered``."""
    n = len(people)
    born, now, retire = index_of(people.birth), world.now, people.retire
    too_old = np.isin(people.track, PENSIONERS) & (retire < SCHEME + 18)
    late_too_old = (people.track == Track.LATE) & (retire < now - 96)
    people.track[too_old | late_too_old] = Track.RESIDENT
    track = people.track
    work = np.minimum(born + rng.integers(18 * 12, 25 * 12, n), now - rng.integers(3, 40, n))
    work = np.maximum(work, born + 16 * 12 + 1)
    delay = np.where(rng.random(n) < 0.6, 0, rng.integers(1, 96, n))
    joined = np.maximum(np.minimum(work + delay, now - 2), np.maximum(SCHEME, work))
    pensioner = np.isin(track, PENSIONERS)
    joined = np.where(pensioner, np.maximum(np.minimum(joined, retire - 181), np.maximum(SCHEME, work)), joined)
    late = track == Track.LATE
    joined = np.where(late, retire - rng.integers(24, 80, n), joined)
    work = np.where(late, joined - 1, work)
    until, why = np.full(n, OPEN), np.full(n, int(Why.OPEN))
    until, why = np.where(pensioner, retire, until), np.where(pensioner, int(Why.RETIRE), why)
    dormant = track == Track.DORMANT
    span = np.maximum(now - 4 - joined, 1)
    until = np.where(dormant, joined + (span * rng.random(n)).astype(np.int64), until)
    why = np.where(dormant, int(Why.PAUSE), why)
    gone = track == Track.GONE
    last = np.maximum(world.opened + rng.integers(3, 26, n), joined + 2)
    until = np.where(gone, np.minimum(last, now - 1), until)
    why = np.where(gone, np.where(rng.random(n) < 0.45, int(Why.DEATH), int(Why.OUT)), why)
    deemed = np.where((joined <= 1996 * 12) & (joined > work), joined - work, 0)
    covered = np.isin(track, (*WORKERS, *PENSIONERS)) | late
    _die(world, rng, people, until, why)
    retired = np.where(pensioner, retire, OPEN)
    return Lives(work, joined, retired, until, why, deemed, covered)


def _die(world: World, rng: np.random.Generator, people: People, until: Ints, why: Ints) -> None:
    """Give death dates: to those whose career ended so, and to some of the old in the months kept in detail."""
    n = len(people)
    age = (world.now - index_of(people.birth)) // 12
    careers = why == Why.DEATH
    old = (rng.random(n) < 0.001 * np.maximum(age - 45, 0)) & np.isin(people.track, (*PENSIONERS, Track.RESIDENT))
    month = world.opened + rng.integers(2, world.now - world.opened, n)
    month = np.where(careers, until, month)
    old &= (month > people.retire + 3) | ((people.track == Track.RESIDENT) & (age < 90))
    chosen = careers | old
    day = first_day(month) + rng.integers(0, 27, n)
    people.death[chosen] = day[chosen]


@dataclass(slots=True)
class _Plan:
    """Where careers are cut into spells: the planned end of each of four slots."""

    start: Ints
    ends: list[Ints]


def _plan(world: World, rng: np.random.Generator, lives: Lives) -> _Plan:
    n = len(lives.joined)
    earlier = np.maximum(world.opened - lives.joined, 0)
    start = lives.joined + np.where(rng.random(n) < 0.3, 0, (earlier * rng.random(n)).astype(np.int64))
    start = np.where(lives.until < world.opened, lives.joined, start)
    # Some came from elsewhere with a relation of their own: here they begin in the months kept in detail.
    came = (rng.random(n) < 0.025) & (lives.joined < world.opened - 14) & (lives.until == OPEN)
    start = np.where(came, world.opened + rng.integers(1, 20, n), start)
    low, high = np.maximum(start, world.opened), np.minimum(lives.until, world.now)
    room = high - low
    changes = np.where(room >= 9, np.searchsorted([0.66, 0.91], rng.random(n)), 0)
    first = low + 1 + ((room - 6) * rng.random(n) * np.where(changes == 2, 0.5, 1.0)).astype(np.int64)
    second = low + (room * (0.6 + 0.3 * rng.random(n))).astype(np.int64)
    first = np.where(changes >= 1, first, lives.until)
    second = np.where(changes == 2, second, lives.until)
    return _Plan(start, [first, second, lives.until, lives.until])


def _modes(rng: np.random.Generator, track: Ints, slot: int) -> Ints:
    """Who pays, by track; flexible workers sometimes find a job, employees sometimes go it alone."""
    n = len(track)
    draws = rng.random(n)
    flexible = np.where(rng.random(n) < 0.25, int(Mode.AGENT), int(Mode.FLEXIBLE))
    alone = np.isin(track, (Track.FLEXIBLE, Track.LATE)) & (draws < (1.0 if slot == 0 else 0.7))
    alone |= np.isin(track, (Track.EMPLOYEE, Track.DORMANT)) & (draws < (0.0 if slot == 0 else 0.18))
    alone |= (track == Track.LATE) | ((slot == 3) & (track != Track.CIVIL) & (track != Track.CIVIL_PENSIONER))
    return np.where(alone, flexible, int(Mode.UNIT))


def _choose_units(
    rng: np.random.Generator, units: Units, track: Ints, mode: Ints, county: Ints, at: Ints, last: bool
) -> Ints:
    """A unit for each spell that has one: public bodies for civil tracks, the county's window for agents."""
    out = np.full(len(at), -1, np.int64)
    civil = (mode == Mode.UNIT) & np.isin(track, (Track.CIVIL, Track.CIVIL_PENSIONER))
    other = (mode == Mode.UNIT) & ~civil
    out[civil] = units.pick(rng, at[civil], (INSTITUTION, GOVERNMENT))
    kinds = (ENTERPRISE,) if last else (ENTERPRISE, BUSINESS)
    out[other] = units.pick(rng, at[other], kinds)
    windows = np.flatnonzero(units.kind == WINDOW)
    agent = mode == Mode.AGENT
    out[agent] = windows[county[agent]]
    return out


def make_spells(world: World, rng: np.random.Generator, people: People, lives: Lives, units: Units) -> Spells:
    """Spells of all covered people of the block."""
    plan = _plan(world, rng, lives)
    rows = np.flatnonzero(lives.covered)
    start = plan.start[rows]
    parts: list[Spells] = []
    for slot in range(4):
        mode = _modes(rng, people.track[rows], slot)
        unit = _choose_units(rng, units, people.track[rows], mode, people.county[rows], start, slot == 3)
        until, why = lives.until[rows], lives.why[rows]
        planned = until
        for later in reversed(plan.ends):
            planned = np.where(later[rows] > start, later[rows], planned)
        closes = np.where(unit >= 0, units.end[unit], OPEN)
        closes = np.where(closes <= start, OPEN, closes)
        end = np.minimum(np.maximum(planned, start), closes)
        reason = np.where(end == until, why, np.where(end == closes, int(Why.LOST), int(Why.MOVE)))
        parts.append(Spells(rows, unit, mode, start, end, reason))
        gap = np.where(rng.random(len(rows)) < 0.55, 0, rng.integers(1, 8, len(rows)))
        following = end + 1 + np.where(end + 1 + gap >= until - 1, 0, gap)
        going = (end < until) & (following <= world.now)
        rows, start = rows[going], following[going]
    spells = Spells(*(np.concatenate([getattr(part, name) for part in parts]) for name in Spells.__slots__))
    return spells.take(np.lexsort((spells.start, spells.person)))


def jobless(rng: np.random.Generator, world: World, spells: Spells, lives: Lives) -> Spells:
    """Months of unemployment benefit after a job was lost: at most 12, 18 or 24 by years paid (失业保险条例 §17)."""
    n = len(spells)
    following = np.full(n, OPEN)
    same = spells.person[1:] == spells.person[:-1]
    following[:-1][same] = spells.start[1:][same]
    paid = spells.end - lives.joined[spells.person] + 1
    longest = np.select([paid < 60, paid < 120], [12, 18], 24)
    start = spells.end + 1
    end = np.minimum(following - 1, start + longest - 1)
    asked = np.where(spells.why == Why.LOST, 0.8, 0.35)
    lost = (spells.mode == Mode.UNIT) & np.isin(spells.why, (Why.MOVE, Why.LOST, Why.PAUSE)) & (paid >= 12)
    lost &= (
        (spells.end >= world.opened)
        & (start <= world.now)
        & (end >= start)
        & (end < lives.until[spells.person] + longest)
    )
    chosen = np.flatnonzero(lost & (rng.random(n) < asked))
    out = spells.take(chosen)
    out.unit = np.full(len(chosen), -1, np.int64)
    out.mode = np.full(len(chosen), int(Mode.FUND))
    out.start = start[chosen]
    running = end[chosen] >= world.now
    out.end = np.where(running, OPEN, end[chosen])
    out.why = np.where(running, int(Why.OPEN), int(Why.MOVE))
    return out
