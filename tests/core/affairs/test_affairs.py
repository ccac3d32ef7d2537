"""Disputes, meetings, methods, faults, leaks and deletions: each a case, each with what it leaves behind."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError
from tests.core.affairs.conftest import Bench
from tests.core.casework.conftest import HERE
from tests.core.org.bureau import SETUP, TODAY
from tests.core.toys.models import Stall

from renshe.core.affairs.conduct import points_by_agency
from renshe.core.affairs.models import Deduction, Leak, Meeting, Method, Responsibility, Ruling
from renshe.core.affairs.questions import require_method
from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.journal.models import Entry
from renshe.core.org.approvals import require_approval

DISPUTE = {"unit": "D1", "question": "公章名称与登记名称不一致", "proposal": "以公章为准"}
METHOD = {"name": "出生日期更正", "text": "以居民身份证为准"}
MEETING = {"held_on": "2026-11-02", "title": "重复参保处理", "participants": "王建国、李丽", "decision": "先核查后终止"}


@pytest.mark.req("S0-34")
def test_a_dispute_goes_through_both_centres_and_the_word_of_the_last_is_kept(bench: Bench) -> None:
    case = bench.enter("affairs.dispute", DISPUTE)
    bench.agree(case, "check", opinion="与登记机关核对")
    with pytest.raises(BusinessError, match="须写明处理意见"):
        bench.agree(case, "approve")
    assert not Ruling.objects.exists()
    bench.agree(case, "approve", opinion="以登记机关名称为准")
    ruling = Ruling.objects.get()
    assert (ruling.case_no, ruling.unit, ruling.decision) == (case.number, "D1", "以登记机关名称为准")


@pytest.mark.req("S1-24")
def test_a_decision_cites_a_meeting_that_was_recorded(bench: Bench) -> None:
    with pytest.raises(BusinessError, match="没有编号为"):
        bench.enter("affairs.method", {**METHOD, "meeting": "HY-220822-2026-000009"})
    with pytest.raises(BusinessError, match="不能晚于今天"):
        bench.enter("affairs.meeting", {**MEETING, "held_on": str(TODAY + dt.timedelta(days=1))})
    record = bench.done("affairs.meeting", MEETING)
    assert Meeting.objects.get().participants == "王建国、李丽"
    bench.done("affairs.method", {**METHOD, "meeting": record.number}, "approve")
    assert Method.objects.get().meeting == record.number


@pytest.mark.req("S1-58")
def test_no_batch_uses_a_method_before_it_is_approved(bench: Bench) -> None:
    region, town = bench.office.bureau.regions[HERE], bench.office.bureau.regions["220822101"]
    case = bench.enter("affairs.method", METHOD)
    for where in (region, town):
        with pytest.raises(BusinessError, match="未经综合计划管理科审定"):
            require_method("出生日期更正", where)
    bench.agree(case, "approve")
    assert require_method("出生日期更正", town).text == "以居民身份证为准"
    bench.done("affairs.method", {**METHOD, "text": "以档案为准"}, "approve")
    assert require_method("出生日期更正", region).text == "以档案为准" and Method.objects.count() == 2
    with pytest.raises(BusinessError, match="未经"):
        require_method("出生日期更正", bench.office.bureau.regions["220802"])


@pytest.mark.req("S2-68", "S2-70", "S2-71")
def test_a_violation_costs_points_and_the_agency_says_what_became_of_its_people(bench: Bench) -> None:
    entry = Entry.objects.first()
    assert entry is not None
    told = {"agency": "ag-220822", "entries": str(entry.pk), "facts": "未经批准修改基数", "points": 3}
    for wrong, said in (
        ({"points": 0}, "1 至 5"),
        ({"points": 6}, "1 至 5"),
        ({"agency": "x"}, "没有机构"),
        ({"entries": "999999999"}, "日志编号"),
    ):
        with pytest.raises(BusinessError, match=said):
            bench.enter("affairs.violation", {**told, **wrong})
    with pytest.raises(BusinessError, match="超出您的数据权限"):
        bench.done("affairs.violation", {**told, "agency": "ag-220802"}, "check", "approve")
    assert not Deduction.objects.exists()
    case = bench.done("affairs.violation", told, "check", "approve")
    taken = Deduction.objects.get()
    assert (taken.points, taken.year, taken.entries) == (3, TODAY.year, [entry.pk])
    assert points_by_agency(bench.office.bureau.at("audit"), TODAY.year) == {"ag-220822": 3}
    assert points_by_agency(bench.office.bureau.at("audit", "220802"), TODAY.year) == {}
    with pytest.raises(IntegrityError, match="affairs_deduction_points"), declared(SETUP):
        Deduction.objects.update(points=6)
    answer = {"deduction": case.number, "decision": "批评教育"}
    with pytest.raises(BusinessError, match="由被扣分的"):
        bench.done("affairs.responsibility", answer, region="220800")
    bench.done("affairs.responsibility", answer)
    assert Responsibility.objects.get().deduction == taken
    with pytest.raises(BusinessError, match="不能重复登记"):
        bench.enter("affairs.responsibility", answer)


@pytest.mark.req("S2-69")
def test_a_leak_tells_classes_numbers_and_the_authority_it_went_to(bench: Bench) -> None:
    told = {"found_on": "2026-11-03", "classes": "BA", "persons": 120, "facts": "名单外传"}
    for wrong, said in (
        ({"classes": "AX"}, "数据类别"), ({"persons": -1}, "不能为负"), ({"handed_to": "河西县公安局"}, "须同时填写"),
    ):  # fmt: skip
        with pytest.raises(BusinessError, match=said):
            bench.enter("affairs.leak", {**told, **wrong})
    handed = {"handed_to": "河西县公安局", "handed_on": "2026-11-05"}
    bench.done("affairs.leak", {**told, **handed}, "check", "approve")
    leak = Leak.objects.get()
    assert (leak.classes, leak.persons, leak.handed_on) == (["A", "B"], 120, dt.date(2026, 11, 5))


@pytest.mark.req("S2-65", "S2-66")
def test_business_data_are_deleted_only_when_the_province_agreed(bench: Bench) -> None:
    regions = bench.office.bureau.regions
    with declared(SETUP):
        for code, where in (("t1", HERE), ("t2", HERE), ("t3", "220802")):
            Stall.objects.create(code=code, region=regions[where])
    told = {"table": "toys_stall", "keys": "t1、t2", "ground": "重复登记"}
    for wrong, said in (
        ({"table": "toys_shop"}, "不能申请删除"),
        ({"keys": "t9"}, "有 1 条记录不存在"),
        ({"keys": "，"}, "请填写"),
    ):
        with pytest.raises(BusinessError, match=said):
            bench.enter("affairs.deletion", {**told, **wrong})
    case = bench.enter("affairs.deletion", told)
    bench.agree(case, "check")
    with pytest.raises(BusinessError, match="没有在"):
        bench.agree(case, "approve")
    assert Stall.objects.count() == 3
    bench.agree(case, "approve", region="220000")
    assert [one.code for one in Stall.objects.all()] == ["t3"]
    kept = Entry.objects.filter(case_no=case.number, operation="D").order_by("key")
    assert [one.before for one in kept] == [{"code": "t1", "region_id": HERE}, {"code": "t2", "region_id": HERE}]
    # Rows of another region are not one's own to ask for.
    other = bench.enter("affairs.deletion", {**told, "keys": "t3"})
    bench.agree(other, "check")
    with pytest.raises(BusinessError, match="超出您的数据权限"):
        bench.agree(other, "approve", region="220000")
    assert Stall.objects.count() == 1
    with pytest.raises(BusinessError, match="没有批准文号"), declared(bench.office.maker.context("手工")):
        Stall.objects.all().delete()


@pytest.mark.req("S2-66")
def test_what_is_cleaned_up_put_back_or_let_go_stands_on_a_case_that_names_it(bench: Bench) -> None:
    case = bench.enter("affairs.restoration", {"things": "7、9", "ground": "误删"})
    for number, what, things in (
        (case.number, "restoration", [7]),
        ("批〔2026〕1号", "restoration", [7]),
        ("\x00", "x", []),
    ):
        with pytest.raises(BusinessError, match="不是已批准的申请"):
            require_approval(number, what, things, [HERE])
    for group in ("check", "approve"):
        bench.agree(case, group)
    require_approval(case.number, "restoration", [7, 9], [HERE])
    for what, things, region in (
        ("restoration", [7, 8], HERE),
        ("restoration", [7], "220802"),
        ("restoration", [], HERE),
        ("clean_up", [7], HERE),
        ("release", [7], HERE),
    ):
        with pytest.raises(BusinessError, match="没有批准这些内容"):
            require_approval(case.number, what, things, [region])
    with pytest.raises(BusinessError, match="请填写编号"):
        bench.enter("affairs.clean_up", {"things": "全部", "ground": "过期"})
