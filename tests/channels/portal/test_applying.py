"""Somebody applies, an officer takes it up, another checks it, and he who applied follows it to its end."""

from __future__ import annotations

import pytest
from tests.channels.desk.conftest import Browser
from tests.channels.portal.conftest import Holder

from renshe.core.casework.models import Case, State
from renshe.core.journal.models import Entry
from renshe.modules.registry.models import Contact, Person

FORM = "/portal/apply/registry.person_change/form"
ASKED = {"address": "河西县柳树镇灯塔路8号", "ground": "搬家", "then": "submit"}


def applied(citizen: Holder, **more: str) -> Case:
    citizen.browser().post(FORM, {**ASKED, **more})
    return Case.objects.order_by("-pk")[0]


@pytest.mark.req("S4-168")
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
