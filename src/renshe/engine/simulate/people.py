"""People: sex, birth, identity number, where they live, and what part of working life they are in.

Numbers follow GB 11643-1999 (region, birth date, serial with the sex in its last digit, check digit by ISO 7064
MOD 11-2); the region is the one that issued the number, so older people carry codes abolished since.

Invariant: no two people of one world share the first 17 digits of their numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from renshe.engine.simulate.model import NAT, Ints, Mask, data, index_of
from renshe.engine.simulate.names import Text, foreign_names, person_names
from renshe.engine.simulate.world import BLOCK, World

Dates = npt.NDArray[np.datetime64]
WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
CHECKS = np.array(list("10X98765432"))


class Track(IntEnum):
    """Part of life in which a person is as of the day of the extract."""

    CHILD = 0
    EMPLOYEE = 1
    CIVIL = 2
    FLEXIBLE = 3
    RESIDENT = 4
    PENSIONER = 5
    CIVIL_PENSIONER = 6
    DORMANT = 7
    GONE = 8
    LATE = 9


@dataclass(slots=True)
class People:
    """One block of people. ``index`` numbers them in the whole world, from 0."""

    index: Ints
    sex: Ints
    birth: Dates
    file_birth: Dates
    death: Dates
    county: Ints
    region: Text
    id_number: Text
    full_number: Text
    id_type: Text
    nationality: Text
    name: Text
    rare: Mask
    ethnicity: Text
    track: Ints
    cadre: Mask
    early: Mask
    village: Text
    address: Text
    phone: Text
    bank: Text

    def __len__(self) -> int:
        return len(self.index)

    @property
    def retire(self) -> Ints:
        """Month of retirement, by the earliest birth date on file."""
        return retire_month(self.birth, self.file_birth, self.sex, self.cadre, self.early)


def retire_month(birth: Dates, file_birth: Dates, sex: Ints, cadre: Mask, early: Mask) -> Ints:
    """Retirement before 2025 (国发〔1978〕104号): men 60, women 55 as cadres, else 50; special work 5 years less."""
    known = np.where(np.isnat(file_birth), birth, np.minimum(birth, file_birth))
    months = np.where(sex == 1, 720, np.where(cadre, 660, 600)) - np.where(early, 60, 0)
    out: Ints = index_of(known) + months
    return out


def digits(values: Ints, width: int) -> Text:
    """Numbers as text with leading zeros."""
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    codes = (values[:, None] // powers % 10 + 48).astype(np.uint32)
    out: Text = np.ascontiguousarray(codes).view(f"U{width}").ravel()
    return out


def check_digits(numbers: Text) -> Text:
    """Check digit of each 17-digit number (ISO 7064 MOD 11-2)."""
    codes = np.ascontiguousarray(numbers.astype("U17")).view(np.uint32).reshape(-1, 17).astype(np.int64) - 48
    out: Text = CHECKS[codes @ WEIGHTS % 11]
    return out


def yyyymmdd(dates: Dates) -> Ints:
    """Dates as numbers."""
    months = dates.astype("datetime64[M]")
    month = months.astype(np.int64)
    out: Ints = (month // 12 + 1970) * 10000 + (month % 12 + 1) * 100 + (dates - months).astype(np.int64) + 1
    return out


AGES = np.array(
    [0.9, 1.1, 1.2, 1.2, 1.25, 1.35, 1.5, 1.45, 1.45, 1.7, 1.75, 1.65, 1.35, 1.1, 0.75, 0.45, 0.3, 0.15, 0.05]
)
"""Relative number of people in each band of five years of age."""


def _births(world: World, rng: np.random.Generator, n: int) -> Dates:
    edges = np.concatenate([[0], np.cumsum(AGES / AGES.sum())])
    age_days = np.interp(rng.random(n), edges, np.arange(len(edges)) * 5 * 365.2425)
    out: Dates = np.datetime64(world.as_of, "D") - age_days.astype(np.int64) - 1
    return out


def _tracks(rng: np.random.Generator, age: Ints, retired: Mask) -> Ints:
    """Draw tracks: the young are children, those past retirement draw pensions, others work or live as residents."""
    working = np.cumsum([0.50, 0.085, 0.165, 0.20, 0.035, 0.015])
    tracks = np.array([Track.EMPLOYEE, Track.CIVIL, Track.FLEXIBLE, Track.RESIDENT, Track.DORMANT, Track.GONE])
    old = np.cumsum([0.52, 0.08, 0.395, 0.005])
    old_tracks = np.array([Track.PENSIONER, Track.CIVIL_PENSIONER, Track.RESIDENT, Track.LATE])
    draws = rng.random(len(age))
    out = tracks[np.minimum(np.searchsorted(working, draws), 5)]
    past = old_tracks[np.minimum(np.searchsorted(old, draws), 3)]
    out = np.where(retired, past, out)
    out = np.where(~retired & (age < 25) & (out == Track.DORMANT), Track.EMPLOYEE, out)
    return np.where(age < 22, Track.CHILD, out).astype(np.int64)


def _serials(world: World, block: int, region: Text, birth: Dates, sex: Ints) -> tuple[Dates, Ints]:
    """Serial numbers, unique for region and day, out of this block's own share; a full day moves people to the next."""
    share = max(1, 499 // world.blocks)
    birth = birth.copy()
    while True:
        key = np.char.add(region, digits(yyyymmdd(birth) * 10 + sex, 9))
        order = np.argsort(key, kind="stable")
        ranked = key[order]
        first = np.concatenate([[True], ranked[1:] != ranked[:-1]])
        starts = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order)) - starts
        full = rank >= share
        if not full.any():
            return birth, ((block * share + rank) * 37 % 499 + 1) * 2 - (sex == 1)
        birth[full] -= np.timedelta64(1, "D")


def _regions(rng: np.random.Generator, county: Ints, birth: Dates) -> Text:
    """Region that issued the number: the county's, before 1993 often its old code, sometimes another prefecture's."""
    places = data("places")
    new = np.array([c["code"] for c in places["counties"]])
    old = np.array([c["old"] for c in places["counties"]])
    elder = (birth < np.datetime64("1993-07-01")) & (rng.random(len(county)) < 0.85)
    out = np.where(elder, old[county], new[county])
    moved = np.flatnonzero(rng.random(len(county)) < 0.06)
    out[moved] = np.array(places["elsewhere"])[rng.integers(0, len(places["elsewhere"]), len(moved))]
    out[rng.random(len(county)) < 0.0004] = places["unlisted"]
    result: Text = out
    return result


def _homes(rng: np.random.Generator, n: int) -> tuple[Ints, Text, Text]:
    """County number, twelve-digit village code and address per person."""
    places = data("places")
    counties = places["counties"]
    shares = np.cumsum([c["share"] for c in counties]) / sum(c["share"] for c in counties)
    county = np.minimum(np.searchsorted(shares, rng.random(n)), len(counties) - 1).astype(np.int64)
    villages, streets = places["villages"].split(), places["streets"].split()
    code, address = np.full(n, "", "U12"), np.full(n, "", "U32")
    for number, place in enumerate(counties):
        rows = np.flatnonzero(county == number)
        towns = list(place["towns"].items())
        town = rng.integers(0, len(towns), len(rows))
        village = rng.integers(0, len(villages), len(rows))
        prefix = np.array([place["code"] + c for _, c in towns])
        code[rows] = np.strings.add(prefix[town], digits(200 + village, 3))
        head = np.array([f"{places['prefecture']['name']}{place['name']}{t}" for t, _ in towns])
        tail = np.array([[f"{v}{'委' if '街道' in t else '村'}" for v in villages] for t, _ in towns])
        house = np.strings.add(
            np.array(streets)[rng.integers(0, len(streets), len(rows))], digits(rng.integers(1, 999, len(rows)), 3)
        )
        urban = rng.random(len(rows)) < 0.5
        address[rows] = np.where(
            urban,
            np.strings.add(head[town], np.strings.add(house, "号")),
            np.strings.add(head[town], tail[town, village]),
        )
    return county, code, address


def make_people(world: World, block: int) -> People:
    """The people of one block."""
    n = min(BLOCK, world.persons - block * BLOCK)
    rng = world.rng("people", block)
    index = block * BLOCK + np.arange(n, dtype=np.int64)
    sex = np.where(rng.random(n) < 0.505, 1, 2).astype(np.int64)
    county, village, address = _homes(rng, n)
    birth = _births(world, rng, n)
    region = _regions(rng, county, birth)
    birth, serial = _serials(world, block, region, birth, sex)
    cadre = rng.random(n) < 0.3
    early = ~cadre & (rng.random(n) < 0.02)
    file_birth = _file_births(rng, birth)
    age = (world.now - index_of(birth)) // 12
    track = _tracks(rng, age, retire_month(birth, file_birth, sex, cadre, early) <= world.now)
    early &= np.isin(track, (Track.PENSIONER, Track.CIVIL_PENSIONER, Track.LATE))
    numbers = np.strings.add(np.strings.add(region, digits(yyyymmdd(birth), 8)), digits(serial, 3))
    names, ethnicity, rare = person_names(rng, sex, birth.astype("datetime64[Y]").astype(np.int64) + 1970)
    people = People(
        index=index,
        sex=sex,
        birth=birth,
        file_birth=file_birth,
        death=np.full(n, NAT),
        county=county,
        region=region,
        id_number=np.strings.add(numbers, check_digits(numbers)),
        full_number=np.strings.add(numbers, check_digits(numbers)),
        id_type=np.full(n, "01"),
        nationality=np.full(n, "CHN"),
        name=names,
        rare=rare,
        ethnicity=ethnicity,
        track=track,
        cadre=cadre,
        early=early,
        village=village,
        address=address,
        phone=np.strings.add("13", digits(rng.integers(0, 10**9, n), 9)),
        bank=np.strings.add("62284806", digits(index * 7 + 1_000_003, 11)),
    )
    _oddities(rng, people)
    return people


def _file_births(rng: np.random.Generator, birth: Dates) -> Dates:
    """The birth date in the personnel file, where one is kept: mostly the same, sometimes earlier or later."""
    draws = rng.random(len(birth))
    shift = rng.integers(-400, 200, len(birth))
    out = np.where(draws < 0.5, birth, NAT)
    return np.where(draws < 0.008, birth + shift, out)


def _oddities(rng: np.random.Generator, people: People) -> None:
    """Lawful but unusual identities: 15-digit numbers of the old, residence permits, foreigners."""
    n = len(people)
    draws = rng.random(n)
    elder = np.flatnonzero((people.birth < np.datetime64("1965-01-01")) & (draws < 0.01))
    full = people.id_number[elder]
    people.id_number[elder] = np.strings.add(_cut(full, 0, 6), _cut(full, 8, 17))
    permit = np.flatnonzero((draws > 0.9995) & (people.track != Track.CHILD))
    prefix = np.array(["810000", "820000", "830000"])[rng.integers(0, 3, len(permit))]
    numbers = np.strings.add(prefix, _cut(people.id_number[permit], 6, 17))
    numbers, first = np.unique(numbers, return_index=True)
    permit = permit[first]
    people.id_number[permit] = np.strings.add(numbers, check_digits(numbers))
    people.full_number[permit] = people.id_number[permit]
    foreign = np.flatnonzero((draws > 0.999) & (draws < 0.9993) & np.isin(people.track, (Track.EMPLOYEE, Track.CHILD)))
    country = np.array(["USA", "KOR", "JPN", "RUS"])[rng.integers(0, 4, len(foreign))]
    people.id_number[foreign] = np.strings.add(country, digits(people.index[foreign] + 10**11, 12))
    people.nationality[foreign] = country
    people.name[foreign] = foreign_names(rng, len(foreign))
    people.ethnicity[foreign] = ""
    people.id_type[permit], people.id_type[foreign] = "17", "08"


def _cut(text: Text, start: int, stop: int) -> Text:
    out: Text = np.strings.slice(text, start, stop)
    return out
