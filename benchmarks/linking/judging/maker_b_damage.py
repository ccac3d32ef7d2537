"""What happens to records in maker B: keys beside keys, digits misread, sounds, shapes, defaults, another's card.

One damage mostly, sometimes two, never two of one field, and never such that neither id number nor date of birth tells
when the person was born: a careful clerk must be able to decide.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from benchmarks.linking.judging.characters import GIVEN, homophones, in_full, lookalikes, near_homophones
from benchmarks.linking.judging.characters import surname_homophones as surnames_alike
from benchmarks.linking.judging.maker_b_people import Person
from benchmarks.linking.judging.papers import Record, as_15_digits

_TWO_DAMAGES = 0.2
_KEYPAD = {
    "0": "12",
    "1": "024",
    "2": "0135",
    "3": "26",
    "4": "157",
    "5": "2468",
    "6": "359",
    "7": "48",
    "8": "579",
    "9": "68",
}
_MISREAD = {
    "0": "68",
    "1": "74",
    "2": "7",
    "3": "85",
    "4": "19",
    "5": "63",
    "6": "05",
    "7": "12",
    "8": "360",
    "9": "04",
    "X": "1",
}
_NO_DATE = "1900-01-01"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a record can be mixed up with: other people, other units of its system."""

    people: list[Person]
    unit_numbers: dict[str, list[str]]


def damage(rng: random.Random, record: Record, around: Surroundings, *, named: bool) -> None:
    """Damage ``record`` and write down how; with ``named`` in the kinds that the promise names and no other."""
    birth_year = around.people[record.person].birth.year
    weights = [
        0.0 if named and kind in _NOT_NAMED else _weight(kind, weight, birth_year)
        for kind, (weight, _) in _DAMAGES.items()
    ]
    wanted = 2 if rng.random() < _TWO_DAMAGES else 1
    while len(record.kinds) < wanted:
        kind = rng.choices(list(_DAMAGES), weights)[0]
        if _decidable([kind, *record.kinds]):
            after = _DAMAGES[kind][1](rng, record, around)
            if after and any(record.values[name] != value for name, value in after.items()):
                record.values.update(after)
                record.kinds.append(kind)


def _weight(kind: str, weight: float, birth_year: int) -> float:
    if kind == "id_15":
        return weight * (2 if birth_year < 1960 else 1 if birth_year < 1985 else 0)
    return weight


def _decidable(kinds: list[str]) -> bool:
    fields = [kind.split("_")[0] for kind in kinds]
    if len(set(fields)) < len(fields):
        return False
    birth_lost = {"id_missing", "id_of_another"} & set(kinds)
    return not (birth_lost and ("date" in fields or "name_lost" in kinds))


def _id_keypad(rng: random.Random, record: Record, around: Surroundings) -> dict[str, str]:
    return _digit_changed(rng, record.values["id_number"], _KEYPAD)


def _id_misread(rng: random.Random, record: Record, around: Surroundings) -> dict[str, str]:
    return _digit_changed(rng, record.values["id_number"], _MISREAD)


def _digit_changed(rng: random.Random, number: str, into: dict[str, str]) -> dict[str, str]:
    place = rng.choice([place for place, digit in enumerate(number) if digit in into])
    return {"id_number": number[:place] + rng.choice(into[number[place]]) + number[place + 1 :]}


def _id_swapped(rng: random.Random, record: Record, around: Surroundings) -> dict[str, str]:
    number = record.values["id_number"]
    # The sequence and the day are swapped more often than the region, which the clerk has typed a thousand times.
    place = rng.randrange(6 if rng.random() < 0.8 else 0, len(number) - 1)
    return {"id_number": number[:place] + number[place + 1] + number[place] + number[place + 2 :]}


def _id_length(rng: random.Random, record: Record, around: Surroundings) -> dict[str, str]:
    number = record.values["id_number"]
    place = rng.randrange(len(number))
    return {"id_number": number[:place] + (number[place] * 2 if rng.random() < 0.4 else "") + number[place + 1 :]}


def _id_rounded(rng: random.Random, record: Record, around: Surroundings) -> dict[str, str]:
    return {"id_number": record.values["id_number"][:15] + "000"}


def _id_15(rng: random.Random, record: Record, around: Surroundings) -> dict[str, str]:
    short = as_15_digits(record.values["id_number"])
    return {"id_number": short} if short else {}


def _id_missing(rng: random.Random, record: Record, around: Surroundings) -> dict[str, str]:
    return {"id_number": ""}


def _id_of_another(rng: random.Random, record: Record, around: Surroundings) -> dict[str, str]:
    family = around.people[record.person].family
    other = rng.choice(family) if family and rng.random() < 0.7 else rng.randrange(len(around.people))
    return {"id_number": around.people[other].id_number}


def _name_sound(rng: random.Random, record: Record, around: Surroundings) -> dict[str, str]:
    near = near_homophones if rng.random() < 0.2 else homophones
    return _name_changed(rng, record.values["name"], surnames_alike, near)


def _name_shape(rng: random.Random, record: Record, around: Surroundings) -> dict[str, str]:
    return _name_changed(rng, record.values["name"], lookalikes, lookalikes)


def _name_changed(
    rng: random.Random, name: str, family: Callable[[str], str], given: Callable[[str], str]
) -> dict[str, str]:
    found = [(place, other) for place, char in enumerate(name) if place for other in given(char)]
    # A clerk knows family names: they go wrong one time in six.
    if not found or rng.random() < 1 / 6:
        found = [(0, other) for other in family(name[0])] or found
    if not found:
        return {}
    place, other = rng.choice(found)
    return {"name": name[:place] + other + name[place + 1 :]}


def _name_lost(rng: random.Random, record: Record, around: Surroundings) -> dict[str, str]:
    name = record.values["name"]
    return {"name": name[:-1] if rng.random() < 0.6 else name[0] + name[2:]} if len(name) > 2 else {}


def _name_turned(rng: random.Random, record: Record, around: Surroundings) -> dict[str, str]:
    name = record.values["name"]
    return {"name": name[:-2] + name[-1] + name[-2]} if len(name) > 2 else {}


def _name_blank(rng: random.Random, record: Record, around: Surroundings) -> dict[str, str]:
    name = record.values["name"]
    return {"name": name[0] + rng.choice((" ", "　")) + name[1:]}


def _name_traditional(rng: random.Random, record: Record, around: Surroundings) -> dict[str, str]:
    return {"name": in_full(record.values["name"])}


def _name_other(rng: random.Random, record: Record, around: Surroundings) -> dict[str, str]:
    name = record.values["name"]
    place = rng.randrange(1, len(name))
    return {"name": name[:place] + rng.choice(GIVEN) + name[place + 1 :]}


def _date_swapped(rng: random.Random, record: Record, around: Surroundings) -> dict[str, str]:
    year, month, day = record.values["birth_date"].split("-")
    return {"birth_date": f"{year}-{day}-{month}"} if day <= "12" else {}


def _date_missing(rng: random.Random, record: Record, around: Surroundings) -> dict[str, str]:
    return {"birth_date": ""}


def _date_default(rng: random.Random, record: Record, around: Surroundings) -> dict[str, str]:
    return {"birth_date": _NO_DATE}


def _date_typo(rng: random.Random, record: Record, around: Surroundings) -> dict[str, str]:
    born = date.fromisoformat(record.values["birth_date"])
    if rng.random() < 0.5:
        return {"birth_date": (born + timedelta(rng.choice((-10, -1, 1, 10)))).isoformat()}
    return {"birth_date": f"{born.year + rng.choice((-10, -1, 1))}-{born:%m}-{min(born.day, 28):02d}"}


def _unit_changed(rng: random.Random, record: Record, around: Surroundings) -> dict[str, str]:
    return {"unit_no": rng.choice(around.unit_numbers[record.system])} if record.values["unit_no"] else {}


def _unit_missing(rng: random.Random, record: Record, around: Surroundings) -> dict[str, str]:
    return {"unit_no": ""}


def _sex_wrong(rng: random.Random, record: Record, around: Surroundings) -> dict[str, str]:
    return {"sex": "2" if record.values["sex"] == "1" else "1"}


_DAMAGES: dict[str, tuple[float, Callable[[random.Random, Record, Surroundings], dict[str, str]]]] = {
    "id_15": (9, _id_15),
    "id_keypad": (8, _id_keypad),
    "id_misread": (5, _id_misread),
    "id_swapped": (7, _id_swapped),
    "id_length": (3, _id_length),
    "id_rounded": (1.5, _id_rounded),
    "id_missing": (13, _id_missing),
    "id_of_another": (1, _id_of_another),
    "name_sound": (9, _name_sound),
    "name_shape": (4, _name_shape),
    "name_lost": (1.5, _name_lost),
    "name_turned": (1, _name_turned),
    "name_blank": (1.5, _name_blank),
    "name_traditional": (6, _name_traditional),
    "name_other": (1.5, _name_other),
    "date_swapped": (7, _date_swapped),
    "date_missing": (6, _date_missing),
    "date_default": (3, _date_default),
    "date_typo": (3, _date_typo),
    "unit_changed": (10, _unit_changed),
    "unit_missing": (3, _unit_missing),
    "sex_wrong": (1.5, _sex_wrong),
}
# Kinds beyond typos in numbers, 15 digits, swapped digits, missing numbers, homophones, traditional forms, swapped or
# missing dates and changed jobs.
_NOT_NAMED = {"id_rounded", "id_of_another", "name_shape", "name_lost", "name_turned", "name_other", "sex_wrong"}
