"""Registers: what is overdue, what was reported, bulk work, daily logs, faults, backups, plans and drills."""

from __future__ import annotations

from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status

from renshe.channels.alarming import alarms_told
from renshe.channels.api.calling import actor_of
from renshe.channels.api.declaring import answers
from renshe.channels.api.paging import Key, Limit, paged
from renshe.channels.api.register_schemas import (
    AlarmOut,
    BackupOut,
    BulkOut,
    DrillDueOut,
    DrillOut,
    EnterLog,
    FaultOut,
    LogOut,
    MissingOut,
    NoticeOut,
    PlanOut,
    RecordDrill,
    RegisterPlan,
    ReportFault,
    ResolveFault,
)
from renshe.channels.api.schemas import Page, Reason
from renshe.channels.naming import agency_named, operator_named
from renshe.core.org.access import cut_off_read, cut_off_reported, cut_offs_reported
from renshe.core.org.models import CutOff
from renshe.core.registers import plans, running
from renshe.core.registers.alarms import LOOK_BACK
from renshe.core.registers.backups import backups, counting
from renshe.core.registers.bulk import bulk_work
from renshe.core.registers.models import Backup
from renshe.core.registers.operating import KEEP

router = Router(tags=["登记簿"])


@router.get("/alarms", response=answers(list[AlarmOut]), summary="告警")
def alarms_list(request: HttpRequest) -> object:
    """Return what is overdue or not as it should be, as far as the caller sees."""
    return alarms_told(actor_of(request))


def _notice(cut: CutOff) -> dict[str, object]:
    of = cut.operator or cut.agency or cut.terminal
    target = of.number if of else cut.network.cidr if cut.network else ""
    return {
        "id": cut.pk,
        "at": cut.at,
        "target": target,
        "reason": cut.reason,
        "by": cut.by.number,
        "lifted_at": cut.lifted_at,
    }


@router.get("/notices", response=answers(list[NoticeOut]), summary="待阅的报告")
def notices(request: HttpRequest) -> object:
    """Return the cut-offs of which the caller was told as leader and has not read."""
    return [_notice(one) for one in cut_offs_reported(actor_of(request))]


@router.post("/notices/{notice}/reading", response=answers(NoticeOut), summary="阅知")
def notice_read(request: HttpRequest, notice: Key) -> object:
    """Record that the caller has read of a cut-off."""
    actor = actor_of(request)
    cut = cut_off_reported(actor=actor, cut=notice)
    cut_off_read(actor=actor, cut=cut)
    return _notice(cut)


@router.get("/registers/bulk", response=answers(Page[BulkOut]), summary="批量操作登记")
def bulk_list(request: HttpRequest, after: Key | None = None, limit: Limit = 50) -> object:
    """Return bulk entries, queries and exports, newest first."""
    return paged(bulk_work(actor_of(request)), after, limit)


@router.get("/registers/running-logs", response=answers(Page[LogOut]), summary="网络运行日志")
def logs_list(request: HttpRequest, after: Key | None = None, limit: Limit = 50) -> object:
    """Return daily logs, the last entered first."""
    return paged(running.running_logs(actor_of(request)), after, limit)


@router.post("/registers/running-logs", response=answers(LogOut, 201), summary="填写网络运行日志")
def log_enter(request: HttpRequest, told: EnterLog) -> object:
    """Enter and sign the log of a day."""
    return Status(201, running.running_log_enter(actor=actor_of(request), **told.model_dump()))


@router.get("/registers/running-logs/missing", response=answers(list[MissingOut]), summary="缺填的网络运行日志")
def logs_missing(request: HttpRequest) -> object:
    """Return the days of the last month without a log."""
    return running.running_log_missing(actor_of(request), first=timezone.localdate() - LOOK_BACK)


@router.get("/registers/faults", response=answers(Page[FaultOut]), summary="未排除的故障")
def faults_list(request: HttpRequest, after: Key | None = None, limit: Limit = 50) -> object:
    """Return the faults that nobody has cleared."""
    return paged(running.faults_open(actor_of(request)), after, limit)


@router.post("/registers/faults", response=answers(FaultOut, 201), summary="登记故障")
def fault_report(request: HttpRequest, told: ReportFault) -> object:
    """Write down a fault."""
    return Status(201, running.fault_report(actor=actor_of(request), what=told.what))


@router.post("/registers/faults/{fault}/resolution", response=answers(FaultOut), summary="登记故障排除")
def fault_resolve(request: HttpRequest, fault: Key, told: ResolveFault) -> object:
    """Say how a fault was cleared."""
    actor = actor_of(request)
    found = running.fault_get(actor=actor, fault=fault)
    return running.fault_resolve(actor=actor, fault=found, resolution=told.resolution)


@router.get("/registers/backups", response=answers(Page[BackupOut]), summary="备份登记")
def backups_list(request: HttpRequest, after: Key | None = None, limit: Limit = 50) -> object:
    """Return backups, newest first, and whether they count."""
    found: QuerySet[Backup] = backups(actor_of(request)).annotate(
        good=Case(When(counting(), then=Value(True)), default=Value(False))
    )
    return paged(found, after, limit)


@router.get("/registers/plans", response=answers(Page[PlanOut]), summary="应急预案")
def plans_list(request: HttpRequest, after: Key | None = None, limit: Limit = 50) -> object:
    """Return the plans in force."""
    return paged(plans.plans(actor_of(request)), after, limit)


@router.post("/registers/plans", response=answers(PlanOut, 201), summary="登记应急预案")
def plan_register(request: HttpRequest, told: RegisterPlan) -> object:
    """Write down a plan of the caller's agency."""
    actor = actor_of(request)
    agency = agency_named(actor, KEEP, None)
    owner = operator_named(agency, told.owner)
    terms = told.model_dump(exclude={"owner"})
    return Status(201, plans.plan_register(actor=actor, agency=agency, owner=owner, **terms))


@router.get("/registers/plans/due", response=answers(list[DrillDueOut]), summary="应演练的预案")
def drills_due(request: HttpRequest) -> object:
    """Return the plans that were not drilled in their period."""
    return plans.drills_due(actor_of(request))


@router.post("/registers/plans/{plan}/ending", response=answers(PlanOut), summary="终止应急预案")
def plan_end(request: HttpRequest, plan: Key, told: Reason) -> object:
    """Let a plan end."""
    actor = actor_of(request)
    found = plans.plan_get(actor=actor, plan=plan)
    plans.plan_end(actor=actor, plan=found, reason=told.reason)
    return found


@router.get("/registers/plans/{plan}/drills", response=answers(list[DrillOut]), summary="应急演练")
def drills(request: HttpRequest, plan: Key) -> object:
    """Return how a plan was drilled, the last first."""
    return list(plans.plan_get(actor=actor_of(request), plan=plan).drills.order_by("-day", "-pk")[:200])


@router.post("/registers/plans/{plan}/drills", response=answers(DrillOut, 201), summary="登记应急演练")
def drill_record(request: HttpRequest, plan: Key, told: RecordDrill) -> object:
    """Write down how a drill went."""
    actor = actor_of(request)
    found = plans.plan_get(actor=actor, plan=plan)
    return Status(201, plans.drill_record(actor=actor, plan=found, **told.model_dump()))
