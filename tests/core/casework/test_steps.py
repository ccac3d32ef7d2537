"""Steps that apply to some cases only, and what others declared to follow from a case."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import DatabaseError, transaction
from tests.core.casework.conftest import ITEMS, Office, allow, submitted
from tests.core.org.bureau import SETUP, hire
from tests.core.toys.models import Shop

from renshe.core.casework import events
from renshe.core.casework.deciding import case_decide
from renshe.core.casework.events import emit, subscribe
from renshe.core.casework.models import Case, State
from renshe.core.casework.printing import case_told
from renshe.core.casework.selectors import proposed, waiting_for
from renshe.core.casework.services import case_fill, case_propose, case_submit, case_take
from renshe.core.casework.showing import waits_for
from renshe.core.casework.types import Step, Values, case_type, find_type
from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.org.actor import actor_of
from renshe.core.org.models import Holding


def _long(values: Values) -> bool:
    return len(values["name"] or "") > 4


@case_type(
    "shop.rename",
    "单位更名",
    prefix="GM",
    items=ITEMS,
    steps=[
        Step("look", "初核", "shop.rename.look", when=_long),
        Step("check", "复核", "shop.rename.check"),
        Step("second", "二次复核", "shop.rename.second", when=_long),
    ],
    unit="code",
)
def rename_shop(case: Case, values: Values) -> None:
    Shop.objects.filter(code=values["code"]).update(name=values["name"])
    emit("shop.renamed", case, code=values["code"])


@pytest.fixture
def told() -> Iterator[None]:
    """What a test subscribes is forgotten after it."""
    yield
    events._SUBSCRIBED.pop("shop.renamed", None)


@pytest.fixture
def shop(office: Office, told: None) -> Office:
    allow(office, "shop.rename")
    with declared(SETUP):
        Shop.objects.create(code="s1", name="一")
        for at in ("two", "three"):
            operator = hire(f"check-{at}", office.bureau.agencies["220822"])
            Holding.objects.create(operator=operator, post=office.bureau.posts["check"], valid_from=operator.valid_from)
    return office


def _agree(case: Case, who: str) -> Case:
    return case_decide(actor=actor_of(who), number=case.number, verdict="agree", seen=case.digest)


def test_a_step_that_does_not_apply_is_passed_over(shop: Office) -> None:
    case = submitted(shop, "shop.rename", {"code": "s1", "name": "二"})
    kind = find_type("shop.rename")
    assert (case.needed, case.terms["steps"], case.step, waits_for(case, kind)) == (1, [1], 1, "复核")
    assert list(waiting_for(shop.checker)) == [case]
    case = _agree(case, "check-220822")
    assert case.state == State.DONE and Shop.objects.get().name == "二"
    assert [one["step"] for one in case_told(case, kind, whole=True)["decisions"]] == ["经办", "复核"]


def test_a_step_that_applies_must_be_made(shop: Office) -> None:
    case = submitted(shop, "shop.rename", {"code": "s1", "name": "第一中学分校"})
    assert (case.needed, case.step) == (3, 0)
    for who in ("check-220822", "check-two"):
        case = _agree(case, who)
        assert case.state == State.OPEN and Shop.objects.get().name == "一"
    with pytest.raises(BusinessError, match="不同人员"):
        _agree(case, "check-two")
    assert _agree(case, "check-three").state == State.DONE


def test_steps_are_fixed_anew_when_a_case_is_handed_in_again(shop: Office) -> None:
    case = submitted(shop, "shop.rename", {"code": "s1", "name": "二"})
    case_decide(actor=shop.checker, number=case.number, verdict="return", seen=case.digest, opinion="全称")
    case = case_fill(actor=shop.maker, number=case.number, form={"code": "s1", "name": "第一中学分校"})
    case = case_submit(actor=shop.maker, number=case.number, seen=case.digest)
    assert (case.needed, case.terms["steps"]) == (3, [0, 1, 2])


def test_the_database_lets_nobody_need_fewer_while_others_decide(shop: Office) -> None:
    case = submitted(shop, "shop.rename", {"code": "s1", "name": "第一中学分校"})
    for change in ({"needed": 1}, {"terms": {"steps": [1]}}):
        with pytest.raises(BusinessError, match="办理环节"), declared(SETUP):
            Case.objects.filter(pk=case.pk).update(**change)
    draft = Case.objects.get(pk=submitted(shop, "shop.rename", {"code": "s1", "name": "二"}).pk)
    with pytest.raises(DatabaseError), transaction.atomic(), declared(SETUP):
        Case.objects.filter(pk=draft.pk).update(state="returned")
        Case.objects.filter(pk=draft.pk).update(needed=0)


def test_conditional_steps_do_not_make_up_for_those_that_the_risk_asks_for() -> None:
    with pytest.raises(ValueError, match="2 people"):
        case_type(
            "shop.x", "x", prefix="X", items=ITEMS, risk="high",
            steps=[Step("check", "复核", "shop.x.check"), Step("b", "b", "shop.x.b", when=_long)],
        )  # fmt: skip


@pytest.mark.req("S4-29", part="events")
def test_what_others_declared_follows_in_the_transaction_and_in_their_order(shop: Office) -> None:
    order = []

    @subscribe("shop.renamed")
    def closes(case: Case, code: str) -> None:
        order.append("automatic")
        Shop.objects.filter(code=code).update(name="自动")

    @subscribe("shop.renamed")
    def proposes(case: Case, code: str) -> None:
        order.append("task")
        case_propose(origin=case, type="shop.close", region=case.region_id, form={"code": code}, agency=case.agency)

    case = submitted(shop, "shop.rename", {"code": "s1", "name": "二"})
    assert order == []
    _agree(case, "check-220822")
    assert order == ["automatic", "task"] and Shop.objects.get().name == "自动"
    task = proposed(shop.maker).get()
    assert (task.type, task.origin_id, task.form) == ("shop.close", case.pk, {"code": "s1"})
    assert case_take(actor=shop.maker, number=task.number).state == State.DRAFT


@pytest.mark.req("S4-29", part="events")
def test_one_who_fails_fails_the_effect(shop: Office) -> None:
    @subscribe("shop.renamed")
    def acts(case: Case, code: str) -> None:
        Shop.objects.filter(code=code).update(name="自动")

    @subscribe("shop.renamed")
    def refuses(case: Case, code: str) -> None:
        raise BusinessError("org.reason_missing")

    case = submitted(shop, "shop.rename", {"code": "s1", "name": "二"})
    with pytest.raises(BusinessError, match="未能办结"):
        _agree(case, "check-220822")
    case.refresh_from_db()
    assert case.state == State.OPEN and Shop.objects.get().name == "一"
