"""What people do with jobs: start, cancel, try again.

Rule (issue 5): a job is started by whom its operation is granted to in the region, and runs in that person's name. It
is queued in the transaction that asks for it: what is not committed never runs.

Invariant: only its owner, or who manages jobs in its region, stops a job or tries it again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from renshe.core.errors import BusinessError
from renshe.core.jobs.declaring import find_job
from renshe.core.jobs.models import Job, State
from renshe.core.jobs.selectors import job_get
from renshe.core.org.actor import Actor
from renshe.core.org.operations import Operation, declare
from renshe.core.org.rights import may, require

MANAGE = "job.manage"
declare(Operation(MANAGE, "管理后台任务", "admin"))

RUN = "job.run"
"""The one task that the queue knows; which job it is, its row says."""


def job_start(*, actor: Actor, name: str, region: str, arguments: Mapping[str, Any] | None = None) -> Job:
    """Start a job in ``region``; it begins when the transaction around is committed.

    Raises BusinessError where the kind is unknown, not for people to start, or takes other arguments.
    """
    kind = find_job(name)
    if kind.operation is None:
        raise BusinessError("job.by_schedule_only", job=kind.label)
    require(actor, kind.operation, region)
    told = dict(arguments or {})
    kind.check(told)
    with transaction.atomic():
        made = Job.objects.create(
            operator=actor.operator,
            agency=actor.agency,
            terminal=actor.terminal,
            region_id=region,
            name=kind.name,
            label=kind.label,
            arguments=told,
            allowed=kind.retry + 1,
        )
        enqueue(made)
    return made


def enqueue(job: Job, *, at: dt.datetime | None = None) -> None:
    """Put ``job`` into the queue, in the transaction around; ``at``: not before."""
    app.configure_task(RUN, schedule_at=at).defer(job=job.pk)


def job_cancel(*, actor: Actor, job: int) -> Job:
    """Cancel a job: at once while it waits, else at its next step."""
    with transaction.atomic():
        found = _held(actor, job)
        if found.state == State.WAITING:
            found.state, found.ended_at = State.CANCELLED, timezone.now()
        elif found.state == State.RUNNING:
            found.cancel_asked = True
        else:
            raise BusinessError("job.ended", job=found.label, state=State(found.state).label)
        found.save(update_fields=["state", "ended_at", "cancel_asked"])
        return found


def job_retry(*, actor: Actor, job: int) -> Job:
    """Let a job that failed or was cancelled begin anew, in its owner's name."""
    with transaction.atomic():
        found = _held(actor, job)
        if found.state not in (State.FAILED, State.CANCELLED):
            raise BusinessError("job.not_failed", job=found.label, state=State(found.state).label)
        kind = find_job(found.name)
        if kind.operation is not None and found.region_id is not None:
            require(actor, kind.operation, found.region_id)
        found.state, found.cancel_asked, found.error, found.ended_at = State.WAITING, False, None, None
        found.done, found.total, found.message = 0, None, ""
        found.allowed = found.attempts + kind.retry + 1
        found.save()
        enqueue(found)
        return found


def _held(actor: Actor, job: int) -> Job:
    """Return a job that the actor may steer, locked; BusinessError where there is none, or none to be seen."""
    found = job_get(actor=actor, job=job)
    if found.operator != actor.operator and not may(actor, MANAGE, found.region_id or ""):
        raise BusinessError("job.not_the_owner", job=found.label)
    return Job.objects.select_for_update().get(pk=found.pk)
