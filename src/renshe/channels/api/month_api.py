"""The month's log of changed business data: looked at, checked, printed; points taken from agencies."""

from __future__ import annotations

from dataclasses import asdict

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status

from renshe.channels.api.calling import actor_of
from renshe.channels.api.declaring import answers
from renshe.channels.api.leading_schemas import (
    ChangeLogOut,
    CheckLog,
    LogCheckOut,
    Month,
    PointsOut,
    PrintLog,
    RegionCode,
    UncheckedOut,
)
from renshe.channels.api.schemas import DocumentOut
from renshe.channels.naming import region_named
from renshe.core.affairs.conduct import points_by_agency
from renshe.core.affairs.months import change_log_print
from renshe.core.registers import monthly

router = Router(tags=["登记簿"])


@router.get("/registers/change-logs/unchecked", response=answers(list[UncheckedOut]), summary="未核对的修改日志")
def unchecked(request: HttpRequest) -> object:
    """Return the logs of the last months that nobody has checked as they are."""
    return [{"region": region, "month": month} for region, month in monthly.change_logs_unchecked(actor_of(request))]


@router.get("/registers/change-logs/{month}", response=answers(ChangeLogOut), summary="业务数据修改日志")
def change_log(request: HttpRequest, month: Month, region: RegionCode | None = None) -> object:
    """Return the log of a month and a region, masked, with its checks; the region of the caller where none is named."""
    actor = actor_of(request)
    where = region_named(actor, region)
    log = monthly.change_log(actor=actor, region=where, month=month)
    return {**asdict(log), "checks": list(monthly.change_log_checks(actor=actor, region=where, month=month))}


@router.post("/registers/change-logs/{month}/checks", response=answers(LogCheckOut, 201), summary="核对修改日志")
def change_log_check(request: HttpRequest, month: Month, told: CheckLog) -> object:
    """Enter what the business department found in the log that it saw."""
    actor = actor_of(request)
    where = region_named(actor, told.region)
    terms = told.model_dump(exclude={"region"})
    return Status(201, monthly.change_log_check(actor=actor, region=where, month=month, **terms))


@router.post("/registers/change-logs/{month}/documents", response=answers(DocumentOut), summary="打印修改日志表")
def log_print(request: HttpRequest, month: Month, told: PrintLog) -> object:
    """Print the log with its last check, or find it as it was printed."""
    actor = actor_of(request)
    return change_log_print(actor=actor, region=region_named(actor, told.region), month=month)


@router.get("/registers/points", response=answers(list[PointsOut]), summary="扣分登记")
def points(request: HttpRequest, year: int | None = None) -> object:
    """Return the points taken from each agency in a year, this one where none is named."""
    asked = timezone.localdate().year if year is None else max(0, min(year, 9999))
    found = points_by_agency(actor_of(request), asked)
    return [{"agency": agency, "points": taken} for agency, taken in found.items()]
