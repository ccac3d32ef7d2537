"""Who answers for network and database, what they found, and how much of the machines is in use."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Status

from renshe.channels.api.calling import actor_of
from renshe.channels.api.declaring import answers
from renshe.channels.api.leading_schemas import (
    AvailabilityOut,
    CapacityOut,
    CheckOut,
    DutyOut,
    EndDuty,
    EnterCheck,
    Month,
    NameDuty,
)
from renshe.channels.api.paging import Key, Limit, paged
from renshe.channels.api.register_schemas import MissingOut
from renshe.channels.api.schemas import Page
from renshe.channels.naming import agency_named, operator_named
from renshe.core.registers import capacity, running
from renshe.core.registers.operating import NAME

router = Router(tags=["登记簿"])


@router.get("/registers/duties", response=answers(Page[DutyOut]), summary="责任人")
def duties(request: HttpRequest, after: Key | None = None, limit: Limit = 50) -> object:
    """Return who is named, or will be."""
    return paged(running.duties(actor_of(request)), after, limit)


@router.post("/registers/duties", response=answers(DutyOut, 201), summary="指定责任人")
def duty_name(request: HttpRequest, told: NameDuty) -> object:
    """Name somebody of an agency for its network or its database."""
    actor = actor_of(request)
    agency = agency_named(actor, NAME, told.agency)
    operator = operator_named(agency, told.operator)
    terms = told.model_dump(exclude={"agency", "operator"})
    return Status(201, running.duty_name(actor=actor, agency=agency, operator=operator, **terms))


@router.post("/registers/duties/{duty}/ending", response=answers(DutyOut), summary="终止责任人")
def duty_end(request: HttpRequest, duty: Key, told: EndDuty) -> object:
    """Let a duty end with a day."""
    actor = actor_of(request)
    found = running.duty_get(actor=actor, duty=duty)
    running.duty_end(actor=actor, duty=found, last_day=told.last_day)
    found.refresh_from_db()
    return found


@router.get("/registers/database-checks", response=answers(Page[CheckOut]), summary="数据库检查登记")
def checks(request: HttpRequest, after: Key | None = None, limit: Limit = 50) -> object:
    """Return what checks of databases found, the last entered first."""
    return paged(running.database_checks(actor_of(request)), after, limit)


@router.post("/registers/database-checks", response=answers(CheckOut, 201), summary="登记数据库检查")
def check_enter(request: HttpRequest, told: EnterCheck) -> object:
    """Enter what a check found; only who is named for the database may."""
    return Status(201, running.database_check_enter(actor=actor_of(request), **told.model_dump()))


@router.get("/registers/database-checks/due", response=answers(list[MissingOut]), summary="应做的数据库检查")
def checks_due(request: HttpRequest) -> object:
    """Return the agencies whose database should have been checked, and by which day."""
    return running.database_checks_due(actor_of(request))


@router.get("/registers/capacity", response=answers(list[CapacityOut]), summary="资源使用情况")
def capacity_last(request: HttpRequest) -> object:
    """Return how much of each agency's machine was in use at last."""
    return list(capacity.capacity(actor_of(request)))


@router.get("/registers/availability", response=answers(list[AvailabilityOut]), summary="系统可用率")
def availability(request: HttpRequest, month: Month) -> object:
    """Return for how much of a month each service was there."""
    return capacity.availability_shown(actor_of(request), month)
