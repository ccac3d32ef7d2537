"""Plans for the bad day, and whether they were tried.

Rule (S0-47 数据的容灾工作, S0-48 制定预案,反复设想, S0-49 灾难性后果): a plan has an owner, what starts it, its steps
and a period in which it is drilled; one at least is for the loss of the whole main database. A restore drill says in
how many minutes it must be done, on another machine, and how many it took.

Invariant: a plan whose last good drill is older than its period is listed, whoever forgot it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor
from renshe.core.org.models import Agency, Operator
from renshe.core.org.rights import require
from renshe.core.org.scope import Scope
from renshe.core.org.validity import in_force
from renshe.core.registers.models import Drill, Plan
from renshe.core.registers.operating import KEEP, QUERY
from renshe.core.registers.running import centres


@dataclass(frozen=True, slots=True)
class DrillDue:
    """A plan without a good drill in its period."""

    plan: Plan
    last: dt.date | None
    due: dt.date


def plan_register(
    *,
    actor: Actor,
    agency: Agency,
    name: str,
    owner: Operator,
    trigger: str,
    steps: Sequence[str],
    period_days: int,
    total_loss: bool = False,
) -> Plan:
    """Return a new plan of ``agency``, from today."""
    require(actor, KEEP, agency.region)
    told = (name, trigger, *steps)
    whole = bool(steps) and all(text.strip() for text in told)
    if not whole or not 0 < period_days <= 3660 or owner.agency_id != agency.pk:
        raise BusinessError("registers.plan_terms")
    with declared(actor.context("登记应急预案")):
        return Plan.objects.create(
            agency=agency,
            name=name,
            total_loss=total_loss,
            owner=owner,
            trigger=trigger,
            steps=list(steps),
            period_days=period_days,
            valid_from=timezone.localdate(),
        )


def plan_end(*, actor: Actor, plan: Plan, reason: str) -> None:
    """Let ``plan`` end today: what is to be done otherwise is another plan."""
    require(actor, KEEP, plan.agency.region)
    if not reason.strip():
        raise BusinessError("org.reason_missing")
    with declared(actor.context(f"终止应急预案：{reason}")):
        Plan.objects.filter(pk=plan.pk, valid_until=None).update(valid_until=timezone.localdate())


def drill_record(
    *,
    actor: Actor,
    plan: Plan,
    day: dt.date,
    machine: str,
    stated_minutes: int,
    took_minutes: int,
    good: bool,
    report: str,
) -> Drill:
    """Write down how a drill of ``plan`` went."""
    require(actor, KEEP, plan.agency.region)
    late = (good and took_minutes > stated_minutes) or min(stated_minutes, took_minutes) < 0
    if late or not machine.strip() or not report.strip() or day > timezone.localdate():
        raise BusinessError("registers.drill_terms")
    with declared(actor.context("登记应急演练")):
        return Drill.objects.create(
            plan=plan,
            day=day,
            machine=machine,
            stated_minutes=stated_minutes,
            took_minutes=took_minutes,
            good=good,
            report=report,
            by=actor.operator,
            at=timezone.now(),
        )


def plans(actor: Actor) -> QuerySet[Plan]:
    """Return the plans in force that ``actor`` may see."""
    return Scope(actor, QUERY).filter(Plan.objects.select_related("agency", "owner")).filter(in_force())


def plan_get(*, actor: Actor, plan: int) -> Plan:
    """Return one plan in force; BusinessError where there is none that ``actor`` may see."""
    found = plans(actor).filter(pk=plan).first()
    if found is None:
        raise BusinessError("registers.not_there", number=plan)
    return found


def drills_due(actor: Actor) -> list[DrillDue]:
    """Return the plans that ``actor`` sees and that were not drilled in their period."""
    return not_drilled(plans(actor))


def not_drilled(of: QuerySet[Plan]) -> list[DrillDue]:
    """Return those of the plans in force that had no good drill in their period."""
    found = []
    for plan in of.annotate(drilled=Max("drills__day", filter=Q(drills__good=True))).order_by("pk"):
        last = plan.drilled
        due = (last or plan.valid_from) + dt.timedelta(days=plan.period_days)
        if due < timezone.localdate():
            found.append(DrillDue(plan, last, due))
    return found


def without_plan_for_total_loss(actor: Actor) -> list[str]:
    """Return the numbers of agencies that keep a database and have no plan for its loss."""
    prepared = Plan.objects.filter(in_force(), total_loss=True).values_list("agency__number", flat=True)
    return sorted(set(centres(actor)) - set(prepared))
