"""The office with the affairs of the house granted to its posts."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from tests.core.casework.conftest import HERE, Office, furnish
from tests.core.org.bureau import NEXT_YEAR, SETUP

from renshe.core.casework.deciding import case_decide
from renshe.core.casework.models import Case
from renshe.core.casework.services import case_start
from renshe.core.journal.context import declared
from renshe.core.org.operations import operations
from renshe.core.org.setting_up import grant_install


@dataclass
class Bench:
    """Who enters, checks and approves the affairs, in the county or elsewhere."""

    office: Office

    def enter(self, type: str, form: dict[str, object], region: str = HERE) -> Case:
        maker = self.office.bureau.at("entry", region)
        return case_start(actor=maker, type=type, region=region, form=form, submit=True)

    def agree(self, case: Case, group: str, *, opinion: str = "", region: str = HERE) -> Case:
        actor = self.office.bureau.at(group, region)
        return case_decide(actor=actor, number=case.number, verdict="agree", seen=case.digest, opinion=opinion)

    def done(self, type: str, form: dict[str, object], *groups: str, region: str = HERE) -> Case:
        case = self.enter(type, form, region)
        for group in groups or ("check",):
            case = self.agree(case, group, region=region)
        return case


@pytest.fixture
def bench(db: None) -> Bench:
    office = furnish()
    with declared(SETUP):
        for post in office.bureau.posts.values():
            for one in operations():
                if one.name.startswith("affairs.") and one.kind in post.group.kinds:
                    region = office.bureau.regions["220000"]
                    grant_install(post=post, operation_name=one.name, region=region, valid_until=NEXT_YEAR)
    return Bench(office)
