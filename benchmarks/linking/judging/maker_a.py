"""Maker A, the plain set: what a checker writes in an afternoon. The bar is promised here.

Two systems, one file of persons each, no table of units: ``unit_no`` is the same in both. Four in five people are in
both systems, a tenth in either alone. Names come from fifty family names and some two hundred characters. Two people
in a hundred are twins: birth, unit and family name the same, neighbouring numbers, names one character apart. The
number of every sixth record of a twin is damaged, or of less if few records are, on top of what happens to all.

Each record, of either system, is damaged with the probability ``damaged`` in one way, one in six of them in two; never
in two ways of one field, and a record that lost its id number keeps its date of birth. So of every record at least two
of number, name and date are whole, or one is damaged recognisably.

Ceiling: F1 0.9999 at a third, 1 at a tenth, by a clerk who knew the rates of the set itself (20,000 persons).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from benchmarks.linking.judging.characters import GIVEN, SURNAMES, homophones, in_full, surname_homophones
from benchmarks.linking.judging.papers import Record, Register, Sheet, as_15_digits, hand_in, number_records

REGIONS = ("220802", "220821", "220822", "220881", "220882")
SYSTEMS = ("pension", "medical")
_IN_BOTH, _IN_FIRST_ONLY = 0.8, 0.1
_TWIN_BIRTHS = 0.0101
_TWO_DAMAGES = 0.16
_FIRST_BIRTH, _LAST_BIRTH = date(1944, 1, 1), date(2002, 12, 31)
_PER_UNIT = 60
_FAMILY_NAMES = SURNAMES[:50]
# Every third character, so that sounds and old forms of all kinds are among them.
_CHARACTERS = GIVEN[::3]
_FIELDS = ("person_no", "id_number", "name", "sex", "birth_date", "unit_no")

Values = dict[str, str]


@dataclass(frozen=True, slots=True)
class _Person:
    name: str
    sex: str
    birth: date
    id_number: str
    unit_no: str
    twin: bool = False


def make(folder: Path, persons: int, seed: int, damaged: float) -> None:
    """Write a project of ``persons`` people to ``folder``, and the truth beside it."""
    rng = random.Random(f"plain {seed}")
    units = [str(5001 + number) for number in range(max(3, persons // _PER_UNIT))]
    records = []
    for number, person in enumerate(_people(rng, persons, units)):
        fate = rng.random()
        known_to = SYSTEMS if fate < _IN_BOTH else SYSTEMS[:1] if fate < _IN_BOTH + _IN_FIRST_ONLY else SYSTEMS[1:]
        for system in known_to:
            record = Record(system, number, _written(person), ("twin",) if person.twin else ())
            if person.twin and rng.random() < min(1 / 6, 2 * damaged):
                _damage(rng, record, units, only="id_")
            elif rng.random() < damaged:
                _damage(rng, record, units)
            records.append(record)
    number_records(rng, records, {"pension": 10_000_001, "medical": 70_000_001})
    sheets = [
        Sheet(
            system,
            "person",
            f"{system}.csv",
            {field: field for field in _FIELDS},
            sorted((record.values for record in records if record.system == system), key=lambda row: row["person_no"]),
        )
        for system in SYSTEMS
    ]
    hand_in(folder, "两系统比对", "220800", sheets, records)


def _people(rng: random.Random, persons: int, units: list[str]) -> list[_Person]:
    register = Register(rng)
    weights = [1 / (rank + 12) for rank in range(len(_FAMILY_NAMES))]
    days = (_LAST_BIRTH - _FIRST_BIRTH).days
    people: list[_Person] = []
    while len(people) < persons:
        birth, sex = _FIRST_BIRTH + timedelta(rng.randrange(days + 1)), rng.choice("12")
        name = rng.choices(_FAMILY_NAMES, weights)[0] + "".join(rng.sample(_CHARACTERS, 2 if rng.random() < 0.8 else 1))
        twin = rng.random() < _TWIN_BIRTHS
        number = register.issue(rng.choice(REGIONS), birth, sex)
        one = _Person(name, sex, birth, number, rng.choice(units), twin)
        people.append(one)
        if twin:
            its_sex = sex if rng.random() < 0.6 else _other_sex(sex)
            its_name = _another(rng, name)
            people.append(_Person(its_name, its_sex, birth, register.issue_next_to(number, its_sex), one.unit_no, True))
    return people[:persons]


def _other_sex(sex: str) -> str:
    return "2" if sex == "1" else "1"


def _another(rng: random.Random, name: str) -> str:
    """Return ``name`` with one character of the given name changed."""
    place = rng.randrange(1, len(name))
    other = rng.choice([char for char in _CHARACTERS if char not in name])
    return name[:place] + other + name[place + 1 :]


def _written(person: _Person) -> Values:
    return {
        "id_number": person.id_number,
        "name": person.name,
        "sex": person.sex,
        "birth_date": person.birth.isoformat(),
        "unit_no": person.unit_no,
    }


def _damage(rng: random.Random, record: Record, units: list[str], only: str = "") -> None:
    """Damage ``record`` in one way (of the kinds that begin with ``only``), sometimes two, and write down how."""
    wanted = 2 if not only and rng.random() < _TWO_DAMAGES else 1
    while len(record.kinds) < wanted:
        kind = rng.choices(list(_DAMAGES), [weight for weight, _ in _DAMAGES.values()])[0]
        if kind.startswith(only) and _goes_with(kind, record.kinds):
            after = _DAMAGES[kind][1](rng, record.values, units)
            if after:
                record.values.update(after)
                record.kinds.append(kind)


def _goes_with(kind: str, others: list[str]) -> bool:
    together = {kind, *others}
    if "id_missing" in together and any(one.startswith("date") for one in together):
        return False
    return len({one.partition("_")[0] for one in together}) == len(others) + 1


def _id_typo(rng: random.Random, values: Values, units: list[str]) -> Values:
    number = values["id_number"]
    place = rng.randrange(len(number))
    digit = rng.choice([char for char in "0123456789" if char != number[place]])
    return {"id_number": number[:place] + digit + number[place + 1 :]}


def _id_swapped(rng: random.Random, values: Values, units: list[str]) -> Values:
    number = values["id_number"]
    places = [place for place in range(len(number) - 1) if number[place] != number[place + 1]]
    place = rng.choice(places)
    return {"id_number": number[:place] + number[place + 1] + number[place] + number[place + 2 :]}


def _id_digit_lost(rng: random.Random, values: Values, units: list[str]) -> Values:
    place = rng.randrange(len(values["id_number"]))
    return {"id_number": values["id_number"][:place] + values["id_number"][place + 1 :]}


def _id_15(rng: random.Random, values: Values, units: list[str]) -> Values:
    short = as_15_digits(values["id_number"])
    return {"id_number": short} if short else {}


def _id_missing(rng: random.Random, values: Values, units: list[str]) -> Values:
    return {"id_number": ""}


def _name_homophone(rng: random.Random, values: Values, units: list[str]) -> Values:
    name = values["name"]
    places = [place for place in range(len(name)) if (surname_homophones if place == 0 else homophones)(name[place])]
    if not places:
        return {}
    place = rng.choice(places)
    other = rng.choice((surname_homophones if place == 0 else homophones)(name[place]))
    return {"name": name[:place] + other + name[place + 1 :]}


def _name_traditional(rng: random.Random, values: Values, units: list[str]) -> Values:
    full = in_full(values["name"])
    return {"name": full} if full != values["name"] else {}


def _date_swapped(rng: random.Random, values: Values, units: list[str]) -> Values:
    year, month, day = values["birth_date"].split("-")
    return {"birth_date": f"{year}-{day}-{month}"} if day <= "12" and day != month else {}


def _date_missing(rng: random.Random, values: Values, units: list[str]) -> Values:
    return {"birth_date": ""}


def _job_changed(rng: random.Random, values: Values, units: list[str]) -> Values:
    return {"unit_no": rng.choice([unit for unit in units if unit != values["unit_no"]])}


_DAMAGES: dict[str, tuple[int, Callable[[random.Random, Values, list[str]], Values]]] = {
    "id_typo": (14, _id_typo),
    "id_swapped": (10, _id_swapped),
    "id_digit_lost": (4, _id_digit_lost),
    "id_15": (12, _id_15),
    "id_missing": (14, _id_missing),
    "name_homophone": (12, _name_homophone),
    "name_traditional": (8, _name_traditional),
    "date_swapped": (10, _date_swapped),
    "date_missing": (8, _date_missing),
    "job_changed": (12, _job_changed),
}
