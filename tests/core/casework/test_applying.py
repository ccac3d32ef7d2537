"""Who applies from outside reaches his own alone, decides nothing, and finds the same rules as at the counter."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from tests.core.casework.conftest import HERE, ITEMS, Office, applicant, submitted
from tests.core.org.bureau import SETUP
from tests.core.toys.models import Shop

from renshe.core.casework.applying import (
    application_fill,
    application_get,
    application_submit,
    application_withdraw,
    applications,
    case_apply,
)
from renshe.core.casework.deciding import case_decide
from renshe.core.casework.following import followed, stages
from renshe.core.casework.leading import case_assign
from renshe.core.casework.models import Case, Decision, State
from renshe.core.casework.notices import case_supplement
from renshe.core.casework.printing import application_document, application_print
from renshe.core.casework.selectors import cases, mine, proposed
from renshe.core.casework.services import case_fill, case_start, case_submit, case_take, case_withdraw
from renshe.core.casework.types import case_type
from renshe.core.casework.watching import lapse, remind, reminders
from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.journal.models import Entry
from renshe.core.org.models import Operator
from renshe.standards.workdays import add_workdays

MINE, OTHER = applicant(), applicant("s2", "portal:2")
TODAY = dt.date.today()
IN_A_WEEK = TODAY + dt.timedelta(days=7)


def applied(code: str = "s1", number: str = "portal:1") -> Case:
    return case_apply(applicant=applicant(code, number), type="shop.open", form={"name": "一"}, submit=True)


def taken(office: Office) -> Case:
    return case_take(actor=office.maker, number=applied().number)


def told(case: Case) -> tuple[str, str]:
    case.refresh_from_db()
    found = followed(MINE, case)
    return found.told, found.task


@pytest.mark.req("S4-167", part="portal and counter")
def test_an_application_is_the_counter_s_case_and_ends_as_it_does(office: Office) -> None:
    case = taken(office)
    at_counter = submitted(office, form={"code": "s2", "name": "一"})
    case_submit(actor=office.maker, number=case.number, seen=case.digest)
    for one in (case, at_counter):
        case_decide(actor=office.checker, number=one.number, verdict="agree", seen=one.digest)
    [ours, theirs] = Case.objects.filter(pk__in=[case.pk, at_counter.pk]).order_by("pk")
    same = ("type", "version", "region_id", "state", "needed", "terms", "maker", "makers", "due_on", "agency")
    assert [getattr(ours, one) for one in same] == [getattr(theirs, one) for one in same]
    assert {one.code: one.name for one in Shop.objects.all()} == {"s1": "一", "s2": "一"}
    with pytest.raises(BusinessError, match="正在办理"), declared(SETUP):
        case_apply(applicant=OTHER, type="shop.open", form={"name": "二"})
        case_apply(applicant=OTHER, type="shop.open", form={"name": "二"})


def test_whom_it_is_about_is_not_his_to_say(office: Office) -> None:
    case = case_apply(applicant=MINE, type="shop.open", form={"code": "s2", "name": "一"})
    assert (case.unit, case.form["code"]) == ("s1", "s1")
    case = application_fill(applicant=MINE, number=case.number, form={"code": "s2", "name": "二"})
    assert (case.unit, case.form["code"]) == ("s1", "s1")
    application_submit(applicant=MINE, number=case.number, seen=case.digest)
    case_take(actor=office.maker, number=case.number)
    with pytest.raises(BusinessError, match="不能改为他人"):
        case_fill(actor=office.maker, number=case.number, form={"code": "s2", "name": "二"})
    for change in ({"unit": "s2"}, {"applicant": "portal:2"}):
        with pytest.raises(BusinessError, match="不能改变"), declared(SETUP):
            Case.objects.filter(pk=case.pk).update(**change)


def test_what_is_not_offered_is_not_applied_for(office: Office) -> None:
    for kind in ("shop.close", "affairs.dispute"):
        with pytest.raises(BusinessError, match="不能在网上申请"):
            case_apply(applicant=MINE, type=kind, form={})
    with pytest.raises(ValueError, match="about"):
        case_type("t.nobody", "x", prefix="TX", items=ITEMS, applicants=frozenset({"person"}))(lambda *_: None)
    assert not Case.objects.exists()


def test_of_others_there_is_nothing(office: Office) -> None:
    case = applied()
    assert not applications(OTHER).exists()
    for service in (application_get, application_withdraw):
        with pytest.raises(BusinessError, match="没有业务"):
            service(applicant=OTHER, number=case.number)
    for number in (case.number, "x\x00"):
        with pytest.raises(BusinessError, match="没有业务"):
            application_fill(applicant=OTHER, number=number, form={})
        with pytest.raises(BusinessError, match="没有业务"):
            application_print(applicant=OTHER, number=number, document="filing.receipt")
        with pytest.raises(BusinessError, match="没有业务"):
            application_document(applicant=OTHER, number=number, document="x")


def test_a_colleague_of_the_unit_follows_and_changes_nothing(office: Office) -> None:
    colleague = applicant("s1", "portal:9")
    draft = case_apply(applicant=MINE, type="shop.open", form={"name": "一"})
    assert not applications(colleague).exists()
    application_submit(applicant=MINE, number=draft.number, seen=draft.digest)
    assert application_get(applicant=colleague, number=draft.number).pk == draft.pk
    for refused in (application_withdraw, lambda **k: application_fill(**k, form={})):
        with pytest.raises(BusinessError, match="不由您填写"):
            refused(applicant=colleague, number=draft.number)


def test_a_draft_of_his_is_nobody_s_else(office: Office) -> None:
    case = case_apply(applicant=MINE, type="shop.open", form={})
    assert (case.state, case.maker, case.holder) == (State.DRAFT, None, MINE.number)
    assert told(case) == ("草稿，还没有提交", "填写完整后提交")
    assert not cases(office.approver).exists() and not proposed(office.maker).exists()
    for refused in (
        lambda: case_take(actor=office.maker, number=case.number),
        lambda: case_fill(actor=office.maker, number=case.number, form={}),
        lambda: case_assign(actor=office.approver, number=case.number, operator=office.maker.operator, reason="x"),
        lambda: application_submit(applicant=MINE, number=case.number, seen="x"),
        lambda: application_submit(applicant=MINE, number=case.number, seen=case.digest),
    ):
        with pytest.raises(BusinessError):
            refused()
    case.refresh_from_db()
    assert (case.state, case.maker, case.applied_at) == (State.DRAFT, None, None)


def test_what_lies_at_the_counter_is_no_longer_his(office: Office) -> None:
    case = taken(office)
    for refused in (
        lambda: application_fill(applicant=MINE, number=case.number, form={"name": "二"}),
        lambda: application_submit(applicant=MINE, number=case.number, seen=case.digest),
        lambda: application_withdraw(applicant=MINE, number=case.number),
    ):
        with pytest.raises(BusinessError, match="不由您填写"):
            refused()
    assert told(case) == ("工作人员正在核对", "")


def test_he_takes_back_what_nobody_took_up(office: Office) -> None:
    case = applied()
    application_withdraw(applicant=MINE, number=case.number)
    assert told(case) == ("撤回", "") and not proposed(office.maker).exists()
    assert {one.operator for one in Entry.objects.filter(case_no=case.number)} == {MINE.number}
    assert applied().state == State.PROPOSED


@pytest.mark.req("S4-168", part="the applicant, of what is applied for")
def test_what_is_lacking_is_asked_of_him_once_with_a_day(office: Office) -> None:
    case = taken(office)
    for words, day in (("", IN_A_WEEK), ("缺执照", dt.date.today())):
        with pytest.raises(BusinessError, match="补正"):
            case_supplement(actor=office.maker, number=case.number, told=words, due_on=day)
    case_supplement(actor=office.maker, number=case.number, told="缺营业执照", due_on=IN_A_WEEK)
    found = followed(MINE, Case.objects.get(pk=case.pk))
    assert (found.told, found.task, found.until) == ("需要您补正", "补正后重新提交", IN_A_WEEK)
    assert not mine(office.maker).exists()
    case = application_fill(applicant=MINE, number=case.number, form={"name": "二"})
    application_submit(applicant=MINE, number=case.number, seen=case.digest)
    case.refresh_from_db()
    assert (case.holder, case.state, case.form["name"]) == (office.maker.operator, State.DRAFT, "二")
    assert [one.label for one in stages(case)] == ["提交申请", "请您补正", "补正结束", "受理", "复核", "办结"]
    at_counter = submitted(office, form={"code": "s2", "name": "一"})
    with pytest.raises(BusinessError):
        case_supplement(actor=office.maker, number=at_counter.number, told="x", due_on=IN_A_WEEK)


def test_who_checks_writes_to_the_officer_and_who_refuses_to_him(office: Office) -> None:
    case = taken(office)
    case_submit(actor=office.maker, number=case.number, seen=case.digest)
    back = {"actor": office.checker, "number": case.number, "seen": case.digest}
    case_decide(**back, verdict="return", opinion="内部：再查一遍")
    assert told(case) == ("工作人员正在核对", "")
    assert "内部" not in repr(stages(case))
    case_submit(actor=office.maker, number=case.number, seen=case.digest)
    assert told(case) == ("正在复核", "") and [one.label for one in stages(case) if one.now] == ["复核"]
    case_decide(**back, verdict="refuse", opinion="名称与执照不符")
    case.refresh_from_db()
    assert told(case) == ("不予办理", "") and "名称与执照不符" in repr(stages(case))


def test_what_is_not_taken_up_says_why(office: Office) -> None:
    case = taken(office)
    case_withdraw(actor=office.maker, number=case.number, reason="不属于本县")
    assert told(case) == ("不予受理", "") and "不属于本县" in repr(stages(Case.objects.get(pk=case.pk)))


def test_who_works_here_has_no_further_hand_in_what_he_applied_for(office: Office) -> None:
    own = applicant(operator=office.maker.operator)
    case = case_apply(applicant=own, type="shop.open", form={"name": "一"}, submit=True)
    with pytest.raises(BusinessError, match="不同人员"):
        case_take(actor=office.maker, number=case.number)
    other = Operator.objects.get(number="fund-220822").number
    with pytest.raises(BusinessError):
        case_assign(actor=office.approver, number=case.number, operator=other, reason="x")
    case.refresh_from_db()
    assert case.maker is None
    with pytest.raises(BusinessError, match="录入人员"), declared(SETUP):
        Decision.objects.create(
            case=case, round=1, step=0, operator=office.maker.operator, verdict="agree", digest=case.digest
        )


def test_the_database_lets_one_of_a_kind_be_in_hand_and_no_applicant_decide(office: Office) -> None:
    case = applied()
    with pytest.raises(IntegrityError), transaction.atomic(), declared(SETUP):
        Case.objects.create(
            number="x", type=case.type, version=1, region_id=HERE, agency="x", channel="web", needed=1, form={},
            digest="x", applicant=MINE.number,
        )  # fmt: skip
    with pytest.raises(BusinessError, match="不是本系统的人员"), declared(SETUP):
        Decision.objects.create(case=case, round=0, step=0, operator=MINE.number, verdict="agree", digest=case.digest)


def test_what_is_handed_in_is_accepted_within_five_days_or_who_leads_is_told(office: Office) -> None:
    case = applied()
    assert case.due_on == add_workdays(TODAY, 5, provisional=True)
    late_on = case.due_on + dt.timedelta(days=1)
    assert (remind(late_on), remind(late_on)) == (1, 0)
    assert [one.case_id for one in reminders(office.approver)] == [case.pk]
    case = case_take(actor=office.maker, number=case.number)
    assert case.due_on == add_workdays(TODAY, 5, provisional=True)
    # While it lies with the applicant, his day counts; then the house has five days again.
    case = case_supplement(actor=office.maker, number=case.number, told="请补交章程", due_on=IN_A_WEEK)
    assert case.due_on == IN_A_WEEK
    case = application_submit(applicant=MINE, number=case.number, seen=case.digest)
    assert case.due_on == add_workdays(TODAY, 5, provisional=True)


def test_a_draft_that_nobody_hands_in_ends_by_itself(office: Office) -> None:
    case = case_apply(applicant=MINE, type="shop.open", form={"name": "一"})
    with declared(SETUP):
        at_counter = case_start(actor=office.maker, type="shop.open", region=HERE, form={"code": "s2"})
    assert lapse(TODAY + dt.timedelta(days=90)) == 0
    assert lapse(TODAY + dt.timedelta(days=92)) == 1
    case.refresh_from_db()
    at_counter.refresh_from_db()
    assert (case.state, at_counter.state) == (State.WITHDRAWN, State.DRAFT)
    [entry] = Entry.objects.filter(table_name="casework_case", operator="system")
    assert "90 天" in entry.reason
    case_apply(applicant=MINE, type="shop.open", form={"name": "一"})
