"""The daily log, faults, and checks of the database.

Rule (002 六 (一), 七 (一); S2-48, S2-49, S2-50, S2-56): an agency with a named network keeper owes a log of each day,
with six items; a fault stays open until it is said how it was cleared; the named administrator of the database enters
what the checks found.

Invariant: nobody else signs; a day that has no log is missing, from the first day of the duty to yesterday.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Max, Model, Q, QuerySet
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor
from renshe.core.org.models import Agency, Operator
from renshe.core.org.rights import require
from renshe.core.org.scope import Scope
from renshe.core.org.validity import in_force, require_near
from renshe.core.registers.models import DatabaseCheck, Duty, Fault, RunningLog
from renshe.core.registers.operating import KEEP, NAME, QUERY

M = TypeVar("M", bound=Model)
_OLDEST = dt.timedelta(days=3660)
"""How long ago a duty may have begun, when somebody is named."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What an agency owes: since ``day``."""

    agency: str
    day: dt.date


def duty_name(
    *,
    actor: Actor,
    agency: Agency,
    kind: str,
    operator: Operator,
    every_days: int = 1,
    valid_from: dt.date | None = None,
) -> Duty:
    """Name ``operator`` of ``agency`` for the network or the database, from today where nothing else is said."""
    require(actor, NAME, agency.region)
    first = valid_from or timezone.localdate()
    known = kind in Duty.Kind.values and operator.agency_id == agency.pk
    if not known or not 1 <= every_days <= 31 or first < timezone.localdate() - _OLDEST:
        raise BusinessError("registers.duty_terms")
    require_near(first)
    with declared(actor.context(f"指定{Duty.Kind(kind).label}责任人")):
        return Duty.objects.create(
            agency=agency,
            kind=kind,
            operator=operator,
            every_days=every_days,
            valid_from=first,
        )


def duty_end(*, actor: Actor, duty: Duty, last_day: dt.date) -> None:
    """Let ``duty`` end with ``last_day``, which has not been yet, or is the day before today."""
    require(actor, NAME, duty.agency.region)
    if last_day < max(duty.valid_from, timezone.localdate() - dt.timedelta(days=1)) or duty.valid_until:
        raise BusinessError("registers.duty_terms")
    require_near(last_day)
    with declared(actor.context("终止责任人")):
        Duty.objects.filter(pk=duty.pk).update(valid_until=last_day)


def duties(actor: Actor) -> QuerySet[Duty]:
    """Return who is named, or will be, as far as ``actor`` sees."""
    standing = Q(valid_until=None) | Q(valid_until__gte=timezone.localdate())
    return _seen(actor, Duty).filter(standing).select_related("agency", "operator")


def duty_get(*, actor: Actor, duty: int) -> Duty:
    """Return one of ``duties``; BusinessError where there is none that ``actor`` may see."""
    found = duties(actor).filter(pk=duty).first()
    if found is None:
        raise BusinessError("registers.not_there", number=duty)
    return found


def running_log_enter(
    *,
    actor: Actor,
    day: dt.date,
    ports: str,
    servers: str,
    communications: str,
    faults: str,
    new_faults: Sequence[str] = (),
) -> RunningLog:
    """Enter and sign the log of ``day`` at the actor's agency; ``new_faults`` are kept open until they are resolved."""
    require(actor, KEEP, actor.region)
    _require_named(actor, Duty.Kind.NETWORK)
    told = {"ports": ports, "servers": servers, "communications": communications, "faults": faults}
    if not all(text.strip() for text in (*told.values(), *new_faults)) or day > timezone.localdate():
        raise BusinessError("registers.log_items")
    now = timezone.now()
    with declared(actor.context("填写网络运行日志")):
        Fault.objects.bulk_create(
            Fault(agency=actor.agency, region_id=actor.region, what=one, found_at=now, found_by=actor.operator)
            for one in new_faults
        )
        return RunningLog.objects.create(
            agency=actor.agency,
            region_id=actor.region,
            day=day,
            signed=actor.name,
            operator=actor.operator,
            at=now,
            **told,
        )


def running_log_missing(actor: Actor, *, first: dt.date, last: dt.date | None = None) -> list[Missing]:
    """Return the days without a log from ``first`` to ``last``, or yesterday, of the agencies that ``actor`` sees."""
    until = min(last or dt.date.max, timezone.localdate() - dt.timedelta(days=1))
    written = set(_seen(actor, RunningLog).filter(day__range=(first, until)).values_list("agency", "day"))
    owed = {
        (duty.agency.number, day)
        for duty in _duties(actor, Duty.Kind.NETWORK)
        for day in _days(max(first, duty.valid_from), min(until, duty.valid_until or until))
    }
    return [Missing(agency, day) for agency, day in sorted(owed - written)]


def fault_report(*, actor: Actor, what: str) -> Fault:
    """Write down a fault that was found at the actor's agency."""
    require(actor, KEEP, actor.region)
    if not what.strip():
        raise BusinessError("registers.log_items")
    with declared(actor.context("登记故障")):
        return Fault.objects.create(
            agency=actor.agency, region_id=actor.region, what=what, found_at=timezone.now(), found_by=actor.operator
        )


def fault_resolve(*, actor: Actor, fault: Fault, resolution: str) -> Fault:
    """Say how ``fault`` was cleared."""
    require(actor, KEEP, fault.region)
    with declared(actor.context("登记故障排除")):
        found = Fault.objects.select_for_update().get(pk=fault.pk)
        if found.resolution is not None or not resolution.strip():
            raise BusinessError("registers.fault_resolved")
        found.resolution, found.resolved_at, found.resolved_by = resolution, timezone.now(), actor.operator
        found.save()
        return found


def running_logs(actor: Actor) -> QuerySet[RunningLog]:
    """Return the logs that ``actor`` may see."""
    return _seen(actor, RunningLog)


def fault_get(*, actor: Actor, fault: int) -> Fault:
    """Return one fault; BusinessError where there is none that ``actor`` may see."""
    found = _seen(actor, Fault).filter(pk=fault).first()
    if found is None:
        raise BusinessError("registers.not_there", number=fault)
    return found


def faults_open(actor: Actor) -> QuerySet[Fault]:
    """Return the faults that nobody has cleared, the oldest first."""
    return _seen(actor, Fault).filter(resolution=None).order_by("found_at")


def database_check_enter(*, actor: Actor, good: bool, result: str, day: dt.date | None = None) -> DatabaseCheck:
    """Enter what a check of the agency's database found; only who is named for it may."""
    require(actor, KEEP, actor.region)
    _require_named(actor, Duty.Kind.DATABASE)
    on = day or timezone.localdate()
    if not result.strip() or on > timezone.localdate():
        raise BusinessError("registers.log_items")
    with declared(actor.context("登记数据库检查")):
        return DatabaseCheck.objects.create(
            agency=actor.agency,
            region_id=actor.region,
            day=on,
            good=good,
            result=result,
            operator=actor.operator,
            at=timezone.now(),
        )


def database_checks(actor: Actor) -> QuerySet[DatabaseCheck]:
    """Return the checks that ``actor`` may see."""
    return _seen(actor, DatabaseCheck)


def database_checks_due(actor: Actor) -> list[Missing]:
    """Return the agencies whose database should have been checked by now, and on which day at the latest."""
    found: dict[str, dt.date] = {}
    duties = list(_duties(actor, Duty.Kind.DATABASE).filter(in_force()))
    checks = DatabaseCheck.objects.filter(agency__in=[one.agency.number for one in duties])
    checked = dict(checks.values_list("agency").annotate(Max("day")))
    for duty in duties:
        before = duty.valid_from - dt.timedelta(days=1)
        due = max(checked.get(duty.agency.number, before), before) + dt.timedelta(days=duty.every_days)
        if due < timezone.localdate():
            found[duty.agency.number] = min(due, found.get(duty.agency.number, due))
    return [Missing(agency, day) for agency, day in sorted(found.items())]


def centres(actor: Actor) -> dict[str, Duty]:
    """Return by number the agencies that keep a database, as far as ``actor`` sees, with the oldest duty of each."""
    found: dict[str, Duty] = {}
    for duty in _duties(actor, Duty.Kind.DATABASE).filter(in_force()).order_by("valid_from"):
        found.setdefault(duty.agency.number, duty)
    return found


def keeper() -> Agency | None:
    """Return the agency whose installation this is: which answers longest for a database, else the topmost."""
    kept = Duty.objects.select_related("agency__region").filter(in_force(), kind=Duty.Kind.DATABASE)
    duty = kept.order_by("valid_from", "pk").first()
    topmost = Agency.objects.select_related("region").order_by("region__level", "pk")
    return duty.agency if duty else topmost.first()


def _duties(actor: Actor, kind: str) -> QuerySet[Duty]:
    return _seen(actor, Duty).select_related("agency").filter(kind=kind)


def _seen(actor: Actor, model: type[M]) -> QuerySet[M]:
    return Scope(actor, QUERY).filter(model._default_manager.all())


def _require_named(actor: Actor, kind: Duty.Kind) -> None:
    own = Duty.objects.filter(in_force(), agency__number=actor.agency, operator__number=actor.operator, kind=kind)
    if not own.exists():
        raise BusinessError("registers.not_named", duty=kind.label)


def _days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    for at in range((last - first).days + 1):
        yield first + dt.timedelta(days=at)
