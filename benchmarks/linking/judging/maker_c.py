"""Maker C, the adversary: villages round a mine, where everybody resembles somebody. The bar is NOT promised here.

Three systems: pension and medical, and employment, which knows neither birth nor village. Half of a village bear three
family names, and men of one generation share a character. One person in eight was born on 1 January, one in ten on a
day of the lunar calendar that everybody remembers; the police gave out low sequence numbers. Two people in three work
for the mine. Of a hundred people three are twins, half of them with names that sound the same; five have a namesake
of the same birth and sex, mostly in the mine too; four are sons named nearly as their fathers. Six people in ten are
in both large systems.

The share ``damaged`` of the records is damaged: numbers missing, often in all records of a person; 15 digits, also
with a digit wrong; typos among the last four places; sounds, shapes, traditional forms; lunar dates, days lost to
1 January.

Ceiling: F1 0.990 to 0.993 at a third, 0.9998 at a tenth, at a precision of 0.9995, by a clerk who knew the rates of
the set itself and was thereby flattered (20,000 persons); one who only added up weights of single fields came to 0.94
to 0.956 and 0.998. The rest, namesakes and twins without a number foremost, nobody could decide from these files. What
counts here is that precision holds and that nothing forbidden is linked.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from benchmarks.linking.judging.characters import SURNAMES, homophones, in_full, lookalikes
from benchmarks.linking.judging.papers import Record, Register, Sheet, as_15_digits, hand_in, number_records

COUNTIES = ("610322", "610323", "610324")
MINE = "9001"
_OTHER_UNITS = tuple(str(number) for number in range(9002, 9040))
_PER_VILLAGE = 250
_GIVEN = (
    "德福贵生财旺发全有存满喜来根柱栓虎狗牛石金银铜铁宝珍玉翠兰芳花英莲菊梅桃杏凤巧改引爱秀琴香云芝平安顺成民林山水田广明永长"
    "新建国文"
)
_REMEMBERED = ("01-15", "02-02", "05-05", "06-06", "07-07", "08-15", "09-09", "10-01", "12-08")
_TWINS, _NAMESAKES, _SONS = 0.015, 0.025, 0.04
_KNOWN_TO = (
    (("pension", "medical"), 44),
    (("pension", "medical", "employment"), 17),
    (("pension",), 15),
    (("medical",), 15),
    (("medical", "employment"), 5),
    (("employment",), 4),
)
# Of the damaged records, those that come of people of whom no system has a number.
_NEVER_SHOWN = 0.12
_TWO_DAMAGES = 0.25
_FIRST_NUMBER = {"pension": 61_000_001, "medical": 62_000_001, "employment": 63_000_001}
_FIELDS = {
    "pension": ("person_no", "name", "id_number", "sex", "birth_date", "unit_no", "residence_code"),
    "medical": ("person_no", "id_number", "name", "birth_date", "sex", "residence_code", "unit_no"),
    "employment": ("person_no", "name", "sex", "id_number", "unit_no"),
}

Values = dict[str, str]


@dataclass(frozen=True, slots=True)
class _Village:
    code: str
    clans: tuple[str, ...]
    # The character of a generation: clan and start of the generation.
    generations: dict[tuple[str, int], str]


@dataclass(frozen=True, slots=True)
class _Person:
    name: str
    sex: str
    birth: date
    id_number: str
    village: str
    unit_no: str
    traits: tuple[str, ...] = ()


def make(folder: Path, persons: int, seed: int, damaged: float) -> None:
    """Write a project of ``persons`` people to ``folder``, and the truth beside it."""
    rng = random.Random(f"adversary {seed}")
    people = _people(rng, persons)
    hidden = damaged * _NEVER_SHOWN
    others = (damaged - hidden) / (1 - hidden)
    records: list[Record] = []
    for number, person in enumerate(people):
        never_shown = rng.random() < hidden
        for system in rng.choices(*zip(*_KNOWN_TO, strict=True))[0]:
            record = Record(system, number, _written(rng, person), person.traits)
            if never_shown and system != "employment":
                record.values["id_number"] = ""
                record.kinds.append("id_missing")
            elif rng.random() < others:
                _damage(rng, record)
            records.append(record)
    number_records(rng, records, _FIRST_NUMBER)
    sheets = [
        Sheet(
            system,
            "person",
            f"{system}_person.csv",
            {field: field for field in fields},
            sorted((record.values for record in records if record.system == system), key=lambda row: row["person_no"]),
            "utf-8-sig",
        )
        for system, fields in _FIELDS.items()
    ]
    hand_in(folder, "矿区三系统合库", "610300", sheets, records)


def _people(rng: random.Random, persons: int) -> list[_Person]:
    register = Register(rng)
    villages = [_village(rng, number) for number in range(max(2, persons // _PER_VILLAGE))]
    people: list[_Person] = []
    while len(people) < persons:
        one = _anybody(rng, register, rng.choice(villages))
        people.append(one)
        fate = rng.random()
        if fate < _TWINS:
            people[-1:] = _twins(rng, register, one)
        elif fate < _TWINS + _NAMESAKES:
            people[-1:] = _namesakes(rng, register, one)
        elif fate < _TWINS + _NAMESAKES + _SONS and one.sex == "1" and one.birth.year < 1978:
            people[-1:] = _father_and_son(rng, register, one)
    return people[:persons]


def _village(rng: random.Random, number: int) -> _Village:
    clans = tuple(rng.sample(SURNAMES[:60], 3))
    generations = {(clan, start): rng.choice(_GIVEN) for clan in clans for start in range(1920, 2020, 20)}
    code = f"{COUNTIES[number % len(COUNTIES)]}{100 + number // 60 % 12:03d}{201 + number // 3 % 700:03d}"
    return _Village(code, clans, generations)


def _anybody(rng: random.Random, register: Register, village: _Village) -> _Person:
    birth, sex = _birth(rng, rng.randrange(1936, 2003)), rng.choice("12")
    surname = rng.choices(village.clans, (24, 16, 12))[0] if rng.random() < 0.5 else rng.choice(SURNAMES[:90])
    shared = village.generations.get((surname, birth.year // 20 * 20), "")
    if shared and sex == "1" and rng.random() < 0.6:
        name = surname + shared + rng.choice(_GIVEN)
    else:
        name = surname + "".join(rng.choices(_GIVEN, k=1 if rng.random() < 0.12 else 2))
    number = register.issue(village.code[:6], birth, sex, 200)
    return _Person(name, sex, birth, number, village.code, _employer(rng))


def _birth(rng: random.Random, year: int) -> date:
    fate = rng.random()
    if fate < 0.12:
        return date(year, 1, 1)
    if fate < 0.22:
        return date.fromisoformat(f"{year}-{rng.choice(_REMEMBERED)}")
    return date(year, 1, 1) + timedelta(rng.randrange(365))


def _employer(rng: random.Random) -> str:
    return MINE if rng.random() < 0.66 else rng.choice(_OTHER_UNITS)


def _twins(rng: random.Random, register: Register, one: _Person) -> list[_Person]:
    sex = one.sex if rng.random() < 0.7 else "2" if one.sex == "1" else "1"
    last = one.name[-1]
    alike = homophones(last) if rng.random() < 0.5 else ""
    name = one.name[:-1] + rng.choice(alike or _GIVEN.replace(last, ""))
    other = replace(one, name=name, sex=sex, id_number=register.issue_next_to(one.id_number, sex), traits=("twin",))
    return [replace(one, traits=("twin",)), other]


def _namesakes(rng: random.Random, register: Register, one: _Person) -> list[_Person]:
    region = one.id_number[:6] if rng.random() < 0.6 else rng.choice(COUNTIES)
    number = register.issue(region, one.birth, one.sex, 200)
    unit_no = one.unit_no if rng.random() < 0.5 else _employer(rng)
    other = replace(one, id_number=number, unit_no=unit_no, traits=("namesake",))
    return [replace(one, traits=("namesake",)), other]


def _father_and_son(rng: random.Random, register: Register, father: _Person) -> list[_Person]:
    place = rng.randrange(1, len(father.name))
    char = father.name[place]
    others = (homophones(char) + lookalikes(char)) if rng.random() < 0.5 else ""
    name = father.name[:place] + rng.choice(others or _GIVEN.replace(char, "")) + father.name[place + 1 :]
    year = min(2002, father.birth.year + rng.randrange(20, 31))
    # Born on the same day of the year, one time in eight.
    same_day = rng.random() < 0.12 and father.birth.strftime("%m%d") != "0229"
    birth = father.birth.replace(year=year) if same_day else _birth(rng, year)
    number = register.issue(father.id_number[:6], birth, "1", 200)
    son = replace(father, name=name, birth=birth, id_number=number, traits=("father_and_son",))
    return [replace(father, traits=("father_and_son",)), son]


def _written(rng: random.Random, person: _Person) -> Values:
    return {
        "id_number": person.id_number,
        "name": person.name,
        "sex": person.sex,
        "birth_date": person.birth.isoformat(),
        "unit_no": person.unit_no,
        "residence_code": person.village if rng.random() < 0.45 else "",
    }


def _damage(rng: random.Random, record: Record) -> None:
    """Damage ``record`` in one way or two and write down how."""
    wanted = 2 if rng.random() < _TWO_DAMAGES else 1
    while len(record.kinds) < wanted:
        kind = rng.choices(list(_DAMAGES), [weight for weight, _ in _DAMAGES.values()])[0]
        if _decidable([kind, *record.kinds], record.system):
            after = _DAMAGES[kind][1](rng, record.values)
            if after:
                record.values.update(after)
                record.kinds.append(kind)


def _decidable(kinds: list[str], system: str) -> bool:
    fields = [kind.split("_")[0] for kind in kinds]
    if len(set(fields)) < len(fields):
        return False
    if system == "employment":
        return "date" not in fields and "id_missing" not in kinds
    return not ("id_missing" in kinds and "date" in fields)


def _id_missing(rng: random.Random, values: Values) -> Values:
    return {"id_number": ""}


def _id_15(rng: random.Random, values: Values) -> Values:
    short = as_15_digits(values["id_number"])
    return {"id_number": short} if short else {}


def _id_15_wrong(rng: random.Random, values: Values) -> Values:
    """The old card and the new one disagree by one digit of the sequence or the day."""
    short = as_15_digits(values["id_number"])
    if not short:
        return {}
    place = rng.choice((11, 12, 13, 14))
    return {"id_number": short[:place] + str((int(short[place]) + rng.randrange(1, 10)) % 10) + short[place + 1 :]}


def _id_tail(rng: random.Random, values: Values) -> Values:
    """A typo where the neighbours' numbers differ too."""
    number, place = values["id_number"], rng.randrange(14, 18)
    digit = rng.choice([char for char in "0123456789" if char != number[place]])
    return {"id_number": number[:place] + digit + number[place + 1 :]}


def _id_swapped(rng: random.Random, values: Values) -> Values:
    number = values["id_number"]
    place = rng.choice([place for place in range(4, 17) if number[place] != number[place + 1]])
    return {"id_number": number[:place] + number[place + 1] + number[place] + number[place + 2 :]}


def _name_of(sounds: Callable[[str], str]) -> Callable[[random.Random, Values], Values]:
    def change(rng: random.Random, values: Values) -> Values:
        name = values["name"]
        found = [(place, other) for place in range(1, len(name)) for other in sounds(name[place])]
        if not found:
            return {}
        place, other = rng.choice(found)
        return {"name": name[:place] + other + name[place + 1 :]}

    return change


def _name_traditional(rng: random.Random, values: Values) -> Values:
    full = in_full(values["name"])
    return {"name": full} if full != values["name"] else {}


def _date_lunar(rng: random.Random, values: Values) -> Values:
    """The lunar date runs three to seven weeks behind."""
    lunar = date.fromisoformat(values["birth_date"]) - timedelta(rng.randrange(20, 51))
    return {"birth_date": lunar.isoformat()}


def _date_day_lost(rng: random.Random, values: Values) -> Values:
    first = values["birth_date"][:4] + "-01-01"
    return {"birth_date": first} if first != values["birth_date"] else {}


def _date_missing(rng: random.Random, values: Values) -> Values:
    return {"birth_date": ""}


def _date_swapped(rng: random.Random, values: Values) -> Values:
    year, month, day = values["birth_date"].split("-")
    return {"birth_date": f"{year}-{day}-{month}"} if day <= "12" and day != month else {}


def _unit_changed(rng: random.Random, values: Values) -> Values:
    return {"unit_no": rng.choice(_OTHER_UNITS) if values["unit_no"] == MINE else MINE}


_DAMAGES: dict[str, tuple[int, Callable[[random.Random, Values], Values]]] = {
    "id_missing": (16, _id_missing),
    "id_15": (10, _id_15),
    "id_15_wrong": (4, _id_15_wrong),
    "id_tail": (10, _id_tail),
    "id_swapped": (8, _id_swapped),
    "name_homophone": (12, _name_of(homophones)),
    "name_lookalike": (5, _name_of(lookalikes)),
    "name_traditional": (6, _name_traditional),
    "date_lunar": (7, _date_lunar),
    "date_day_lost": (6, _date_day_lost),
    "date_missing": (6, _date_missing),
    "date_swapped": (4, _date_swapped),
    "unit_changed": (6, _unit_changed),
}
