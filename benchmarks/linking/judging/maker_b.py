"""Maker B, the lifelike set: two systems of six counties that grew apart. The bar is promised for what it names.

Pension (GB18030, Chinese headings) and medical (field codes) each have persons and units, units under numbers of their
own: names written differently, the credit code mostly there, some units in one system only. Three people in ten have
no unit. Telephones and addresses are filled for about half and then not always the same. Four people in five are in
both systems; one in seventy is twice in one of them. People, names and units: ``maker_b_people``.

Exactly the share ``damaged`` of the records is damaged (``maker_b_damage``), pension, old people and duplicates first.
Besides the kinds that the promise names there are others: another's number, a name with another character, a lost or
turned name, the wrong sex (``named``: without these).
15 digits are common among those born before 1960.

Ceiling: F1 0.999 at a third, 0.9998 at a tenth, at a precision of 0.9995, by a clerk who knew the rates of the set
itself (20,000 persons). Lost are pairs with damage on both sides; wrong are twins of whom one is unknown to a system.
Records that bear another's number, one pair in 250 at a third, need not be linked for the bar: a clerk may well ask
before linking two different valid numbers.
"""

from __future__ import annotations

import random
from pathlib import Path

from benchmarks.linking.judging.maker_b_damage import Surroundings, damage
from benchmarks.linking.judging.maker_b_people import COUNTIES, Person, Population, Unit
from benchmarks.linking.judging.papers import Record, Sheet, hand_in, number_records

_KNOWN_TO = ((("pension", "medical"), 78), (("pension",), 12), (("medical",), 10))
_TWICE = {"pension": 0.008, "medical": 0.006}
_FIRST_NUMBER = {"pension": 1_000_000_001, "medical": 5_000_000_001}
_FIRST_UNIT = {"pension": 200_001, "medical": 800_001}
_FILLED = {"pension": (0.5, 0.55), "medical": (0.7, 0.45)}
_UNIT_KNOWN = {"pension": 0.99, "medical": 0.95}
_PERSON_HEADINGS = {
    "pension": {
        "person_no": "个人编号",
        "id_number": "证件号码",
        "name": "姓名",
        "sex": "性别",
        "birth_date": "出生日期",
        "unit_no": "单位编号",
        "phone": "联系电话",
        "address": "联系地址",
        "region_code": "统筹区",
    },
    "medical": {
        "person_no": "AAC001",
        "name": "AAC003",
        "id_number": "AAC002",
        "birth_date": "AAC006",
        "sex": "AAC004",
        "phone": "AAE005",
        "address": "AAE006",
        "unit_no": "AAB001",
        "region_code": "AAB301",
    },
}
_UNIT_HEADINGS = {
    "pension": {
        "unit_no": "单位编号",
        "name": "单位名称",
        "uscc": "统一社会信用代码",
        "address": "地址",
        "phone": "电话",
    },
    "medical": {"unit_no": "AAB001", "name": "AAB004", "uscc": "BAB010", "org_code": "AAB003", "address": "AAE006"},
}


def make(folder: Path, persons: int, seed: int, damaged: float, *, named: bool = False) -> None:
    """Write a project of ``persons`` people to ``folder``, and the truth beside it; with ``named`` damaged in the kinds
    that the promise names alone."""
    rng = random.Random(f"lifelike {seed}")
    population = Population(rng, persons)
    units = {system: _numbered(rng, population.units, system) for system in _FIRST_UNIT}
    records = [
        record for number, person in enumerate(population.people) for record in _records(rng, number, person, units)
    ]
    around = Surroundings(population.people, {system: list(numbers.values()) for system, numbers in units.items()})
    for record in _unlucky(rng, records, population.people, damaged):
        damage(rng, record, around, named=named)
    number_records(rng, records, _FIRST_NUMBER)
    sheets = [_unit_sheet(rng, population.units, units[system], system) for system in _FIRST_UNIT]
    sheets += [_person_sheet(system, records) for system in _FIRST_NUMBER]
    hand_in(folder, "大同市养老医保合库", "140200", sheets, records)


def _numbered(rng: random.Random, units: list[Unit], system: str) -> dict[int, str]:
    """Return the numbers of the units that ``system`` knows, in an order that says nothing."""
    known = [unit for unit in range(len(units)) if rng.random() < _UNIT_KNOWN[system]]
    rng.shuffle(known)
    return {unit: str(number) for number, unit in enumerate(known, _FIRST_UNIT[system])}


def _records(rng: random.Random, number: int, person: Person, units: dict[str, dict[int, str]]) -> list[Record]:
    known_to = rng.choices(*zip(*_KNOWN_TO, strict=True))[0]
    records = []
    for system in known_to:
        twice = rng.random() < _TWICE[system]
        traits = (("twin",) if person.twin else ()) + (("duplicate",) if twice else ())
        records.append(Record(system, number, _written(rng, person, system, units[system]), traits))
        if twice:
            older = _written(rng, person, system, units[system])
            if person.unit is not None and person.former_unit is not None and rng.random() < 0.5:
                older["unit_no"] = units[system].get(person.former_unit, "")
            records.append(Record(system, number, older, traits))
    return records


def _written(rng: random.Random, person: Person, system: str, numbers: dict[int, str]) -> dict[str, str]:
    phones, addresses = _FILLED[system]
    unit = person.unit
    if system == "medical" and person.birth.year < 1961 and rng.random() < 0.4:
        unit = None
    phone = person.phone if rng.random() < 0.8 else f"131{rng.randrange(10**8):08d}"
    return {
        "id_number": person.id_number,
        "name": person.name,
        "sex": person.sex,
        "birth_date": person.birth.isoformat(),
        "unit_no": numbers.get(unit, "") if unit is not None else "",
        "phone": phone if rng.random() < phones else "",
        "address": _address(rng, person.address, system) if rng.random() < addresses else "",
        "region_code": person.county if rng.random() < 0.93 else rng.choice(list(COUNTIES)),
    }


def _address(rng: random.Random, address: str, system: str) -> str:
    if rng.random() < 0.15:
        return address[:3] + rng.choice(("新华街12号", "体育路3号", "和平里小区", "振兴街56号"))
    if system == "pension":
        return "山西省大同市" + address
    return address.replace("单元", "-") if rng.random() < 0.5 else "大同市" + address.replace("号", "号院")


def _unlucky(rng: random.Random, records: list[Record], people: list[Person], damaged: float) -> list[Record]:
    """Return the records to damage: a share of exactly ``damaged``, some likelier than others."""
    drawn = []
    for place, record in enumerate(records):
        weight = 1.5 if record.system == "pension" else 1.0
        weight *= 1.4 if people[record.person].birth.year < 1960 else 1.0
        weight *= 1.5 if "duplicate" in record.traits else 1.0
        drawn.append((rng.random() ** (1 / weight), place))
    drawn.sort(reverse=True)
    return [records[place] for _, place in drawn[: round(damaged * len(records))]]


def _unit_sheet(rng: random.Random, units: list[Unit], numbers: dict[int, str], system: str) -> Sheet:
    rows = []
    for unit, number in numbers.items():
        real = units[unit]
        row = {"unit_no": number, "name": real.name, "uscc": real.uscc, "address": real.address, "phone": real.phone}
        if system == "medical":
            row["name"] = _unit_name(rng, real.name)
            row["uscc"] = real.uscc if rng.random() < 0.82 else ""
            row["org_code"] = f"{real.uscc[8:16]}-{real.uscc[16]}" if rng.random() < 0.7 else ""
        rows.append(row)
    file = f"{system}/{'ab01' if system == 'medical' else '参保单位'}.csv"
    return Sheet(system, "unit", file, _UNIT_HEADINGS[system], rows, _encoding(system))


def _unit_name(rng: random.Random, name: str) -> str:
    written = name.replace("有限责任公司", "有限公司") if rng.random() < 0.4 else name
    if rng.random() < 0.25:
        written = written.removeprefix("大同市")
    if rng.random() < 0.1:
        written = f"{written}（{rng.choice(('本部', '大同', '医保'))}）"
    return written


def _person_sheet(system: str, records: list[Record]) -> Sheet:
    rows = [dict(record.values) for record in records if record.system == system]
    rows.sort(key=lambda row: row["person_no"])
    sexes = {"1": "男", "2": "女"} if system == "pension" else {}
    for row in rows:
        row["sex"] = sexes.get(row["sex"], row["sex"])
        if system == "pension":
            row["birth_date"] = row["birth_date"].replace("-", "")
    file = f"{system}/{'ac01' if system == 'medical' else '参保人员'}.csv"
    return Sheet(system, "person", file, _PERSON_HEADINGS[system], rows, _encoding(system), sexes)


def _encoding(system: str) -> str:
    return "gb18030" if system == "pension" else "utf-8"
