"""Disputes, meetings and methods: what had to be talked over, and what came of it.

Rule (S0-34 进行沟通或提交信息中心进行讨论; S1-24 局内专题办公会; S1-58 审定数据处理意见与具体整理办法): a dispute
goes from the agency to the settlement centre and to the information centre, whose word is kept; a meeting is recorded
with its day, its people and what it decided; no batch uses a method that the planning department has not approved.

Invariant: a ruling, a record and a method each carry the number of the case that made them.
"""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from renshe.core.affairs.models import Meeting, Method, Ruling
from renshe.core.casework.forms import Item, Problems
from renshe.core.casework.models import Case, Verdict
from renshe.core.casework.types import Step, Values, case_type
from renshe.core.errors import BusinessError
from renshe.core.org.models import Region


@case_type(
    "affairs.dispute",
    "单位名称等争议",
    prefix="ZY",
    items=[
        Item("unit", "单位编号", length=40),
        Item("question", "争议事项", required=True, length=1000),
        Item("proposal", "本机构意见", required=True, length=1000),
    ],
    risk="high",
    steps=[
        Step("settle", "结算中心意见", "affairs.dispute.settle"),
        Step("decide", "信息中心决定", "affairs.dispute.decide", "approve"),
    ],
    unit="unit",
    workdays=10,
    legal="金保工程数据清理实施细则：有疑问的，与结算中心沟通或提交信息中心讨论",
)
def dispute(case: Case, values: Values) -> None:
    """Keep what was decided: the word of the last step."""
    last = case.decisions.filter(round=case.round, verdict=Verdict.AGREE).order_by("pk").last()
    decision = last.opinion.strip() if last else ""
    if not decision:
        raise BusinessError("affairs.decision_missing")
    Ruling.objects.create(
        case_no=case.number,
        region=case.region,
        unit=values["unit"],
        question=values["question"],
        decision=decision,
    )


def _held(values: Values) -> Problems:
    day = values["held_on"]
    late = isinstance(day, dt.date) and day > timezone.localdate()
    return {"held_on": "会议日期不能晚于今天，请核对"} if late else {}


@case_type(
    "affairs.meeting",
    "专题会议记录",
    prefix="HY",
    items=[
        Item("held_on", "会议日期", "date", required=True),
        Item("title", "议题", required=True, length=200),
        Item("participants", "参加人员", required=True, length=500),
        Item("decision", "议定事项", required=True, length=2000),
    ],
    checks=[_held],
    workdays=5,
)
def meeting(case: Case, values: Values) -> None:
    """Keep the record."""
    Meeting.objects.create(case_no=case.number, region=case.region, **values)


def _cited(values: Values) -> Problems:
    told = values["meeting"]
    if told is None or Meeting.objects.filter(case_no=told).exists():
        return {}
    return {"meeting": f"没有编号为 {told} 的会议记录，请先登记会议记录或核对编号"}


@case_type(
    "affairs.method",
    "数据整理办法审定",
    prefix="BF",
    items=[
        Item("name", "整理办法", required=True, length=100),
        Item("text", "具体办法", required=True, length=4000),
        Item("meeting", "会议记录编号", length=60),
    ],
    checks=[_cited],
    steps=[Step("approve", "综合计划管理科审定", "affairs.method.approve", "approve")],
    lead="planning",
    support=("pension", "unemployment", "handling", "information", "audit"),
    workdays=10,
)
def method(case: Case, values: Values) -> None:
    """Put a method in force; an earlier one of its name ends."""
    standing = Method.objects.filter(region=case.region, name=values["name"], withdrawn_at=None)
    standing.update(withdrawn_at=timezone.now())
    Method.objects.create(case_no=case.number, region=case.region, **values)


def require_method(name: str, region: Region) -> Method:
    """Return the approved method ``name`` of ``region``, or of the nearest region above; BusinessError where there is
    none: no batch may use it."""
    above = region.path.split("/")
    found = Method.objects.filter(region__in=above, name=name, withdrawn_at=None).order_by("-region__level").first()
    if found is None:
        raise BusinessError("affairs.method_missing", name=name)
    return found
