"""People, units and requests of the county, for the walks over every service and every operation."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.core.casework.conftest import HERE, Office
from tests.core.org.bureau import SETUP
from tests.modules.registry.desk import agree, done, handed_in, id_number, person_form

from renshe.core.casework.models import Case
from renshe.core.casework.services import case_start
from renshe.core.journal.closing import rows_close
from renshe.core.journal.context import declared
from renshe.modules.registry.models import Person, Unit
from renshe.modules.registry.modifying import modification_designate, modification_unseal

CITY = "220800"


def registry_things(office: Office) -> dict[str, Any]:
    """Return a person, a double, a unit, and requests that wait for each step, by the names that services ask for."""
    people = [_registered(office, at) for at in (1, 3, 5, 7)]
    with declared(SETUP):
        rows_close(table="registry_person", keys=[one.pk for one in people])
    unit = {"name": "河西县粮库", "name_source": "provisional", "unit_type": "10"}
    first, second = (
        Unit.objects.get(pk=Case.objects.get(pk=done(office, "registry.unit_register", form).pk).unit)
        for form in (unit, {**unit, "name": "河西县粮食储备库"})
    )
    at = office.bureau.at
    waiting, approved, unsealed = (_asked(office, person) for person in people[1:])
    for one in (approved, unsealed):
        modification_designate(actor=at("approve", CITY), number=one.number, operator="entry-220800", seen=one.digest)
        agree(one, at("approve", CITY))
    modification_unseal(actor=at("information", CITY), number=unsealed.number)
    pair = {"old_no": people[1].pk, "person_no": people[0].pk, "ground": "户籍证明"}
    merger = case_start(actor=office.maker, type="registry.person_merge", region=HERE, form=pair)
    return {
        "person_no": people[0].pk,
        "old": people[1].pk,
        "kept": people[0].pk,
        "unit_no": first.pk,
        "old_unit": second.pk,
        "kept_unit": first.pk,
        "waiting_request": waiting,
        "approved_request": approved.number,
        "unsealed_request": unsealed.number,
        "merger": merger.number,
    }


def _registered(office: Office, serial: int) -> Person:
    case = done(office, "registry.person_register", person_form(serial, sex="1", phone="13843600001"))
    return Person.objects.get(pk=Case.objects.get(pk=case.pk).person)


def _asked(office: Office, person: Person) -> Case:
    form = {
        "person_no": person.pk, "old_ethnicity": "01", "new_ethnicity": "02", "ground": "户籍",
    }  # fmt: skip
    at = office.bureau.at
    case = handed_in(office.maker, "registry.modify", form, HERE)
    return agree(case, at("approve"), at("check", CITY))


ENTERED = {"name": "张丽华", "id_number": id_number(1), "birth_date": dt.date(1980, 1, 1)}
