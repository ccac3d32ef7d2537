"""Who finds which cases: what waits, what is late, and nothing of other regions."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone
from tests.core.casework.conftest import Office, started, submitted
from tests.core.org.bureau import SETUP

from renshe.core.casework.deciding import case_decide
from renshe.core.casework.models import Case
from renshe.core.casework.searching import inbox
from renshe.core.casework.selectors import case_get, late, mine, waiting_for
from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared


def test_a_case_lies_with_its_maker_then_with_who_may_check_it(office: Office) -> None:
    draft, handed_in = started(office), submitted(office)
    assert [one.number for one in mine(office.maker)] == [draft.number]
    assert [one.number for one in waiting_for(office.checker)] == [handed_in.number]
    assert not waiting_for(office.maker).exists() and not waiting_for(office.bureau.at("check", "220802")).exists()
    case_decide(actor=office.checker, number=handed_in.number, verdict="return", seen=handed_in.digest, opinion="补正")
    assert {one.number for one in mine(office.maker)} == {draft.number, handed_in.number}
    assert not waiting_for(office.checker).exists()


def test_a_case_of_another_region_looks_like_none(office: Office) -> None:
    case = submitted(office)
    assert case_get(actor=office.checker, number=case.number) == case
    assert case_get(actor=office.bureau.at("check", "220800"), number=case.number) == case
    for actor, number in ((office.bureau.at("check", "220802"), case.number), (office.checker, "KY-220822-2026-9")):
        with pytest.raises(BusinessError, match="没有业务"):
            case_get(actor=actor, number=number)


def test_open_cases_past_their_limit_are_late(office: Office) -> None:
    case = submitted(office)
    assert case.due_on is not None and case.due_on > timezone.localdate() and not late(office.checker).exists()
    with declared(SETUP):
        Case.objects.update(due_on=timezone.localdate() - dt.timedelta(days=1))
    assert [one.number for one in late(office.checker)] == [case.number]
    assert not late(office.bureau.at("check", "220802")).exists()


def test_a_page_of_the_inbox_begins_where_the_one_before_ended_whatever_has_left_it(office: Office) -> None:
    numbers = [submitted(office, form={"code": f"s{at}", "name": "一"}).number for at in range(4)]
    with declared(SETUP):
        Case.objects.filter(number=numbers[0]).update(due_on=timezone.localdate() + dt.timedelta(days=90))
        Case.objects.filter(number=numbers[1]).update(due_on=None)
    ordered = [numbers[2], numbers[3], numbers[0], numbers[1]]
    found, after = [], None
    while True:
        [row], after = inbox(office.checker, "waiting", after=after, limit=1)
        found.append(row["number"])
        if after is None:
            break
        # What was shown is dealt with before the next page is asked for.
        seen = Case.objects.get(number=row["number"])
        with declared(SETUP):
            Case.objects.filter(pk=seen.pk).update(due_on=None)
        case_decide(actor=office.checker, number=seen.number, verdict="agree", seen=seen.digest)
    assert found == ordered
    for wrong in ("~KY\x00", "KY", "x~KY", ""):
        with pytest.raises(BusinessError, match="翻页位置不正确"):
            inbox(office.checker, "waiting", after=wrong)
