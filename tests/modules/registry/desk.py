"""People of the invented bureau, registered as clerks do it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.core.casework.conftest import HERE, Office
from tests.core.filing.conftest import a_pdf
from tests.core.org.bureau import NEXT_YEAR, SETUP

from renshe.core.casework.deciding import case_decide
from renshe.core.casework.models import Case
from renshe.core.casework.services import case_start, case_submit
from renshe.core.casework.types import find_type
from renshe.core.filing.attachments import attachment_add
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor, actor_of
from renshe.core.org.models import Grant, Holding
from renshe.core.org.operations import operations
from renshe.core.org.setting_up import grant_install
from renshe.modules.registry.models import Person
from renshe.standards.identity import id_check_char


def grant_all(office: Office) -> None:
    """Give every post what its group may be granted."""
    with declared(SETUP):
        had = set(Grant.objects.values_list("post__code", "operation"))
        for post in office.bureau.posts.values():
            for one in operations():
                if one.kind in post.group.kinds and (post.code, one.name) not in had:
                    grant_install(
                        post=post,
                        operation_name=one.name,
                        region=office.bureau.regions["220000"],
                        valid_until=NEXT_YEAR,
                    )


def hire(office: Office, number: str, group: str, region: str = HERE) -> Actor:
    """Return one more person of ``group``."""
    from tests.core.org.bureau import hire as hired

    with declared(SETUP):
        operator = hired(number, office.bureau.agencies[region])
        Holding.objects.create(operator=operator, post=office.bureau.posts[group], valid_from=operator.valid_from)
    return actor_of(number, terminal="t-1")


def id_number(serial: int, birth: str = "19800101", region: str = "220822") -> str:
    """Return a valid number that nobody has."""
    digits = f"{region}{birth}{serial:03d}"
    return digits + id_check_char(digits)


def person_form(serial: int = 1, **more: Any) -> dict[str, Any]:
    birth = more.get("birth_date", "1980-01-01")
    number = id_number(serial, birth.replace("-", ""))
    return {
        "id_type": "01",
        "id_number": number,
        "name": "张丽华",
        "sex": "1" if serial % 2 else "2",
        "birth_date": birth,
        "ethnicity": "01",
        "phone": "13843600001",
        **more,
    }


def handed_in(actor: Actor, type: str, form: dict[str, Any], region: str = HERE) -> Case:
    """Begin a case, attach all that its type asks for, hand it in."""
    case = case_start(actor=actor, type=type, region=region, form=form)
    for one in find_type(type).papers:
        attachment_add(
            actor=actor, matter=case.number, region=region, kind=one.kind, name=f"{one.kind}.pdf", content=a_pdf(1)
        )
    return case_submit(actor=actor, number=case.number, seen=case.digest)


def agree(case: Case, *actors: Actor) -> Case:
    for actor in actors:
        case = case_decide(actor=actor, number=case.number, verdict="agree", seen=case.digest)
    return case


def done(office: Office, type: str, form: dict[str, Any], region: str = HERE) -> Case:
    """Carry a case through, by who enters, checks and approves there."""
    at = office.bureau.at
    case = handed_in(at("entry", region), type, form, region)
    for at_ in case.terms.get("steps", range(len(find_type(type).steps))):
        kind = find_type(type).steps[at_].kind
        case = agree(case, at(kind, region))
    return case


def registered(office: Office, serial: int = 1, region: str = HERE, **more: Any) -> Person:
    """Return somebody who was registered."""
    case = done(office, "registry.person_register", person_form(serial, **more), region)
    return Person.objects.get(pk=Case.objects.get(pk=case.pk).person)


def long_ago(days: int) -> dt.date:
    return dt.date.today() - dt.timedelta(days=days)
