"""A case type about a person, with items of the dictionary."""

from __future__ import annotations

from tests.core.casework.conftest import Office
from tests.core.org.bureau import NEXT_YEAR, SETUP

from renshe.core.casework.forms import item
from renshe.core.casework.models import Case
from renshe.core.casework.types import Values, case_type
from renshe.core.journal.context import declared
from renshe.core.org.setting_up import grant_install

PERSON = {"id_number": "220802196503120173", "name": "王建国"}


@case_type(
    "people.register",
    "人员登记",
    prefix="DJ",
    items=[item("person.id_number", required=True), item("person.name", required=True)],
    rules=["PER-ID-CHECK"],
    person="id_number",
)
def register(case: Case, values: Values) -> None: ...


def declare_person(office: Office) -> None:
    with declared(SETUP):
        for step, group in (("enter", "entry"), ("check", "check")):
            grant_install(
                post=office.bureau.posts[group],
                operation_name=f"people.register.{step}",
                region=office.bureau.regions["220000"],
                valid_until=NEXT_YEAR,
            )
