"""Somebody applies, an officer takes it up, another checks it, and he who applied follows it to its end."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.channels.desk.conftest import Browser
from tests.channels.portal.conftest import Holder
from tests.core.casework.conftest import Office
from tests.core.filing.conftest import a_pdf

from renshe.core.casework.models import Case, State
from renshe.core.casework.services import case_start, case_submit
from renshe.core.filing.models import Attachment
from renshe.core.journal.models import Entry
from renshe.modules.registry.models import Contact, Person, Unit

FORM = "/portal/apply/registry.person_change/form"
ASKED = {"address": "河西县柳树镇灯塔路8号", "ground": "搬家", "then": "submit"}


def applied(citizen: Holder, **more: str) -> Case:
    citizen.browser().post(FORM, {**ASKED, **more})
    return Case.objects.order_by("-pk")[0]


@pytest.mark.req("S4-168", part="the applicant, of what is applied for")
def test_an_application_goes_from_a_telephone_to_its_result(
    citizen: Holder, person: Person, entry: Browser, check: Browser
) -> None:
    mine = citizen.browser()
    assert "人员一般信息变更" in mine.get("/portal/")
    assert "13843600001" in mine.get("/portal/apply/registry.person_change")
    case = applied(citizen)
    number = citizen.visitor.applicant.number
    assert (case.state, case.maker, case.applicant, case.channel) == (State.PROPOSED, None, number, "web")
    assert (case.person, case.region_id) == (person.pk, person.region_id)
    assert {one.operator for one in Entry.objects.filter(case_no=case.number)} == {number}
    assert "已提交，等待受理" in mine.get(f"/portal/cases/{case.number}")

    assert case.number in entry.get("/inbox/proposed")
    entry.post(f"/cases/{case.number}/taking")
    assert "工作人员正在核对" in mine.get("/portal/")
    assert "申请人 portal:" in entry.get(f"/cases/{case.number}")
    entry.post(f"/cases/{case.number}/submission", {"seen": case.digest})
    assert "正在复核" in mine.get(f"/portal/cases/{case.number}")
    entry.post(f"/cases/{case.number}/decision", {"seen": case.digest, "verdict": "agree"}, status=403)
    check.post(f"/cases/{case.number}/decision", {"seen": case.digest, "verdict": "agree", "opinion": "内部意见"})

    page = mine.get(f"/portal/cases/{case.number}")
    assert "办结" in page and "内部意见" not in page and "check-220822" not in page
    assert Contact.objects.get(person=person).address == ASKED["address"]
    answer = mine.post(f"/portal/cases/{case.number}/documents", {"document": "filing.result"})
    found = mine.client.get(answer["Location"])
    assert found.status_code == 200 and found.content.startswith(b"%PDF")


@pytest.mark.req("S4-56", part="the portal's forms")
def test_what_is_held_needs_not_be_typed_and_is_not_handed_in(citizen: Holder, person: Person) -> None:
    mine = citizen.browser()
    page = mine.get("/portal/apply/registry.person_change")
    assert 'value="13843600001"' in page and "person_no" not in page
    held = {"phone": "13843600001", "ethnicity": "01", "sex": "1", "birth_date": "1980-01-01"}
    case = applied(citizen, **held, person_no="999999999", name="李")
    told = {name: value for name, value in case.form.items() if value is not None}
    assert told == {"person_no": person.pk, "address": ASKED["address"], "ground": "搬家"}
    answer = citizen.browser().post(FORM, {**held, "ground": "没有变", "then": "submit"}, status=409)
    assert case.number in answer.content.decode()


def test_what_is_wrong_stands_beside_its_item_and_nothing_typed_is_lost(citizen: Holder) -> None:
    answer = citizen.browser().post(FORM, {**ASKED, "phone": "1384360", "ground": ""}, status=422)
    text = answer.content.decode()
    assert 'id="f-ground-wrong"' in text and 'value="1384360"' in text and ASKED["address"] in text
    assert not Case.objects.filter(applicant__isnull=False).exists()


def test_papers_are_put_in_before_it_is_handed_in(citizen: Holder, entry: Browser) -> None:
    mine = citizen.browser()
    form = {"name": "张莉华", "ground": "改名", "then": "keep"}
    mine.post("/portal/apply/registry.person_key/form", form)
    case = Case.objects.order_by("-pk")[0]
    path = f"/portal/cases/{case.number}"
    assert "还缺材料" in mine.get(path)
    mine.post(f"{path}/submission", {"seen": case.digest}, status=422)
    file = SimpleUploadedFile("户口簿.pdf", a_pdf(), "application/pdf")
    mine.post(f"{path}/papers", {"kind": "evidence", "file": file})
    paper = Attachment.objects.get(matter=case.number)
    assert (paper.added_by, paper.person) == (citizen.visitor.applicant.number, case.person)
    assert mine.client.get(f"{path}/papers/{paper.pk}").content == a_pdf()
    mine.post(f"{path}/papers/{paper.pk}/removal")
    mine.post(f"{path}/submission", {"seen": case.digest}, status=422)
    mine.post(f"{path}/papers", {"kind": "evidence", "file": SimpleUploadedFile("户口簿.pdf", a_pdf())})
    mine.post(f"{path}/papers", {"kind": "字" * 99, "file": SimpleUploadedFile("照片.pdf", a_pdf(4))})
    assert Attachment.objects.latest("pk").kind == "other"
    mine.post(f"{path}/submission", {"seen": case.digest})
    mine.post(f"{path}/papers", {"kind": "other", "file": SimpleUploadedFile("x.pdf", a_pdf(2))}, status=409)
    entry.post(f"/cases/{case.number}/taking")
    assert "户口簿.pdf" in entry.get(f"/cases/{case.number}")


@pytest.mark.req("S4-168", part="the applicant, of what is applied for")
def test_an_officer_asks_for_what_is_lacking_and_he_hands_it_in(citizen: Holder, entry: Browser) -> None:
    case, mine = applied(citizen), citizen.browser()
    entry.post(f"/cases/{case.number}/taking")
    asks = {"told": "请补充新住址的证明", "due_on": ""}
    entry.post(f"/cases/{case.number}/supplement", asks, status=422)
    entry.post(f"/cases/{case.number}/supplement", {**asks, "due_on": str(dt.date.today() + dt.timedelta(days=9))})
    assert "等您办理" in mine.get("/portal/") and "请补充新住址的证明" in mine.get(f"/portal/cases/{case.number}")
    file = SimpleUploadedFile("租房合同.pdf", a_pdf(), "application/pdf")
    mine.post(f"/portal/cases/{case.number}/papers", {"kind": "other", "file": file})
    mine.get(f"/portal/cases/{case.number}/edit")
    mine.post(f"/portal/cases/{case.number}/form", {**ASKED, "address": "灯塔路9号"})
    assert "等您办理" not in mine.get("/portal/")
    page = entry.get(f"/cases/{case.number}")
    assert "灯塔路9号" in page and "租房合同.pdf" in page and "补正通知" in page


def test_a_unit_applies_too(clerk: Holder, unit: Unit, entry: Browser, check: Browser) -> None:
    mine = clerk.browser()
    assert "单位信息变更" in mine.get("/portal/") and "人员一般信息变更" not in mine.get("/portal/")
    mine.post("/portal/apply/registry.unit_change/form", {"phone": "04361234567", "ground": "换号", "then": "submit"})
    case = Case.objects.get(unit=unit.pk, applicant__isnull=False)
    entry.post(f"/cases/{case.number}/taking")
    entry.post(f"/cases/{case.number}/submission", {"seen": case.digest})
    check.post(f"/cases/{case.number}/decision", {"seen": case.digest, "verdict": "agree"})
    unit.refresh_from_db()
    assert unit.phone == "04361234567" and "办结" in mine.get("/portal/")


def test_what_the_counter_began_he_follows_as_well(citizen: Holder, office: Office, person: Person) -> None:
    form = {"person_no": person.pk, "phone": "13843600077", "ground": "换号"}
    draft = case_start(actor=office.maker, type="registry.person_change", region="220822", form=form)
    mine = citizen.browser()
    mine.get(f"/portal/cases/{draft.number}", 404)
    case_submit(actor=office.maker, number=draft.number, seen=draft.digest)
    assert "正在复核" in mine.get(f"/portal/cases/{draft.number}")
    register = Case.objects.get(type="registry.person_register", person=person.pk)
    mine.get(f"/portal/cases/{register.number}", 404)
