"""Who finds which cases: what waits, what is late, and nothing of other regions."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone
from tests.core.casework.conftest import Office
from tests.core.casework.test_deciding import started, submitted
from tests.core.org.bureau import NEXT_YEAR, SETUP

from renshe.core.casework.models import Case
from renshe.core.casework.selectors import QUERY, case_get, late, mine, waiting_for
from renshe.core.casework.services import case_decide
from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.org.setting_up import grant_install


@pytest.fixture
def sighted(office: Office) -> Office:
    with declared(SETUP):
        for group in ("entry", "check", "approve"):
            grant_install(
                post=office.bureau.posts[group],
                operation_name=QUERY,
                region=office.bureau.regions["220000"],
                valid_until=NEXT_YEAR,
            )
    return office


def test_a_case_lies_with_its_maker_then_with_who_may_check_it(office: Office) -> None:
    draft, handed_in = started(office), submitted(office)
    assert [one.number for one in mine(office.maker)] == [draft.number]
    assert [one.number for one in waiting_for(office.checker)] == [handed_in.number]
    assert not waiting_for(office.maker).exists() and not waiting_for(office.bureau.at("check", "220802")).exists()
    case_decide(actor=office.checker, number=handed_in.number, verdict="return", seen=handed_in.digest, opinion="补正")
    assert {one.number for one in mine(office.maker)} == {draft.number, handed_in.number}
    assert not waiting_for(office.checker).exists()


def test_a_case_of_another_region_looks_like_none(sighted: Office) -> None:
    case = submitted(sighted)
    assert case_get(actor=sighted.checker, number=case.number) == case
    assert case_get(actor=sighted.bureau.at("check", "220800"), number=case.number) == case
    for actor, number in ((sighted.bureau.at("check", "220802"), case.number), (sighted.checker, "KY-220822-2026-9")):
        with pytest.raises(BusinessError, match="没有业务"):
            case_get(actor=actor, number=number)


def test_open_cases_past_their_limit_are_late(sighted: Office) -> None:
    case = submitted(sighted)
    assert case.due_on is not None and case.due_on > timezone.localdate() and not late(sighted.checker).exists()
    with declared(SETUP):
        Case.objects.update(due_on=timezone.localdate() - dt.timedelta(days=1))
    assert [one.number for one in late(sighted.checker)] == [case.number]
    assert not late(sighted.bureau.at("check", "220802")).exists()
