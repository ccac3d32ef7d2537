"""The clock: what is due is started, what was lost is found.

Rule (issue 5; S2-57): a kind with a schedule is due when its last run began before the last moment of its schedule.
So what a machine slept through is made up for, once.

Invariant: of each kind the system has one job waiting or running; a job whose worker is dead is begun anew or failed.
"""

from __future__ import annotations

import datetime as dt

from croniter import croniter
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from renshe.core.jobs.declaring import JobKind, job_kinds
from renshe.core.jobs.models import SYSTEM, Job, State
from renshe.core.jobs.services import enqueue
from renshe.core.org.models import Region

DEAD_AFTER = 60
"""Seconds without a heartbeat after which a worker is taken for dead; it beats every 10."""

_KILLED = "执行任务的进程中断，没有完成；请确认结果后重试"


def tick() -> None:
    """Find lost jobs, then start what is due."""
    recover()
    for kind in job_kinds():
        if kind.schedule is not None and _due(kind, timezone.localtime()):
            _start(kind)


def _due(kind: JobKind, now: dt.datetime) -> bool:
    last = Job.objects.filter(name=kind.name, operator=SYSTEM).order_by("-created_at").first()
    if last is None:
        return True
    if last.state in (State.WAITING, State.RUNNING):
        return False
    moment: dt.datetime = croniter(kind.schedule, now).get_prev(dt.datetime)
    return last.created_at < moment


def _start(kind: JobKind) -> None:
    top = Region.objects.filter(parent=None, valid_to=None).order_by("pk").first()
    try:
        with transaction.atomic():
            enqueue(
                Job.objects.create(
                    operator=SYSTEM, region=top, name=kind.name, label=kind.label, allowed=kind.retry + 1
                )
            )
    except IntegrityError:
        # Another worker looked at the same clock.
        return


def recover(dead_after: int = DEAD_AFTER) -> list[int]:
    """Begin jobs anew whose worker is dead, or fail them; return their numbers."""
    with transaction.atomic(), connection.cursor() as cursor:
        # In whichever order the queue was left: a row that nobody works on, or whose worker is silent or gone.
        cursor.execute(
            "SELECT j.id, (j.args ->> 'job')::bigint FROM procrastinate_jobs j"
            " LEFT JOIN procrastinate_workers w ON w.id = j.worker_id"
            " WHERE j.status = 'doing' AND coalesce(w.last_heartbeat < now() - make_interval(secs => %s), true)"
            " FOR UPDATE OF j SKIP LOCKED",
            [dead_after],
        )
        found = cursor.fetchall()
        for queued, number in found:
            cursor.execute("SELECT procrastinate_finish_job_v1(%s, 'failed', true)", [queued])
            if number is not None:
                _revive(number)
        return [number for _, number in found if number is not None]


def _revive(number: int) -> None:
    job = Job.objects.select_for_update().filter(pk=number, state__in=(State.WAITING, State.RUNNING)).first()
    if job is None:
        return
    if job.state == State.RUNNING and job.cancel_asked:
        job.state, job.ended_at, job.cancel_asked = State.CANCELLED, timezone.now(), False
    elif job.state == State.WAITING or job.attempts < job.allowed:
        job.state = State.WAITING
        enqueue(job)
    else:
        job.state, job.error, job.ended_at = State.FAILED, _KILLED, timezone.now()
    job.save()
