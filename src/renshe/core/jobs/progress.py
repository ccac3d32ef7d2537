"""What a job is told and tells while it runs.

Rule (issue 5): whoever started a job sees how far it is and may cancel it; that takes effect between two steps.

Invariant: a run that was given up – cancelled, stopped with its worker, or taken for dead and begun anew – ends at its
next step and says nothing more of the job.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from django.db import transaction

from renshe.core.jobs.models import SYSTEM, Job, State
from renshe.core.journal.context import Context
from renshe.core.org.actor import Actor

_EVERY = 0.5
"""Seconds between two looks at the job's row, or steps of a microsecond would cost more than the work."""


class Cancelled(BaseException):
    """The job was cancelled. No Exception: what a job catches for itself must not swallow it."""


class Interrupted(BaseException):
    """The worker stops; the job waits for the next one."""


class Superseded(BaseException):
    """This run was taken for dead, and another one has begun."""


class Progress:
    """``actor``: in whose name the job runs, made anew when it began; None for the system's own jobs."""

    def __init__(self, job: Job, actor: Actor | None, stopping: Callable[[], bool] = lambda: False) -> None:
        self.job = job
        self.actor = actor
        self._stopping = stopping
        self._looked = float("-inf")

    def context(self, reason: str, *, case: str | None = None, approval: str | None = None) -> Context:
        """Return what the journal is told of the job's changes."""
        if self.actor is None:
            return Context(SYSTEM, reason, case=case, approval=approval)
        return self.actor.context(reason, case, approval)

    def step(self, done: int, total: int | None = None, message: str = "") -> None:
        """Tell how far the job is, between two steps; here it ends if it is to end.

        Inside a transaction nothing is told, for nobody would see it before its end; the job still ends here.
        """
        if self._stopping():
            raise Interrupted
        last = total is not None and done >= total
        if monotonic() - self._looked < _EVERY and not last:
            return
        self._looked = monotonic()
        mine = Job.objects.filter(pk=self.job.pk, attempts=self.job.attempts, state=State.RUNNING)
        if not transaction.get_connection().in_atomic_block:
            mine.update(done=done, total=total, message=message)
        asked = mine.values_list("cancel_asked", flat=True).first()
        if asked is None:
            raise Superseded
        if asked:
            raise Cancelled
