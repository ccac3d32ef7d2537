"""Two systems that know many of the same people, with known damage: what linking is trained on and timed with.

Everybody has a number in each system that knows him, nothing else in common but who he is. A damaged record has one
or two things wrong: its number (digit, neighbours, 15 digits, none), name (same sound, like shape, traditional, a
character less), dates, employer. Twins share birth, family name and employer, with neighbouring numbers and names one
character apart.

Invariant: ``person`` tells who a record is; the same seed gives the same records.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from renshe.engine.simulate.people import check_digits, make_people
from renshe.engine.simulate.world import World

SYSTEMS = ("pension", "medical")
AS_OF = dt.date(2021, 5, 31)
# Of all people, who is one of twins; who is in both systems; who changed employer; which fields a system lacks.
_TWINS, _BOTH, _MOVED = 0.012, 0.8, 0.15
# How often two systems have different ones of somebody, by no fault of theirs.
_CHANGED = {"phone": 0.3, "bank_account": 0.25, "address": 0.4}
_LACKING = {"id_number": 0.02, "birth_date": 0.05, "unit_no": 0.12, "phone": 0.35, "address": 0.4, "bank_account": 0.5}
_DIGITS = "0123456789"

Record = dict[str, Any]
Swaps = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Confusions:
    """Characters that stand for one another, by character: of the same sound, of nearly the same, of like shape, the
    traditional form; and ``others``, which stand for any."""

    sound: Swaps = field(default_factory=dict)
    near: Swaps = field(default_factory=dict)
    shape: Swaps = field(default_factory=dict)
    traditional: Swaps = field(default_factory=dict)
    others: str = ""


def linked_records(persons: int, seed: int, damaged: float, confusions: Confusions) -> pa.Table:
    """Return the records of two systems on ``persons`` people, of which the share ``damaged`` has something wrong.

    Columns: system, key, person, and the fields of ``person`` that linking compares.
    """
    world = World(persons, seed, 0.0, AS_OF)
    rng = np.random.Generator(np.random.PCG64([seed, 4]))
    people = [row for block in range(world.blocks) for row in _people(world, block, rng)]
    damage = Damage(rng, confusions)
    columns: dict[str, list[Any]] = {}
    for number, system in enumerate(SYSTEMS):
        # Everybody is in one of the two at least.
        known = (np.arange(len(people)) % 2 == number) | (rng.random(len(people)) < 2 * _BOTH - 1)
        keys = rng.permutation(len(people))
        wrong = rng.random(len(people)) < damaged
        lacks = {name: rng.random(len(people)) < share for name, share in _LACKING.items()}
        moved = rng.random(len(people)) < _MOVED
        for at in np.flatnonzero(known):
            row = dict(people[at])
            for name, lacking in lacks.items():
                if lacking[at]:
                    row[name] = None
            if number and moved[at] and row["unit_no"]:
                row["unit_no"] = f"u{rng.integers(0, max(1, persons // 12))}"
            for name, share in _CHANGED.items():
                if number and row[name] and rng.random() < share:
                    row[name] = people[int(rng.integers(0, len(people)))][name]
            if wrong[at]:
                damage.spoil(row)
            row |= {"system": system, "key": f"{number + 1}{keys[at]:08d}"}
            for name, value in row.items():
                columns.setdefault(name, []).append(value)
    return pa.table({name: pa.array(values) for name, values in columns.items()})


def _people(world: World, block: int, rng: np.random.Generator) -> list[Record]:
    made = make_people(world, block)
    units = rng.zipf(1.3, len(made)) % max(1, world.persons // 12)
    rows = [
        {
            "person": int(index),
            "id_number": str(number),
            "name": str(name),
            "sex": str(sex),
            "birth_date": birth,
            "unit_no": f"u{unit}",
            "phone": str(phone),
            "bank_account": str(bank),
            "address": str(address),
        }
        for index, number, name, sex, birth, unit, phone, bank, address in zip(
            made.index,
            made.full_number,
            made.name,
            made.sex,
            made.birth.astype("datetime64[D]").tolist(),
            units,
            made.phone,
            made.bank,
            made.address,
            strict=True,
        )
    ]
    for first in np.flatnonzero(rng.random(len(rows) - 1) < _TWINS / 2):
        _make_twin(rows[first], rows[first + 1], rng)
    return rows


def _make_twin(one: Record, other: Record, rng: np.random.Generator) -> None:
    """Make ``other`` the twin of ``one``: the next serial numbers of the day, a name one character apart."""
    number = one["id_number"]
    if not number[:17].isdigit() or len(number) != 18 or len(one["name"]) < 2:
        return
    step = int(rng.integers(1, 4))
    serial = (int(number[14:17]) + step) % 1000
    sex = "1" if serial % 2 else "2"
    body = f"{number[:14]}{serial:03d}"
    name = one["name"]
    at = len(name) - 1 if len(name) == 2 or rng.random() < 0.6 else len(name) - 2
    changed = name[:at] + other["name"][-1] + name[at + 1 :]
    if changed == name:
        return
    other |= {
        "id_number": body + str(check_digits(np.array([body]))[0]),
        "name": changed,
        "sex": sex,
        "birth_date": one["birth_date"],
        "unit_no": one["unit_no"],
        "address": one["address"],
    }


class Damage:
    """Puts one or two things wrong into a record."""

    def __init__(self, rng: np.random.Generator, confusions: Confusions) -> None:
        self.rng = rng
        self.confusions = confusions
        self.kinds: Sequence[tuple[float, Callable[[Record], None]]] = (
            (0.16, self._digit),
            (0.10, self._neighbours),
            (0.12, self._old_number),
            (0.12, self._no_number),
            (0.03, self._lost_digit),
            (0.01, self._rounded),
            (0.10, self._sound),
            (0.06, self._shape),
            (0.07, self._traditional),
            (0.03, self._character_less),
            (0.02, self._near),
            (0.02, self._other_character),
            (0.01, self._turned_name),
            (0.07, self._turned_date),
            (0.07, self._no_date),
            (0.04, self._other_date),
            (0.03, self._other_sex),
        )
        shares = np.array([share for share, _ in self.kinds])
        self.shares = np.cumsum(shares / shares.sum())

    def spoil(self, row: Record) -> None:
        """Put something wrong into ``row``; one time in six, two things."""
        for _ in range(1 + int(self.rng.random() < 1 / 6)):
            self.kinds[int(np.searchsorted(self.shares, self.rng.random()))][1](row)

    def _at(self, size: int) -> int:
        return int(self.rng.integers(0, size))

    def _digit(self, row: Record) -> None:
        if number := row["id_number"]:
            at = self._at(len(number))
            row["id_number"] = number[:at] + _DIGITS[self._at(10)] + number[at + 1 :]

    def _neighbours(self, row: Record) -> None:
        if number := row["id_number"]:
            at = self._at(len(number) - 1)
            row["id_number"] = number[:at] + number[at + 1] + number[at] + number[at + 2 :]

    def _old_number(self, row: Record) -> None:
        number = row["id_number"]
        if number and len(number) == 18 and number[6:8] == "19":
            row["id_number"] = number[:6] + number[8:17]

    def _no_number(self, row: Record) -> None:
        row["id_number"] = None

    def _lost_digit(self, row: Record) -> None:
        if number := row["id_number"]:
            at = self._at(len(number))
            row["id_number"] = number[:at] + number[at + 1 :]

    def _rounded(self, row: Record) -> None:
        if (number := row["id_number"]) and len(number) == 18:
            row["id_number"] = f"{number[:15]}000"

    def _swap(self, row: Record, swaps: Swaps) -> None:
        name = row["name"]
        places = [at for at, char in enumerate(name) if char in swaps]
        if places:
            at = places[self._at(len(places))]
            others = swaps[name[at]]
            row["name"] = name[:at] + others[self._at(len(others))] + name[at + 1 :]

    def _sound(self, row: Record) -> None:
        self._swap(row, self.confusions.sound)

    def _shape(self, row: Record) -> None:
        self._swap(row, self.confusions.shape)

    def _near(self, row: Record) -> None:
        self._swap(row, self.confusions.near)

    def _other_character(self, row: Record) -> None:
        name = row["name"]
        at = self._at(len(name))
        others = self.confusions.others
        row["name"] = name[:at] + others[self._at(len(others))] + name[at + 1 :]

    def _turned_name(self, row: Record) -> None:
        if len(row["name"]) == 3:
            row["name"] = row["name"][0] + row["name"][:0:-1]

    def _traditional(self, row: Record) -> None:
        swaps = self.confusions.traditional
        row["name"] = "".join(swaps.get(char, char)[0] for char in row["name"])

    def _character_less(self, row: Record) -> None:
        name = row["name"]
        if len(name) > 2:
            at = 1 + self._at(len(name) - 1)
            row["name"] = name[:at] + name[at + 1 :]

    def _turned_date(self, row: Record) -> None:
        born = row["birth_date"]
        if born and born.day <= 12:
            row["birth_date"] = born.replace(month=born.day, day=born.month)

    def _no_date(self, row: Record) -> None:
        row["birth_date"] = dt.date(1900, 1, 1) if self.rng.random() < 0.2 else None

    def _other_date(self, row: Record) -> None:
        if row["birth_date"]:
            row["birth_date"] += dt.timedelta(days=int(self.rng.choice([-365, -30, -1, 1, 9, 30, 365])))

    def _other_sex(self, row: Record) -> None:
        row["sex"] = self.rng.choice(["1", "2", "9"])
