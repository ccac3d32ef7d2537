"""What may be declared, what is kept of it, and what rules of the catalogue say of a form."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from django.utils import timezone
from tests.core.casework.conftest import HERE, ITEMS, Office, started, submitted
from tests.core.org.bureau import NEXT_YEAR, SETUP, TODAY
from tests.core.toys.models import Shop

from renshe.core.casework import types
from renshe.core.casework.deciding import case_decide
from renshe.core.casework.forms import item
from renshe.core.casework.models import Case, State
from renshe.core.casework.selectors import proposed, undeclared, waiting_for
from renshe.core.casework.services import case_propose, case_start, case_submit, case_take
from renshe.core.casework.types import Step, Values, case_type
from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.org.models import Grant
from renshe.core.org.setting_up import grant_install
from renshe.core.org.switching import module_switch


@pytest.fixture
def declaring(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget what a test declares."""
    monkeypatch.setattr(types, "_KNOWN", dict(types._KNOWN))
    yield


def nothing(case: Case, values: Values) -> None: ...


def allow(office: Office, *told: tuple[str, str]) -> None:
    with declared(SETUP):
        for operation, group in told:
            post, region = office.bureau.posts[group], office.bureau.regions["220000"]
            grant_install(post=post, operation_name=operation, region=region, valid_until=NEXT_YEAR)


def test_a_type_of_high_risk_cannot_ask_for_fewer_people(declaring: None) -> None:
    with pytest.raises(ValueError, match="2 people"):
        case_type("t.few", "少", prefix="S", items=ITEMS, risk="high", steps=[Step("check", "复核", "t.few.check")])


def test_a_version_is_declared_once(declaring: None) -> None:
    case_type("t.twice", "两次", prefix="L", items=ITEMS)(nothing)
    with pytest.raises(ValueError, match="declared twice"):
        case_type("t.twice", "两次", prefix="L", items=ITEMS)(nothing)


def test_a_case_keeps_the_version_it_began_with(office: Office, declaring: None) -> None:
    case = submitted(office)
    case_type("shop.open", "单位开业", prefix="KY", items=ITEMS[:1], unit="code", version=2)(nothing)
    new = started(office, form={"code": "s9"})
    assert (case.version, new.version) == (1, 2)
    case_submit(actor=office.maker, number=new.number, seen=new.digest)
    assert {one.number for one in waiting_for(office.checker)} == {case.number, new.number}
    case_decide(actor=office.checker, number=case.number, verdict="agree", seen=case.digest)
    assert Shop.objects.count() == 1
    del types._KNOWN["shop.open", 2]
    assert undeclared() == [("shop.open", 2, 1)]


def test_a_step_may_need_several_people(office: Office, declaring: None) -> None:
    steps = [Step("check", "会审", "t.many.check", quorum=2)]
    case_type("t.many", "会审", prefix="HS", items=ITEMS[:1], risk="high", steps=steps)(
        lambda case, values: Shop.objects.create(code=values["code"], name="x")
    )
    allow(office, ("t.many.enter", "entry"), ("t.many.check", "check"))
    case = submitted(office, "t.many", {"code": "s1"})
    assert case_decide(actor=office.checker, number=case.number, verdict="agree", seen=case.digest).state == State.OPEN
    with pytest.raises(BusinessError, match="须由不同人员"):
        case_decide(actor=office.checker, number=case.number, verdict="agree", seen=case.digest)
    assert not Shop.objects.exists()
    other = office.bureau.at("check", "220800")
    assert case_decide(actor=other, number=case.number, verdict="agree", seen=case.digest).state == State.DONE


@pytest.mark.req("S2-41", part="the two heads of the upper agency; the form comes with the registry")
def test_a_step_belongs_to_a_level_of_agencies(office: Office, declaring: None) -> None:
    steps = [
        Step("head", "业务负责人审核", "t.up.head", level=2),
        Step("chief", "机构负责人审核", "t.up.chief", "approve", level=2),
    ]
    case_type("t.up", "上级审核", prefix="SJ", items=ITEMS[:1], risk="high", steps=steps)(nothing)
    allow(office, ("t.up.enter", "entry"), ("t.up.head", "check"), ("t.up.chief", "approve"))
    case = submitted(office, "t.up", {"code": "s1"})
    with pytest.raises(BusinessError, match="没有在"):
        case_decide(actor=office.checker, number=case.number, verdict="agree", seen=case.digest)
    for group in ("check", "approve"):
        case = case_decide(
            actor=office.bureau.at(group, "220800"), number=case.number, verdict="agree", seen=case.digest
        )
    assert case.state == State.DONE


@pytest.mark.req("S4-87")
def test_checks_are_made_again_before_the_effect_and_no_post_gets_round_them(office: Office) -> None:
    case = submitted(office)
    with declared(SETUP):
        Shop.objects.create(code="s1", name="抢先")
    with pytest.raises(BusinessError, match=r"未能办结.*编号已使用"):
        case_decide(actor=office.checker, number=case.number, verdict="agree", seen=case.digest)
    case.refresh_from_db()
    assert case.state == State.OPEN and case.failure is not None and Shop.objects.get().name == "抢先"


@pytest.mark.req("S4-17", part="business of a line that is off is refused")
def test_business_of_a_line_that_is_off_is_neither_begun_nor_finished(office: Office) -> None:
    case, here = submitted(office), office.bureau.regions[HERE]
    module_switch(actor=office.approver, module="shop", region=here, on=False, valid_from=TODAY)
    for attempt in (
        lambda: started(office),
        lambda: case_decide(actor=office.checker, number=case.number, verdict="agree", seen=case.digest),
    ):
        with pytest.raises(BusinessError, match="未启用"):
            attempt()
    assert not Shop.objects.exists() and Case.objects.count() == 1


def test_rules_of_the_catalogue_judge_a_form_before_it_is_handed_in(
    office: Office, declaring: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_type(
        "t.person",
        "登记",
        prefix="DJ",
        items=[item("person.id_number", required=True), item("person.name", required=True)],
        rules=["PER-ID-CHECK"],
    )(nothing)
    allow(office, ("t.person.enter", "entry"))

    def hand_in(number: str) -> Case:
        case = case_start(
            actor=office.maker, type="t.person", region=HERE, form={"id_number": number, "name": "王建国"}
        )
        return case_submit(actor=office.maker, number=case.number, seen=case.digest)

    with pytest.raises(BusinessError, match="校验码不符；以居民身份证为准更正"):
        hand_in("22080219650312017X")
    allow(office, ("t.person.check", "check"))
    case = hand_in("220802196503120173")
    assert case.state == State.OPEN

    # Rules see the form and the day: on the same day they say the same, on another one they are asked again.
    asked: list[object] = []
    monkeypatch.setattr(types, "judge", lambda *told: asked.append(told) or {})
    case_decide(actor=office.checker, number=case.number, verdict="agree", seen=case.digest)
    assert not asked
    old = hand_in("220802196503120173")
    assert len(asked) == 1
    with declared(SETUP):
        Case.objects.filter(pk=old.pk).update(submitted_at=timezone.now() - dt.timedelta(days=1))
    case_decide(actor=office.checker, number=old.number, verdict="agree", seen=old.digest)
    assert len(asked) == 2


@pytest.mark.req("S4-8", "S3-37")
def test_what_one_matter_sets_off_waits_for_who_may_enter_it(office: Office, declaring: None) -> None:
    def set_off(case: Case, values: Values) -> None:
        case_propose(
            origin=case, type="shop.close", region=case.region_id, form={"code": values["code"]}, agency=case.agency
        )

    case_type("t.death", "死亡", prefix="SW", items=ITEMS[:1])(set_off)
    allow(office, ("t.death.enter", "entry"), ("t.death.check", "check"))
    first = submitted(office, "t.death", {"code": "s1"})
    assert not proposed(office.maker).exists()
    case_decide(actor=office.checker, number=first.number, verdict="agree", seen=first.digest)
    [waiting] = proposed(office.maker)
    assert (waiting.type, waiting.origin, waiting.maker, waiting.form) == ("shop.close", first, None, {"code": "s1"})
    elsewhere = office.bureau.at("entry", "220802")
    assert not proposed(elsewhere).exists()
    for actor in (elsewhere, office.checker):
        with pytest.raises(BusinessError, match=r"没有业务|没有在"):
            case_take(actor=actor, number=waiting.number)
    taken = case_take(actor=office.maker, number=waiting.number)
    assert (taken.state, taken.maker) == (State.DRAFT, office.maker.operator)
    assert case_submit(actor=office.maker, number=taken.number, seen=taken.digest).state == State.OPEN


def test_a_fault_of_the_program_leaves_the_case_undecided(office: Office, declaring: None) -> None:
    def faulty(case: Case, values: Values) -> None:
        Shop.objects.create(code="s1", name="x")
        raise ZeroDivisionError("220802196503120173")

    case_type("t.fault", "出错", prefix="CC", items=ITEMS[:1])(faulty)
    allow(office, ("t.fault.enter", "entry"), ("t.fault.check", "check"))
    case = submitted(office, "t.fault", {"code": "s1"})
    with pytest.raises(BusinessError, match="程序出错"):
        case_decide(actor=office.checker, number=case.number, verdict="agree", seen=case.digest)
    case.refresh_from_db()
    assert case.state == State.OPEN and case.failure is not None and "2208" not in case.failure
    assert not Shop.objects.exists() and Grant.objects.exists()
