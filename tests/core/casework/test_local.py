"""What a place does otherwise, and how a process is told."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.core.casework.conftest import HERE, Office, started, submitted
from tests.core.org.bureau import TODAY, YESTERDAY

from renshe.core.casework.deciding import case_decide
from renshe.core.casework.local import difference_set, differences_counted
from renshe.core.casework.models import Difference
from renshe.core.casework.processes import durations, process_of, processes
from renshe.core.casework.services import case_submit
from renshe.core.casework.types import case_types, find_type
from renshe.core.errors import BusinessError
from renshe.standards.workdays import add_workdays


@pytest.mark.req("S4-77")
def test_a_place_asks_for_more_and_is_quicker_and_is_counted(office: Office) -> None:
    before, here = submitted(office), office.bureau.regions[HERE]
    city = office.bureau.at("approve", "220800")
    difference_set(
        actor=city, type="shop.open", region=office.bureau.regions["220800"], ground="市发〔2026〕3号", workdays=3
    )
    difference_set(
        actor=office.approver, type="shop.open", region=here, ground="县发〔2026〕1号", paper="lease", label="租赁合同"
    )
    assert differences_counted() == {("shop.open", "220800"): 1, ("shop.open", HERE): 1}
    assert (process_of(find_type("shop.open"), here).workdays, before.due_on) == (
        3,
        add_workdays(TODAY, 5, provisional=True),
    )
    case = started(office, form={"code": "s2", "name": "二"})
    assert case.terms == {"workdays": 3, "papers": {"lease": "租赁合同"}}
    with pytest.raises(BusinessError, match="缺少材料：租赁合同"):
        case_submit(actor=office.maker, number=case.number, seen=case.digest)
    # Elsewhere, and for what began before, nothing has changed.
    assert process_of(find_type("shop.open"), office.bureau.regions["220900"]).workdays == 5 and before.terms == {}


@pytest.mark.parametrize(
    ("who", "more", "said"),
    [
        ("approver", {"workdays": 6}, "只能缩短"),
        ("approver", {"workdays": 0}, "只能缩短"),
        ("approver", {"workdays": 3, "ground": " "}, "须写明依据"),
        ("approver", {"workdays": 3, "valid_until": YESTERDAY}, "不能早于今天"),
        ("approver", {"workdays": 3, "valid_until": dt.date.max}, "过远"),
        ("approver", {"paper": "lease"}, "只能缩短"),
        ("approver", {"type": "no.such", "workdays": 3}, "没有“no.such”"),
        ("checker", {"workdays": 3}, "没有在"),
    ],
)
def test_a_difference_is_never_looser(office: Office, who: str, more: dict[str, object], said: str) -> None:
    told = {"type": "shop.open", "region": office.bureau.regions[HERE], "ground": "县发〔2026〕1号", **more}
    with pytest.raises(BusinessError, match=said):
        difference_set(actor=getattr(office, who), **told)  # type: ignore[arg-type]
    assert not Difference.objects.exists()


@pytest.mark.req("S0-15", "S4-18")
def test_every_process_is_told_with_steps_posts_documents_and_limit(office: Office) -> None:
    told = {one.name: one for one in processes(office.bureau.regions[HERE])}
    assert set(told) == {one.name for one in case_types()}
    close = told["shop.close"]
    assert [(one.label, one.posts) for one in close.steps] == [
        ("经办", ("entry",)), ("复核", ("check",)), ("审批", ("approve",)),
    ]  # fmt: skip
    assert (close.workdays, close.risk, [item["label"] for item in close.items]) == (20, "high", ["编号"])


@pytest.mark.req("S4-18")
def test_how_long_cases_took_stands_beside_how_long_they_may(office: Office) -> None:
    case = submitted(office)
    case_decide(actor=office.checker, number=case.number, verdict="agree", seen=case.digest)
    [told] = durations(office.checker)
    assert (told["type"], told["version"], told["count"]) == ("shop.open", 1, 1)
    assert durations(office.bureau.at("check", "220802")) == []


@pytest.mark.req("S1-56")
def test_a_process_has_one_department_in_lead_and_any_number_in_support(office: Office) -> None:
    told = {one.name: one for one in processes(office.bureau.regions[HERE])}
    method = told["affairs.method"]
    assert method.lead == "planning" and len(method.support) == 5 and "planning" not in method.support
