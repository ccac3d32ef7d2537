"""A case from draft to effect, and everything that is refused on the way."""

from __future__ import annotations

import datetime as dt
from threading import Thread

import pytest
from django.db import connection, transaction
from django.utils import timezone
from tests.core.casework.conftest import FORM, Office, started, submitted
from tests.core.org.bureau import SETUP
from tests.core.toys.models import Shop

from renshe.core.casework.deciding import case_decide
from renshe.core.casework.models import Case, Decision, State
from renshe.core.casework.services import case_fill, case_submit, case_withdraw
from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.journal.models import Entry
from renshe.core.org.actor import Actor


@pytest.mark.req("S2-10", "S2-11", "S2-14")
def test_a_case_passes_maker_and_checker_and_then_its_effect_is_there(office: Office) -> None:
    case = started(office)
    assert not Shop.objects.exists() and case.state == State.DRAFT
    case = case_submit(actor=office.maker, number=case.number, seen=case.digest)
    assert not Shop.objects.exists() and case.state == State.OPEN
    case = case_decide(actor=office.checker, number=case.number, verdict="agree", seen=case.digest, opinion="相符")
    assert case.state == State.DONE and Shop.objects.get().name == FORM["name"]
    told = list(case.decisions.order_by("id").values_list("operator", "verdict", "opinion"))
    assert told == [(office.maker.operator, "submit", ""), (office.checker.operator, "agree", "相符")]
    made = Entry.objects.get(table_name="toys_shop")
    assert (made.operator, made.case_no, made.reason) == (office.checker.operator, case.number, "办结单位开业")


@pytest.mark.req("S4-111")
def test_a_case_of_high_risk_needs_a_checker_and_an_approver_and_may_then_delete(office: Office) -> None:
    with declared(SETUP):
        Shop.objects.create(**FORM)
    case = submitted(office, "shop.close", {"code": "s1"})
    case = case_decide(actor=office.checker, number=case.number, verdict="agree", seen=case.digest)
    assert case.state == State.OPEN and Shop.objects.exists()
    case = case_decide(actor=office.approver, number=case.number, verdict="agree", seen=case.digest)
    assert case.state == State.DONE and not Shop.objects.exists()


def test_numbers_of_a_kind_region_and_year_follow_each_other(office: Office) -> None:
    numbers = [started(office).number for _ in range(3)]
    year = dt.date.today().year
    assert numbers == [f"KY-220822-{year}-{at:06d}" for at in (1, 2, 3)]


@pytest.mark.req("S2-10")
def test_the_maker_does_not_check_even_with_the_right_to(office: Office) -> None:
    case = submitted(office)
    post = office.bureau.operator("check").holding_set.get().post
    with declared(SETUP):
        office.bureau.operator("check").holding_set.model.objects.filter(operator__number="entry-220822").update(
            post=post
        )
    with pytest.raises(BusinessError, match="须由不同人员办理"):
        case_decide(actor=office.maker, number=case.number, verdict="agree", seen=case.digest)
    case.refresh_from_db()
    assert case.state == State.OPEN and not Shop.objects.exists() and case.decisions.count() == 1


@pytest.mark.req("S2-10")
def test_the_database_itself_refuses_a_second_decision_of_one_person(office: Office) -> None:
    case = submitted(office)
    more = {"case": case, "round": case.round, "step": 0, "verdict": "agree", "digest": case.digest}
    with pytest.raises(BusinessError, match="录入人员不能复核"), declared(SETUP):
        Decision.objects.create(operator=case.maker, **more)
    with pytest.raises(BusinessError, match="不能再次办理"), declared(SETUP):
        for _ in range(2):
            Decision.objects.create(operator="check-220822", **more)
    for nobody in ("check-220822 ", "ghost"):
        with pytest.raises(BusinessError, match="不是本系统的人员"), declared(SETUP):
            Decision.objects.create(operator=nobody, **more)
    assert case.decisions.count() == 1


@pytest.mark.req("S2-10")
def test_the_database_itself_counts_nobody_who_becomes_a_maker_afterwards(office: Office) -> None:
    case = submitted(office)
    with pytest.raises(BusinessError, match="尚未经规定的人员同意"), declared(SETUP):
        Decision.objects.create(
            case=case, round=case.round, step=0, operator="check-220822", verdict="agree", digest=case.digest
        )
        Case.objects.filter(pk=case.pk).update(makers=[*case.makers, "check-220822"])
        Case.objects.filter(pk=case.pk).update(state="done")
    assert case.decisions.count() == 1


@pytest.mark.req("S4-87", "S2-10")
def test_the_database_itself_refuses_a_case_that_nobody_agreed_to(office: Office) -> None:
    case = submitted(office)
    for change in ({"state": "done"}, {"needed": 2}, {"type": "shop.close"}, {"makers": []}, {"region_id": "220802"}):
        with pytest.raises(BusinessError, match=r"尚未经规定的人员同意|不能改变"), declared(SETUP):
            Case.objects.filter(pk=case.pk).update(**change)
    with pytest.raises(BusinessError, match="只能追加"), declared(SETUP):
        Decision.objects.update(opinion="x")
    with pytest.raises(BusinessError, match="只能追加"), declared(SETUP):
        Decision.objects.all().delete()
    case_decide(actor=office.checker, number=case.number, verdict="agree", seen=case.digest)
    with pytest.raises(BusinessError, match="已经终结"), declared(SETUP):
        Case.objects.filter(pk=case.pk).update(state="open")
    case.refresh_from_db()
    assert (case.state, case.type, case.makers) == (State.DONE, "shop.open", [office.maker.operator])


def test_the_database_itself_refuses_a_refusal_that_nobody_decided(office: Office) -> None:
    case = submitted(office)
    later = {"state": "refused", "ended_at": timezone.now()}
    with pytest.raises(BusinessError, match="没有不予办理的意见"), declared(SETUP):
        Case.objects.filter(pk=case.pk).update(**later)
    with pytest.raises(BusinessError, match="没有不予办理的意见"), declared(SETUP):
        # Nor by an opinion upon another form.
        Decision.objects.create(
            case=case, round=1, step=0, operator="check-220822", verdict="refuse", opinion="x", digest="0"
        )
        Case.objects.filter(pk=case.pk).update(**later)
    case.refresh_from_db()
    assert case.state == State.OPEN and case.decisions.count() == 1
    done = case_decide(actor=office.checker, number=case.number, verdict="refuse", seen=case.digest, opinion="不符")
    assert done.state == State.REFUSED


def test_a_case_approves_what_its_effect_deletes_and_nothing_before_or_after(office: Office) -> None:
    case = submitted(office)

    def vouched(kind: str) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT journal_vouched_{kind}(%s)", [case.number])
            return bool(cursor.fetchone()[0])

    assert not any(vouched(kind) for kind in ("deletion", "sealing", "release", "operator", "editor"))
    with declared(SETUP):
        # As it stands while the effect is carried out.
        Decision.objects.create(
            case=case, round=1, step=0, operator="check-220822", verdict="agree", opinion="", digest=case.digest
        )
    assert vouched("deletion") and vouched("sealing") and not vouched("release")
    with declared(SETUP):
        Case.objects.filter(pk=case.pk).update(state="done", ended_at=timezone.now())
    assert vouched("sealing") and not vouched("deletion") and not vouched("release")
    for kind, number in (("operator", "check-220822"), ("operator", "system"), ("editor", "check-220822")):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT journal_vouched_{kind}(%s)", [number])
            assert cursor.fetchone() == (True,)


@pytest.mark.parametrize("who", ["other_region", "wrong_post", "approver"])
def test_who_has_no_right_there_decides_nothing(office: Office, who: str) -> None:
    case = submitted(office)
    actor = {
        "other_region": office.bureau.at("check", "220802"),
        "wrong_post": office.bureau.at("audit"),
        "approver": office.approver,
    }[who]
    said = "没有在" if who == "approver" else "没有业务"
    with pytest.raises(BusinessError, match=said):
        case_decide(actor=actor, number=case.number, verdict="agree", seen=case.digest)
    assert not Shop.objects.exists() and case.decisions.count() == 1


def test_what_was_not_seen_cannot_be_decided(office: Office) -> None:
    case = submitted(office)
    seen = case.digest
    case_decide(actor=office.checker, number=case.number, verdict="return", seen=seen, opinion="名称有误")
    changed = case_fill(actor=office.maker, number=case.number, form={**FORM, "name": "白杨市第二中学"})
    with pytest.raises(BusinessError, match="有了改变"):
        case_submit(actor=office.maker, number=case.number, seen=seen)
    case_submit(actor=office.maker, number=case.number, seen=changed.digest)
    with pytest.raises(BusinessError, match="有了改变"):
        case_decide(actor=office.checker, number=case.number, verdict="agree", seen=seen)
    case = case_decide(actor=office.checker, number=case.number, verdict="agree", seen=changed.digest)
    assert case.state == State.DONE and case.round == 2 and Shop.objects.get().name == "白杨市第二中学"


def test_a_decision_that_was_made_is_not_made_again(office: Office) -> None:
    case = submitted(office)
    case_decide(actor=office.checker, number=case.number, verdict="agree", seen=case.digest)
    with pytest.raises(BusinessError, match="办结，不能办理"):
        case_decide(actor=office.checker, number=case.number, verdict="agree", seen=case.digest)
    assert Shop.objects.count() == 1 and case.decisions.count() == 2


def test_an_effect_that_fails_leaves_the_case_undecided_and_says_why(office: Office) -> None:
    case = submitted(office, form={"code": "s1", "name": "不存在"})
    with pytest.raises(BusinessError, match="未能办结，意见没有生效：须写明理由"):
        case_decide(actor=office.checker, number=case.number, verdict="agree", seen=case.digest)
    case.refresh_from_db()
    assert (case.state, case.step, case.failure) == (State.OPEN, 0, "须写明理由")
    assert case.decisions.count() == 1 and not Shop.objects.exists()


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"code": "s1"}, "名称必填"),
        ({"code": "s1", "name": "x" * 21}, "最多 20 个字符"),
        ({"code": "s1", "name": "一", "secret": "x"}, "没有“secret”这一项"),
        ({"code": "s1", "name": ["一"]}, "不是一个值"),
        ({"code": "taken", "name": "一"}, "编号已使用"),
    ],
)
def test_a_form_with_gaps_or_faults_is_not_handed_in(office: Office, form: dict[str, object], said: str) -> None:
    with declared(SETUP):
        Shop.objects.create(code="taken", name="一")
    with pytest.raises(BusinessError, match=said), transaction.atomic():
        submitted(office, form=form)  # type: ignore[arg-type]
    assert not Decision.objects.exists()


def test_only_the_maker_fills_submits_and_withdraws(office: Office) -> None:
    case = started(office)
    other = office.bureau.at("entry", "220800")
    for attempt in (
        lambda: case_fill(actor=other, number=case.number, form=FORM),
        lambda: case_submit(actor=other, number=case.number, seen=case.digest),
        lambda: case_withdraw(actor=other, number=case.number, reason="x"),
    ):
        with pytest.raises(BusinessError, match="由他人经办"):
            attempt()
    case.refresh_from_db()
    assert case.state == State.DRAFT
    assert case_withdraw(actor=office.maker, number=case.number, reason="重复受理").state == State.WITHDRAWN


def test_a_refusal_needs_a_reason_and_ends_the_case(office: Office) -> None:
    case = submitted(office)
    with pytest.raises(BusinessError, match="须写明理由"):
        case_decide(actor=office.checker, number=case.number, verdict="refuse", seen=case.digest, opinion=" ")
    assert (
        case_decide(
            actor=office.checker, number=case.number, verdict="refuse", seen=case.digest, opinion="不符合条件"
        ).state
        == State.REFUSED
    )
    assert not Shop.objects.exists()


def test_two_who_decide_at_once_decide_once(office_committed: Office) -> None:
    case = submitted(office_committed)
    both = [office_committed.checker, office_committed.bureau.at("check", "220800")]
    told: list[str] = []

    def decide(actor: Actor) -> None:
        try:
            told.append(case_decide(actor=actor, number=case.number, verdict="agree", seen=case.digest).state)
        except BusinessError as refused:
            told.append(refused.code)
        finally:
            connection.close()

    hands = [Thread(target=decide, args=(actor,)) for actor in both]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert sorted(told) == ["case.not_open", "done"]
    assert Shop.objects.count() == 1 and Decision.objects.count() == 2
