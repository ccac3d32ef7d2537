"""Limits watched, day by day: who leads is told before one passes, and again when it has.

Rule (issue 5: escalation before a limit passes): each day, by the scheduler. A limit that was provisional, because the
calendar of its year was not published, is worked out anew.

What an applicant began and did not hand in for 90 days, nobody needs: it ends.

Invariant: told once for each limit and kind, however often this runs.
"""

from __future__ import annotations

import datetime as dt

from django.db.models import F, QuerySet
from django.utils import timezone

from renshe.core.casework.applying import withdrawn
from renshe.core.casework.deadlines import due_on, rests
from renshe.core.casework.delegating import LEAD
from renshe.core.casework.models import UNFINISHED, Case, Reminder, State
from renshe.core.casework.types import find_type
from renshe.core.journal.context import Context, declared
from renshe.core.org.actor import Actor
from renshe.core.org.scope import Scope
from renshe.standards.workdays import add_workdays

NEAR = 3
"""Working days before a limit at which who leads is told."""

KEPT = 90
"""Days for which what was begun by an applicant waits to be handed in."""

_LAPSED = Context(operator="system", reason=f"申请草稿 {KEPT} 天未提交，自动终止")
_SYSTEM = Context(operator="system", reason="办理期限预警")


def remind(today: dt.date | None = None) -> int:
    """Tell of every case whose limit is near or has passed; return how many were told of."""
    day = today or timezone.localdate()
    near = add_workdays(day, NEAR, provisional=True)
    with declared(_SYSTEM):
        _settle(day)
        before = Reminder.objects.count()
        due = Case.objects.filter(state__in=UNFINISHED, due_on__lte=near)
        Reminder.objects.bulk_create(
            [
                Reminder(case_id=pk, kind="late" if limit < day else "near", due_on=limit)
                for pk, limit in due.values_list("pk", "due_on")
                if limit is not None
            ],
            ignore_conflicts=True,
        )
        return Reminder.objects.count() - before


def reminders(actor: Actor) -> QuerySet[Reminder]:
    """Return what ``actor``, who leads there, is told of and is still so, the most urgent first."""
    told = Reminder.objects.select_related("case").filter(case__state__in=UNFINISHED, due_on=F("case__due_on"))
    return Scope(actor, LEAD).filter(told).order_by("due_on", "kind", "pk")


def lapse(today: dt.date | None = None) -> int:
    """End what applicants left lying before they handed it in; return how many there were."""
    before = (today or timezone.localdate()) - dt.timedelta(days=KEPT)
    left = Case.objects.filter(state=State.DRAFT, applicant__isnull=False, maker=None, started_at__date__lt=before)
    with declared(_LAPSED):
        return len([withdrawn(case) for case in left.select_for_update()])


def _settle(day: dt.date) -> None:
    """Work out anew the limits that lie in another year than today."""
    far = Case.objects.select_for_update().filter(state=State.OPEN, due_on__year__gt=day.year)
    for case in far:
        assert case.submitted_at is not None
        kind = find_type(case.type, case.version)
        found = due_on(timezone.localdate(case.submitted_at), case.terms.get("workdays", kind.workdays), rests(case))
        if found != case.due_on:
            Case.objects.filter(pk=case.pk).update(due_on=found)
