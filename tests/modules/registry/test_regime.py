"""Closed data changed by the regime of source 002, from the request to the month's volume, and attacked on the way."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import timezone
from tests.core.casework.conftest import HERE, Office
from tests.core.org.bureau import NEXT_YEAR, SETUP, TODAY
from tests.modules.registry.desk import agree, handed_in, hire, id_number, registered

from renshe.core.affairs.months import months_file
from renshe.core.casework.deciding import case_decide
from renshe.core.casework.delegating import delegation_give
from renshe.core.casework.models import Case, State
from renshe.core.casework.services import case_start
from renshe.core.errors import BusinessError
from renshe.core.filing.forms import CHANGE_REQUEST
from renshe.core.filing.models import Document, Volume, VolumeEntry
from renshe.core.journal.closing import rows_close
from renshe.core.journal.context import Context, declared
from renshe.core.journal.models import Unsealing
from renshe.core.org.actor import Actor
from renshe.core.registers import monthly
from renshe.modules.registry.models import Contact, Identifier, Modification, Person
from renshe.modules.registry.modified import modification_abandon, modification_log, modifications
from renshe.modules.registry.modifying import modification_designate, modification_enter, modification_unseal

CITY = "220800"


@dataclass
class Regime:
    """Somebody whose birth date is wrong and closed, and the six people of the regime."""

    office: Office
    person: Person
    clerk: Actor
    head: Actor
    business: Actor
    director: Actor
    information: Actor
    editor: Actor

    def form(self, **more: Any) -> dict[str, Any]:
        told = {"old_birth_date": "1980-01-01", "new_birth_date": "1980-01-11", "old_id_number": id_number(1),
                "new_id_number": id_number(1, "19800111"), "ground": "档案记载"}  # fmt: skip
        return {"person_no": self.person.pk, **told, **more}

    def asked(self, **more: Any) -> Case:
        return handed_in(self.clerk, "registry.modify", self.form(**more))

    def approved(self, **more: Any) -> Case:
        case = agree(self.asked(**more), self.head, self.business)
        self.designate(case)
        return agree(case, self.director)

    def designate(self, case: Case, operator: str = "editor", actor: Actor | None = None) -> Modification:
        return modification_designate(
            actor=actor or self.director, number=case.number, operator=operator, seen=case.digest
        )

    def unsealed(self, **more: Any) -> Case:
        case = self.approved(**more)
        modification_unseal(actor=self.information, number=case.number)
        return case

    def enter(self, case: Case, actor: Actor | None = None, **values: str) -> Case:
        told = values or {"birth_date": "1980-01-11", "id_number": id_number(1, "19800111")}
        return modification_enter(actor=actor or self.editor, number=case.number, values=told)

    def stands(self) -> bool:
        """Whether the person is as before."""
        self.person.refresh_from_db()
        return (self.person.birth_date, self.person.id_number) == (dt.date(1980, 1, 1), id_number(1))


@pytest.fixture
def regime(registry: Office) -> Regime:
    person = registered(registry, 1)
    with declared(SETUP):
        rows_close(table="registry_person", keys=[person.pk])
    at = registry.bureau.at
    return Regime(
        registry, person, registry.maker, registry.approver, at("check", CITY), at("approve", CITY),
        at("information", CITY), hire(registry, "editor", "entry", CITY),
    )  # fmt: skip


@pytest.mark.req("S2-37", "S2-38", "S2-40", "S2-41", "S2-42", "S2-43", "S2-44", "S2-45", "S2-46", "S2-47")
def test_the_whole_way_with_six_people(regime: Regime, monkeypatch: pytest.MonkeyPatch) -> None:
    request = regime.approved()
    assert request.state == State.DONE and regime.stands()
    modification_unseal(actor=regime.information, number=request.number)
    check = regime.enter(request)
    regime.person.refresh_from_db()
    assert regime.person.birth_date == dt.date(1980, 1, 11) and check.state == State.OPEN
    log = modification_log(actor=regime.business, number=request.number)
    assert log.right and {one.field for one in log.made} == {"birth_date", "id_number"} == {o.field for o in log.asked}
    assert all("*" in str(one.new) for one in log.made if one.field == "id_number")
    check = agree(check, regime.business)
    assert check.state == State.DONE and not modifications(regime.business).exists()
    assert Unsealing.objects.get().closed_at is not None
    assert list(Identifier.objects.filter(valid_to=None).values_list("value", flat=True)) == [id_number(1, "19800111")]
    with pytest.raises(BusinessError, match="已封存"), declared(regime.editor.context("再改")):
        Person.objects.filter(pk=regime.person.pk).update(birth_date="1990-01-01")
    printed = Document.objects.get(name=CHANGE_REQUEST.name)
    signed = printed.data["signatures"]
    assert set(signed) == {"applicant", "head", "business", "director", "information", "editor", "checked"}
    assert printed.data["matter"] == request.number and printed.matter == check.number
    people = {regime.clerk, regime.head, regime.business, regime.director, regime.information, regime.editor}
    assert len({one.operator for one in people}) == 6
    _month_ends(regime, monkeypatch)
    volume = Volume.objects.get()
    assert printed.pk in VolumeEntry.objects.filter(volume=volume).values_list("document", flat=True)


def _month_ends(regime: Regime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Next month the business department finds the log right, and the clock files it."""
    month = f"{timezone.localdate():%Y%m}"
    later = timezone.now() + dt.timedelta(days=31)
    monkeypatch.setattr("renshe.core.registers.monthly.timezone.now", lambda: later)
    region, checker = regime.office.here, regime.office.bureau.at("check")
    log = monthly.change_log(actor=checker, region=region, month=month)
    assert {field for row in log.rows for field in row.changes} >= {"birth_date", "id_number"}
    monthly.change_log_check(actor=checker, region=region, month=month, seen=log.digest, agrees=True)
    assert len(months_file()) == 1


@pytest.mark.req("S2-40")
def test_a_request_needs_both_evidences(regime: Regime) -> None:
    with pytest.raises(BusinessError, match="原输入数据的档案资料、新修改数据的档案资料"):
        case_start(actor=regime.clerk, type="registry.modify", region=HERE, form=regime.form(), submit=True)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"old_birth_date": "1980-01-02"}, "与库中数据不符"),
        ({"new_birth_date": "1980-01-01", "new_id_number": id_number(1)}, "没有变化"),
        ({"new_birth_date": None, "new_id_number": None}, "没有填写"),
        ({"new_birth_date": "1981-01-01", "new_id_number": None}, "出生"),
        ({"new_sex": "2", "old_sex": "1"}, "性别"),
    ],
)
def test_a_request_says_what_stands_and_asks_for_what_can_be(regime: Regime, more: dict[str, Any], why: str) -> None:
    with pytest.raises(BusinessError, match=why):
        regime.asked(**more)


@pytest.mark.req("S2-41")
def test_heads_of_the_county_do_not_stand_for_those_of_the_city(regime: Regime) -> None:
    case = agree(regime.asked(), regime.head)
    with pytest.raises(BusinessError, match="没有在"):
        agree(case, regime.office.checker)
    case = agree(case, regime.business)
    second = hire(regime.office, "second", "approve", HERE)
    with pytest.raises(BusinessError, match="没有在"):
        regime.designate(case, actor=second)
    with pytest.raises(BusinessError, match="没有在"):
        agree(case, second)
    assert not Modification.objects.exists() and regime.stands()


@pytest.mark.req("S2-41", "S2-43")
def test_nobody_approves_without_designating_nor_for_another_form(regime: Regime) -> None:
    case = agree(regime.asked(), regime.head, regime.business)
    with pytest.raises(BusinessError, match="先指定修改人"):
        agree(case, regime.director)
    with pytest.raises(BusinessError, match="有了改变"):
        modification_designate(actor=regime.director, number=case.number, operator="editor", seen="x")
    other = hire(regime.office, "director-2", "approve", CITY)
    regime.designate(case, actor=other)
    with pytest.raises(BusinessError, match="先指定修改人"):
        agree(case, regime.director)
    for operator, why in [
        (regime.clerk.operator, "不同人员"), (regime.business.operator, "不同人员"), (other.operator, "不同人员"),
        ("deputy-x", "没有工号"), ("audit-220800", "没有办理"), ("entry-220802", "没有办理"),
    ]:  # fmt: skip
        with pytest.raises(BusinessError, match=why):
            regime.designate(case, operator, actor=other)
    assert agree(case, other).state == State.DONE


def test_a_request_that_was_changed_is_designated_anew(regime: Regime) -> None:
    case = agree(regime.asked(), regime.head, regime.business)
    regime.designate(case)
    with pytest.raises(BusinessError, match="不在"):
        modification_designate(actor=regime.director, number="XG", operator="editor", seen=case.digest)
    with declared(SETUP):
        Modification.objects.update(digest="other")
    with pytest.raises(BusinessError, match="先指定修改人"):
        agree(case, regime.director)


@pytest.mark.req("S2-41")
def test_a_deputy_stands_in_for_one_only_and_only_once(regime: Regime) -> None:
    """Who decided for the business head, or is the maker's own deputy, does not approve as well."""
    deputy = hire(regime.office, "deputy-d", "approve", CITY)
    for absent in (regime.director.operator,):
        delegation_give(
            actor=regime.director, absent=absent, deputy=deputy.operator, region=regime.office.bureau.regions[CITY],
            valid_until=NEXT_YEAR, valid_from=TODAY, ground="出差",
        )  # fmt: skip
    case = agree(regime.asked(), deputy)
    case = agree(case, regime.business)
    with pytest.raises(BusinessError, match="不同人员"):
        regime.designate(case, actor=deputy)
    with pytest.raises(BusinessError, match="不同人员"):
        agree(case, deputy)
    assert not Modification.objects.exists()


@pytest.mark.req("S2-42")
def test_only_the_lead_of_the_information_system_unseals_only_what_was_approved(regime: Regime) -> None:
    waiting = agree(regime.asked(), regime.head, regime.business)
    regime.designate(waiting)
    with pytest.raises(BusinessError, match="没有已批准"):
        modification_unseal(actor=regime.information, number=waiting.number)
    case = agree(waiting, regime.director)
    county = regime.office.bureau.at("information", HERE)
    for actor in (county, regime.director, regime.editor, regime.clerk):
        with pytest.raises(BusinessError, match="没有在"):
            modification_unseal(actor=actor, number=case.number)
    for days in (0, 4):
        with pytest.raises(BusinessError, match="最多 3 天"):
            modification_unseal(actor=regime.information, number=case.number, days=days)
    assert not Unsealing.objects.exists()
    modification_unseal(actor=regime.information, number=case.number)
    with pytest.raises(BusinessError, match="未到期"):
        modification_unseal(actor=regime.information, number=case.number)
    assert (Unsealing.objects.get().fields, Unsealing.objects.get().operator) == (["id_number", "birth_date"], "editor")


@pytest.mark.req("S2-43")
def test_nobody_else_enters_nor_anything_else_nor_later(regime: Regime) -> None:
    case = regime.approved()
    with pytest.raises(BusinessError, match="尚未解封"):
        regime.enter(case)
    modification_unseal(actor=regime.information, number=case.number)
    for actor in (regime.clerk, regime.business, regime.information, hire(regime.office, "e2", "entry", CITY)):
        with pytest.raises(BusinessError, match="不是该申请指定"):
            regime.enter(case, actor=actor)
    with pytest.raises(BusinessError, match="只能修改申请表所列"):
        regime.enter(case, name="李四")
    for operator, change in (("e2", {"birth_date": "1980-01-11"}), ("editor", {"name": "李四"})):
        with pytest.raises(BusinessError, match="已封存"), declared(Context(operator, "绕过", case=case.number)):
            Person.objects.filter(pk=regime.person.pk).update(**change)
    with declared(SETUP):
        Modification.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    with pytest.raises(BusinessError, match="已到期"):
        regime.enter(case)
    assert regime.stands() and not Case.objects.filter(type="registry.modified").exists()


@pytest.mark.req("S2-45")
@pytest.mark.parametrize("what", ["missing", "different", "extra"])
def test_what_was_not_asked_for_or_not_done_blocks_the_signature(regime: Regime, what: str) -> None:
    case = regime.unsealed()
    if what == "missing":
        check = regime.enter(case, birth_date="1980-01-11")
        told = "漏改：社会保障号码"
    elif what == "different":
        check = regime.enter(case, birth_date="1980-01-12", id_number=id_number(1, "19800111"))
        told = "改得不同：出生日期"
    else:
        check = regime.enter(case)
        with declared(regime.editor.context("顺手改", case=case.number)):
            Contact.objects.filter(pk=regime.person.pk).update(phone="13900000001")
        told = "多改：联系电话"
    assert not modification_log(actor=regime.business, number=case.number).right
    with pytest.raises(BusinessError, match=told):
        agree(check, regime.business)
    check.refresh_from_db()
    assert check.state == State.OPEN and not Document.objects.filter(name=CHANGE_REQUEST.name).exists()
    check = case_decide(actor=regime.business, number=check.number, verdict="return", seen=check.digest, opinion="更正")
    if what == "extra":
        with declared(regime.editor.context("改回", case=case.number)):
            Contact.objects.filter(pk=regime.person.pk).update(phone="13843600001")
    check = regime.enter(case)
    assert agree(check, regime.business).state == State.DONE


@pytest.mark.req("S2-44")
def test_the_editor_and_those_before_do_not_check(regime: Regime) -> None:
    check = regime.enter(regime.unsealed())
    with pytest.raises(BusinessError, match=r"没有在|不同人员"):
        agree(check, regime.editor)
    with pytest.raises(BusinessError, match="没有在"):
        agree(check, regime.office.checker)
    with pytest.raises(BusinessError, match="办理中"):
        regime.enter(Case.objects.get(type="registry.modify"))
    assert Modification.objects.get().closed_at is None


def test_one_request_at_a_time(regime: Regime) -> None:
    regime.approved()
    with pytest.raises(BusinessError, match="未完成的修改申请"):
        regime.asked()
    with pytest.raises(BusinessError, match="没有已批准"):
        modification_log(actor=regime.office.bureau.at("check", "220802"), number="x")


def test_a_request_is_given_up_while_nothing_was_changed(regime: Regime) -> None:
    case = regime.unsealed()
    with pytest.raises(BusinessError, match="没有在"):
        modification_abandon(actor=regime.director, number=case.number, reason="申请单位撤回")
    modification_abandon(actor=regime.information, number=case.number, reason="申请单位撤回")
    with pytest.raises(BusinessError, match="没有已批准"):
        regime.enter(case)
    with pytest.raises(BusinessError, match="已封存"), declared(regime.editor.context("修改", case=case.number)):
        Person.objects.filter(pk=regime.person.pk).update(birth_date="1980-01-11")
    second = regime.unsealed()
    regime.enter(second)
    with pytest.raises(BusinessError, match="已有修改"):
        modification_abandon(actor=regime.information, number=second.number, reason="x")


@pytest.mark.req("S2-44")
def test_a_check_that_was_refused_is_handed_in_anew_by_who_entered_and_by_nobody_else(regime: Regime) -> None:
    case = regime.unsealed()
    check = regime.enter(case)
    case_decide(actor=regime.business, number=check.number, verdict="refuse", seen=check.digest, opinion="不符")
    form = {"person_no": regime.person.pk, "request": case.number}
    with pytest.raises(BusinessError, match="渠道"):
        case_start(actor=regime.clerk, type="registry.modified", region=HERE, form=form)
    other = case_start(
        actor=regime.clerk, type="registry.modified", region=HERE, form=form, channel="event", submit=True
    )
    with pytest.raises(BusinessError, match="没有已批准"):
        agree(other, regime.business)
    again = regime.enter(case)
    assert again.number != check.number and agree(again, regime.business).state == State.DONE
