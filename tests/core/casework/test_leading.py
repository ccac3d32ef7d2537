"""Cases handed over, rested, extended, decided in somebody's place, decided many at once."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError
from django.utils import timezone
from tests.core.casework.conftest import HERE, Office, started, submitted
from tests.core.org.bureau import NEXT_YEAR, SETUP, TODAY, YESTERDAY, hire
from tests.core.toys.models import Shop

from renshe.core.casework.deciding import MOST, case_decide, cases_decide
from renshe.core.casework.delegating import delegation_end, delegation_give, delegations_known
from renshe.core.casework.leading import case_assign, case_extend, case_pause, case_resume
from renshe.core.casework.models import Case, Decision, Delegation, Pause, Reminder, State
from renshe.core.casework.selectors import mine, returned, waiting_for
from renshe.core.casework.services import case_fill, case_submit
from renshe.core.casework.showing import case_shown
from renshe.core.casework.watching import remind, reminders
from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.journal.models import Entry
from renshe.core.org.actor import Actor, actor_of
from renshe.core.org.models import CrossRegion, Holding, Post
from renshe.standards.workdays import add_workdays


@pytest.fixture
def second(office: Office) -> Actor:
    """A second checker of the county."""
    with declared(SETUP):
        operator = hire("check-2", office.bureau.agencies[HERE])
        Holding.objects.create(operator=operator, post=office.bureau.posts["check"], valid_from=TODAY)
    return actor_of("check-2")


@pytest.fixture
def other_maker(office: Office) -> Actor:
    with declared(SETUP):
        operator = hire("entry-2", office.bureau.agencies[HERE])
        Holding.objects.create(operator=operator, post=office.bureau.posts["entry"], valid_from=TODAY)
    return actor_of("entry-2")


@pytest.mark.req("S4-155", "S1-63")
def test_a_step_that_is_handed_over_lies_with_that_person_alone(office: Office, second: Actor) -> None:
    case = submitted(office)
    case_assign(actor=office.approver, number=case.number, operator="check-2", reason="熟悉情况")
    assert [one.number for one in mine(second)] == [case.number] and not waiting_for(office.checker).exists()
    with pytest.raises(BusinessError, match="已指定他人办理"):
        case_decide(actor=office.checker, number=case.number, verdict="agree", seen=case.digest)
    assert not Shop.objects.exists()
    assert case_decide(actor=second, number=case.number, verdict="agree", seen=case.digest).state == State.DONE


@pytest.mark.req("S1-63")
def test_who_answers_for_a_case_is_one_person_and_whoever_entered_it_never_decides_it(
    office: Office, other_maker: Actor
) -> None:
    case = started(office)
    case = case_assign(actor=office.approver, number=case.number, operator="entry-2", reason="休假")
    assert (case.maker, case.makers) == ("entry-2", ["entry-220822", "entry-2"])
    with pytest.raises(BusinessError, match="由他人经办"):
        case_submit(actor=office.maker, number=case.number, seen=case.digest)
    case = case_submit(actor=other_maker, number=case.number, seen=case.digest)
    with declared(SETUP):
        Holding.objects.filter(operator__number="entry-220822").update(post=office.bureau.posts["check"])
    with pytest.raises(BusinessError, match="须由不同人员办理"):
        case_decide(actor=office.maker, number=case.number, verdict="agree", seen=case.digest)
    with pytest.raises(DatabaseError, match="somebody_answers"), declared(SETUP):
        Case.objects.filter(pk=case.pk).update(maker=None)


@pytest.mark.parametrize(
    ("who", "to", "reason", "said"),
    [
        ("checker", "check-2", "忙", "没有在"),
        ("approver", "entry-220822", "忙", "没有办理该环节的权限"),
        ("approver", "check-220802", "忙", "没有办理该环节的权限"),
        ("approver", "approve-220822", "忙", "本人"),
        ("approver", "check-2", " ", "须写明理由"),
        ("approver", "nobody", "忙", "没有工号"),
    ],
)
def test_a_case_is_handed_over_by_who_leads_to_who_may(
    office: Office, second: Actor, who: str, to: str, reason: str, said: str
) -> None:
    case = submitted(office)
    with pytest.raises(BusinessError, match=said):
        case_assign(actor=getattr(office, who), number=case.number, operator=to, reason=reason)
    case.refresh_from_db()
    assert case.holder is None


def test_days_on_which_a_case_rests_do_not_count(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    case = submitted(office)
    due = case.due_on
    case = case_pause(actor=office.checker, number=case.number, ground="待公安部门核查")
    assert case.due_on is None
    with pytest.raises(BusinessError, match="已中止"):
        case_decide(actor=office.checker, number=case.number, verdict="agree", seen=case.digest)
    with pytest.raises(BusinessError, match="已中止"):
        case_pause(actor=office.checker, number=case.number, ground="再中止")
    later = add_workdays(TODAY, 3, provisional=True)
    localdate = timezone.localdate
    monkeypatch.setattr(timezone, "localdate", lambda at=None: localdate(at) if at else later)
    case = case_resume(actor=office.checker, number=case.number, ground="已核查")
    assert due is not None and case.due_on == add_workdays(due, 3, provisional=True)
    with pytest.raises(BusinessError, match="没有中止"):
        case_resume(actor=office.checker, number=case.number, ground="x")


def test_a_case_is_extended_by_who_leads_and_no_further_than_its_type_allows(office: Office) -> None:
    case = submitted(office)
    due = case.due_on
    for actor, days, said in (
        (office.checker, 3, "没有在"),
        (office.approver, 11, "只能延长一次，最多 10"),
        (office.approver, 0, "最多"),
    ):
        with pytest.raises(BusinessError, match=said):
            case_extend(actor=actor, number=case.number, workdays=days, ground="情况复杂")
    assert not Pause.objects.exists()
    case = case_extend(actor=office.approver, number=case.number, workdays=6, ground="情况复杂")
    assert due is not None and case.due_on == add_workdays(due, 6, provisional=True)
    with pytest.raises(BusinessError, match="已延长 6"):
        case_extend(actor=office.approver, number=case.number, workdays=5, ground="情况复杂")


def give(office: Office, actor: Actor | None = None, **more: object) -> Delegation:
    told = {
        "absent": "check-220822",
        "deputy": "check-2",
        "region": office.bureau.regions[HERE],
        "valid_until": TODAY,
        "ground": "出差",
        **more,
    }
    return delegation_give(actor=actor or office.checker, **told)  # type: ignore[arg-type]


def stand_in(office: Office, group: str, agency: str = HERE) -> Actor:
    """Somebody whose post is of the kind, and is granted nothing."""
    with declared(SETUP):
        post = Post.objects.create(code=f"{group}-other", name="其他", group=office.bureau.posts[group].group)
        operator = hire(f"{group}-2", office.bureau.agencies[agency])
        Holding.objects.create(operator=operator, post=post, valid_from=TODAY)
    return actor_of(f"{group}-2")


def test_a_deputy_of_another_region_needs_its_leave(office: Office) -> None:
    deputy = stand_in(office, "check", "220802")
    with pytest.raises(BusinessError, match="没有异地经办许可"):
        give(office)
    with declared(SETUP):
        permission = CrossRegion.objects.create(
            agency=office.bureau.agencies["220802"],
            region=office.here,
            operation="shop.open.check",
            ground="协议",
            permitted_by=office.bureau.operator("approve"),
            valid_from=TODAY,
            valid_until=NEXT_YEAR,
        )
    give(office)
    case = submitted(office)
    assert [one.number for one in waiting_for(deputy)] == [case.number]
    with declared(SETUP):
        CrossRegion.objects.filter(pk=permission.pk).update(valid_from=YESTERDAY, valid_until=YESTERDAY)
    assert not waiting_for(deputy).exists()
    with pytest.raises(BusinessError, match="没有业务"):
        case_decide(actor=deputy, number=case.number, verdict="agree", seen=case.digest)
    assert not Shop.objects.exists()


def test_a_deputy_sees_the_form_whole_and_decides_what_lies_with_the_absent_one(office: Office, second: Actor) -> None:
    give(office)
    case = submitted(office)
    case_assign(actor=office.approver, number=case.number, operator="check-220822", reason="熟悉情况")
    assert case_shown(second, Case.objects.get())["whole"]
    case_decide(actor=second, number=case.number, verdict="agree", seen=case.digest)
    assert Decision.objects.get(verdict="agree").on_behalf == "check-220822"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"valid_from": YESTERDAY, "valid_until": YESTERDAY}, "不能早于今天"),
        ({"valid_until": dt.date.max}, "过远"),
    ],
)
def test_a_delegation_is_not_given_for_what_is_over_nor_for_ever(
    office: Office, more: dict[str, object], said: str
) -> None:
    stand_in(office, "check")
    with pytest.raises(BusinessError, match=said):
        give(office, **more)
    assert not Delegation.objects.exists()


def test_a_delegation_ends_at_once_and_one_to_come_never_begins(office: Office) -> None:
    deputy, case = stand_in(office, "check"), submitted(office)
    for more in ({}, {"valid_from": TODAY, "valid_until": NEXT_YEAR}):
        delegation_end(actor=office.checker, delegation=give(office, **more))
    assert not waiting_for(deputy).exists() and not delegations_known(office.checker).exists()
    with pytest.raises(BusinessError, match="没有业务"):
        case_decide(actor=deputy, number=case.number, verdict="agree", seen=case.digest)


def test_what_was_returned_comes_back_to_who_decided_before(office: Office) -> None:
    case = submitted(office)
    case_decide(actor=office.checker, number=case.number, verdict="return", seen=case.digest, opinion="补正")
    assert not waiting_for(office.checker).exists()
    case_submit(actor=office.maker, number=case.number, seen=case.digest)
    assert [one.number for one in waiting_for(office.checker)] == [case.number]


def test_a_new_round_has_its_whole_time(office: Office) -> None:
    case = submitted(office)
    fresh = case.due_on
    with declared(SETUP):
        Pause.objects.create(case=case, round=1, kind="extend", days=7, begins_on=TODAY, ground="x")
    case_decide(actor=office.checker, number=case.number, verdict="return", seen=case.digest, opinion="补正")
    assert case_submit(actor=office.maker, number=case.number, seen=case.digest).due_on == fresh


def test_a_deputy_decides_what_the_absent_one_may_and_it_says_so(office: Office) -> None:
    # Who may check nothing here by himself.
    deputy, case = stand_in(office, "check"), submitted(office)
    assert not waiting_for(deputy).exists()
    given = give(office)
    assert [one.number for one in waiting_for(deputy)] == [case.number]
    case_decide(actor=deputy, number=case.number, verdict="return", seen=case.digest, opinion="补正")
    assert Decision.objects.get(verdict="return").on_behalf == "check-220822"
    assert [one.number for one in returned(office.maker)] == [case.number]
    case = case_submit(actor=office.maker, number=case.number, seen=case.digest)
    delegation_end(actor=office.checker, delegation=given)
    with declared(SETUP):
        Delegation.objects.update(valid_from=TODAY - dt.timedelta(days=2), valid_until=TODAY - dt.timedelta(days=1))
    with pytest.raises(BusinessError, match="没有业务"):
        case_decide(actor=deputy, number=case.number, verdict="agree", seen=case.digest)
    assert not Shop.objects.exists()


def test_a_deputy_is_no_way_round_two_people(office: Office) -> None:
    with declared(SETUP):
        Shop.objects.create(code="s1", name="一")
    deputy = stand_in(office, "approve")
    give(office, office.approver, absent="approve-220822", deputy="approve-2")
    give(office, office.approver, absent="check-220822", deputy="approve-2")
    case = submitted(office, "shop.close", {"code": "s1"})
    # Whoever approves holds no post that checks.
    with pytest.raises(BusinessError, match="没有业务"):
        case_decide(actor=deputy, number=case.number, verdict="agree", seen=case.digest)
    case = case_decide(actor=office.checker, number=case.number, verdict="agree", seen=case.digest)
    more = {"case": case, "round": 1, "step": 1, "verdict": "agree", "digest": "x"}
    with pytest.raises(BusinessError, match="不能再次办理"), declared(SETUP):
        Decision.objects.create(operator="approve-2", on_behalf="check-220822", **more)
    # Nor in the other order: first the deputy, then whoever was away.
    with pytest.raises(BusinessError, match="不能再次办理"), declared(SETUP):
        Decision.objects.create(operator="approve-2", on_behalf="approve-220822", **more)
        Decision.objects.create(operator="approve-220822", **more)
    assert case_decide(actor=deputy, number=case.number, verdict="agree", seen=case.digest).state == State.DONE


@pytest.mark.parametrize(
    ("who", "more", "said"),
    [
        ("checker", {"ground": " "}, "须写明依据"),
        ("checker", {"deputy": "check-220822"}, "不能是同一人"),
        ("checker", {"valid_until": TODAY - dt.timedelta(days=1)}, "起止日期"),
        ("maker", {}, "请由负责人办理"),
        ("approver", {"deputy": "approve-220822"}, "不能指定自己"),
        ("approver", {"absent": "audit-220822"}, "没有可以委托"),
    ],
)
def test_a_delegation_has_terms(office: Office, second: Actor, who: str, more: dict[str, object], said: str) -> None:
    with pytest.raises(BusinessError, match=said):
        give(office, getattr(office, who), **more)
    assert not Delegation.objects.exists()


def test_many_of_one_type_are_decided_at_once_each_by_itself(office: Office) -> None:
    forms = [{"code": f"s{at}", "name": "不存在" if at == 2 else "一"} for at in range(4)]
    cases = [submitted(office, form=form) for form in forms]
    asked = [(one.number, "old" if at == 3 else one.digest) for at, one in enumerate(cases)]
    told = cases_decide(actor=office.checker, type="shop.open", verdict="agree", cases=asked)
    assert [one.state for one in told] == ["done", "done", None, None]
    assert [one.refusal.code for one in told if one.refusal] == ["case.effect_failed", "case.changed_meanwhile"]
    assert set(Shop.objects.values_list("code", flat=True)) == {"s0", "s1"}
    told = cases_decide(actor=office.checker, type="shop.close", verdict="agree", cases=asked[2:])
    assert [one.refusal.code for one in told if one.refusal] == ["case.not_there"] * 2
    with pytest.raises(BusinessError, match="一次最多"):
        cases_decide(actor=office.checker, type="shop.open", verdict="agree", cases=[("x", "y")] * (MOST + 1))


@pytest.mark.req("S0-19")
def test_who_leads_is_told_once_before_a_limit_and_once_after_it(office: Office) -> None:
    case = submitted(office)
    assert case.due_on is not None and remind(TODAY) == 0
    before = add_workdays(case.due_on, -2, provisional=True)
    assert (remind(before), remind(before)) == (1, 0)
    assert [one.kind for one in reminders(office.approver)] == ["near"]
    assert (remind(case.due_on + dt.timedelta(days=1)), Reminder.objects.count()) == (1, 2)
    assert not reminders(office.checker).exists() and not reminders(office.bureau.at("approve", "220802")).exists()
    assert Entry.objects.filter(table_name="casework_reminder", operator="system").count() == 2
    case_decide(actor=office.checker, number=case.number, verdict="agree", seen=case.digest)
    assert not reminders(office.approver).exists()


def test_a_limit_in_a_year_without_a_calendar_is_worked_out_anew_once_it_has_one(office: Office) -> None:
    case = submitted(office)
    right = case.due_on
    with declared(SETUP):
        Case.objects.filter(pk=case.pk).update(due_on=dt.date(TODAY.year + 1, 3, 1))
    remind(TODAY)
    case.refresh_from_db()
    assert case.due_on == right


def test_what_was_returned_is_mended_by_its_maker_and_decided_again(office: Office) -> None:
    case = submitted(office)
    case_decide(actor=office.checker, number=case.number, verdict="return", seen=case.digest, opinion="名称有误")
    case = case_fill(actor=office.maker, number=case.number, form={"code": "s1", "name": "二"})
    case = case_submit(actor=office.maker, number=case.number, seen=case.digest)
    assert (case.round, case.step) == (2, 0)
    assert case_decide(actor=office.checker, number=case.number, verdict="agree", seen=case.digest).state == State.DONE
