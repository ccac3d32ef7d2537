"""Faults and leaks: what happened, what it cost the agency, and who answered for it.

Rule (S2-68 追究有关人员的责任; S2-69 造成泄密的…移送司法机关; S2-70 每次扣减该单位绩效分1~5分; S2-71 个人责任的追究
办法,由被扣分单位研究决定): a fault is opened from entries of the journal; a violation costs 1 to 5 points;
the agency concerned decides on its people and says so; a leak tells classes, numbers and the authority it went to.

Invariant: points are taken only within the region of the case; what becomes of the people is said by the agency from
which they were taken, and by no other.
"""

from __future__ import annotations

from django.db.models import Sum

from renshe.core.affairs.models import Deduction, Leak, Responsibility
from renshe.core.casework.forms import Item, Problems
from renshe.core.casework.models import Case
from renshe.core.casework.types import Values, case_type
from renshe.core.errors import BusinessError
from renshe.core.journal.models import Entry
from renshe.core.org.actor import Actor
from renshe.core.org.models import Agency
from renshe.core.org.operations import Operation, declare
from renshe.core.org.rights import holds_path
from renshe.core.org.scope import Scope

QUERY = "affairs.query"
declare(Operation(QUERY, "查询扣分和泄密事件", "query"))


def _entries(values: Values) -> list[int]:
    told = str(values["entries"] or "").replace("，", ",").replace("、", ",").split(",")
    return [int(one) for one in told if one.strip().isdecimal()]


def _violation(values: Values) -> Problems:
    found: Problems = {}
    points = values["points"]
    if isinstance(points, int) and not 1 <= points <= 5:
        found["points"] = "每次扣 1 至 5 分，请重新填写"
    if not Agency.objects.filter(number=values["agency"]).exists():
        found["agency"] = f"没有机构 {values['agency']}，请核对机构编号"
    known = set(Entry.objects.filter(pk__in=_entries(values)).values_list("pk", flat=True))
    if not known or known != set(_entries(values)):
        found["entries"] = "请填写涉及的日志编号，以逗号分隔；编号须在日志中"
    return found


@case_type(
    "affairs.violation",
    "违规责任追究",
    prefix="WG",
    items=[
        Item("agency", "机构编号", required=True, length=20),
        Item("entries", "涉及的日志编号", required=True, length=500),
        Item("facts", "违规事实", required=True, length=2000),
        Item("points", "扣分", "int", required=True),
    ],
    checks=[_violation],
    risk="high",
    workdays=20,
)
def violation(case: Case, values: Values) -> None:
    """Take the points."""
    agency = Agency.objects.select_related("region").get(number=values["agency"])
    if not holds_path(case.region.path, agency.region.path):
        raise BusinessError("org.out_of_scope")
    Deduction.objects.create(
        case_no=case.number,
        agency=agency,
        year=case.started_at.year,
        points=values["points"],
        facts=values["facts"],
        entries=_entries(values),
    )


def _answered(values: Values) -> Problems:
    found = Deduction.objects.filter(case_no=values["deduction"]).first()
    if found is None:
        return {"deduction": f"没有编号为 {values['deduction']} 的扣分，请核对编号"}
    if Responsibility.objects.filter(deduction=found).exists():
        return {"deduction": "该扣分已登记责任追究决定，不能重复登记"}
    return {}


@case_type(
    "affairs.responsibility",
    "个人责任追究决定",
    prefix="ZR",
    items=[
        Item("deduction", "扣分业务编号", required=True, length=60),
        Item("decision", "责任追究决定", required=True, length=2000),
    ],
    checks=[_answered],
)
def responsibility(case: Case, values: Values) -> None:
    """Keep what the agency decided: its own, of points taken from it."""
    deduction = Deduction.objects.select_related("agency").get(case_no=values["deduction"])
    if deduction.agency.number != case.agency:
        raise BusinessError("affairs.not_the_agency", agency=deduction.agency.name)
    Responsibility.objects.create(case_no=case.number, deduction=deduction, decision=values["decision"])


_CLASSES = {"A": "档案数据", "B": "账户数据", "C": "待遇数据"}


def _leak(values: Values) -> Problems:
    found: Problems = {}
    told = set(str(values["classes"] or ""))
    if not told or told - set(_CLASSES):
        found["classes"] = "数据类别填写 A（档案）、B（账户）、C（待遇）中的一个或几个，如 AB"
    persons = values["persons"]
    if isinstance(persons, int) and persons < 0:
        found["persons"] = "涉及人数不能为负，请核对"
    if (values["handed_to"] is None) != (values["handed_on"] is None):
        found["handed_to"] = "移送司法机关的，移送机关和移送日期须同时填写"
    return found


@case_type(
    "affairs.leak",
    "泄密事件",
    prefix="XM",
    items=[
        Item("found_on", "发现日期", "date", required=True),
        Item("classes", "数据类别", required=True, length=3),
        Item("persons", "涉及人数", "int", required=True),
        Item("facts", "事件经过", required=True, length=2000),
        Item("handed_to", "移送机关", length=100),
        Item("handed_on", "移送日期", "date"),
    ],
    checks=[_leak],
    risk="high",
    workdays=5,
)
def leak(case: Case, values: Values) -> None:
    """Keep the incident."""
    classes = sorted(set(str(values["classes"])))
    Leak.objects.create(case_no=case.number, region=case.region, **{**values, "classes": classes})


def points_by_agency(actor: Actor, year: int) -> dict[str, int]:
    """Return the points taken in ``year`` by the number of the agency, of agencies that ``actor`` sees."""
    seen = Scope(actor, QUERY).filter(Deduction.objects.filter(year=year))
    return dict(seen.values_list("agency__number").annotate(points=Sum("points")).order_by("agency__number"))
