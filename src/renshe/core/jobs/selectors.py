"""Jobs as people find them.

Rule (issue 5): each is visible to its owner; besides, to who may look at the jobs of its region. The system's own jobs
belong to the topmost region.

Invariant: what is out of scope looks like nothing.
"""

from __future__ import annotations

from django.db.models import QuerySet

from renshe.core.errors import BusinessError
from renshe.core.jobs.models import Job
from renshe.core.org.actor import Actor
from renshe.core.org.operations import Operation, declare
from renshe.core.org.scope import Scope

QUERY = "job.query"
declare(Operation(QUERY, "查询后台任务", "query"))


def jobs_of(actor: Actor) -> QuerySet[Job]:
    """Return the actor's own jobs and those of regions in which the actor may look at jobs, the newest first."""
    seen = Scope(actor, QUERY).filter(Job.objects.all()) | Job.objects.filter(operator=actor.operator)
    return seen.order_by("-pk")


def job_get(*, actor: Actor, job: int) -> Job:
    """Return one job; BusinessError where there is none, or none that the actor may look at."""
    found = jobs_of(actor).filter(pk=job).first() if isinstance(job, int) and abs(job) < 2**63 else None
    if found is None:
        raise BusinessError("job.not_there", job=job)
    return found
