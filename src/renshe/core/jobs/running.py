"""The worker: takes jobs out of the queue, runs them, keeps the clock, finds what was lost.

Rule (issue 5): a job runs in its owner's name, made anew when it begins: who has left meanwhile starts nothing. A run
that dies with its worker is found by its missing heartbeat and begun anew, or failed where the kind allows no further
attempt.

Invariant: a job ends once, told by the run that began it last; nothing that was committed to the queue is lost.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable

from django.db import DatabaseError, connections, transaction
from django.utils import timezone
from procrastinate import App, JobContext
from procrastinate.contrib.django.utils import connector_params
from procrastinate.job_context import AbortReason
from procrastinate.psycopg_connector import PsycopgConnector

from renshe.core.errors import BusinessError
from renshe.core.jobs.declaring import find_job
from renshe.core.jobs.models import SYSTEM, Job, State
from renshe.core.jobs.progress import Cancelled, Interrupted, Progress, Superseded
from renshe.core.jobs.schedule import tick
from renshe.core.jobs.services import RUN, enqueue
from renshe.core.org.actor import Actor, actor_standing

log = logging.getLogger(__name__)

_AT_ONCE = 4
_GRACE = 10.0
"""Seconds that jobs get to finish when the worker is told to stop, before they end at their next step."""


def work(*, wait: bool = True, clock: bool = True) -> None:
    """Run jobs until SIGTERM or SIGINT comes; ``wait`` False: until the queue is empty; ``clock`` False: only what
    people started."""
    queue = App(connector=PsycopgConnector(kwargs=connector_params("default"), min_size=1, max_size=_AT_ONCE))
    queue.task(name=RUN, pass_context=True)(_run)
    if clock:
        # A tick that was missed is not made up for: the next one looks back as far as it must.
        queue.periodic(cron="* * * * *")(queue.task(name="job.tick", queueing_lock="job.tick")(_tick))

    async def run() -> None:
        async with queue.open_async():
            await queue.run_worker_async(
                wait=wait,
                concurrency=_AT_ONCE,
                listen_notify=wait,
                delete_jobs="always",
                shutdown_graceful_timeout=_GRACE,
                install_signal_handlers=wait,
            )

    asyncio.run(run())


def _tick(timestamp: int) -> None:
    try:
        tick()
    finally:
        connections.close_all()


def _run(context: JobContext, job: int) -> None:
    try:
        run(job, stopping=lambda: context.abort_reason() == AbortReason.SHUTDOWN)
    finally:
        # The thread goes back to others, who have no use for an open connection.
        connections.close_all()


def run(number: int, *, stopping: Callable[[], bool] = lambda: False) -> None:
    """Run one job, unless it was cancelled meanwhile, and say how it ended; ``stopping``: whether its worker stops."""
    job = _begin(number)
    if job is None:
        return
    try:
        find_job(job.name).work(Progress(job, _owner(job), stopping), **job.arguments)
    except Superseded:
        log.warning("job %s was begun anew elsewhere", number)
    except Cancelled:
        _end(job, State.CANCELLED)
    except Interrupted:
        _again(job, timezone.now(), counted=False)
    except BusinessError as refused:
        _end(job, State.FAILED, str(refused))
    except Exception as fault:
        log.exception("job %s (%s) failed", number, job.name)
        if job.attempts < job.allowed:
            _again(job, timezone.now() + dt.timedelta(seconds=10 * 2 ** (job.attempts - 1)))
        else:
            _end(job, State.FAILED, told(fault, number))
    else:
        _end(job, State.DONE)


def told(fault: Exception, number: int) -> str:
    """Return in words why a job failed: the database's own refusals (RS…) in theirs, of all else nothing internal."""
    code = getattr(fault.__cause__, "sqlstate", None) if isinstance(fault, DatabaseError) else None
    if code and code.startswith("RS"):
        return str(fault).partition("\n")[0]
    return f"程序出错，没有完成；请将任务编号 {number} 告知信息管理人员"


def _begin(number: int) -> Job | None:
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(pk=number, state=State.WAITING).first()
        if job is None:
            return None
        job.state, job.attempts, job.started_at = State.RUNNING, job.attempts + 1, timezone.now()
        job.save(update_fields=["state", "attempts", "started_at"])
        return job


def _owner(job: Job) -> Actor | None:
    """Return in whose name the job runs; BusinessError where that person may act no longer."""
    if job.operator == SYSTEM:
        return None
    return actor_standing(job.operator, terminal=job.terminal)


def _end(job: Job, state: State, error: str | None = None) -> None:
    # Of a run that was taken for dead nothing counts any more.
    Job.objects.filter(pk=job.pk, attempts=job.attempts, state=State.RUNNING).update(
        state=state, error=error, ended_at=timezone.now(), cancel_asked=False
    )


def _again(job: Job, at: dt.datetime, *, counted: bool = True) -> None:
    """Let the job wait for another attempt."""
    with transaction.atomic():
        mine = Job.objects.select_for_update().filter(pk=job.pk, attempts=job.attempts, state=State.RUNNING).first()
        if mine is None:
            return
        if mine.cancel_asked:
            _end(job, State.CANCELLED)
            return
        mine.state, mine.allowed = State.WAITING, mine.allowed + (not counted)
        mine.save(update_fields=["state", "allowed"])
        enqueue(mine, at=at)
