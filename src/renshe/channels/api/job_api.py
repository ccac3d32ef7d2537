"""Background work: started, looked at, cancelled, tried again."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from renshe.channels.api.calling import actor_of
from renshe.channels.api.declaring import answers
from renshe.channels.api.schemas import JobOut, Page, StartJob
from renshe.core.jobs import services
from renshe.core.jobs.selectors import job_get, jobs_of

router = Router(tags=["后台任务"])
Key = Annotated[int, Field(ge=1, le=2**63 - 1)]


@router.get("/jobs", response=answers(Page[JobOut]), summary="后台任务")
def jobs(request: HttpRequest, after: Key | None = None, limit: Annotated[int, Field(ge=1, le=200)] = 50) -> object:
    """Return the caller's jobs, and those that the caller may look at, newest first."""
    found = jobs_of(actor_of(request))
    page = list((found.filter(pk__lt=after) if after else found)[: limit + 1])
    return {"items": page[:limit], "after": str(page[limit - 1].pk) if len(page) > limit else None}


@router.post("/jobs", response=answers(JobOut, 201), summary="启动任务")
def job_start(request: HttpRequest, told: StartJob) -> object:
    """Start a job."""
    actor = actor_of(request)
    return Status(201, services.job_start(actor=actor, name=told.name, region=told.region, arguments=told.arguments))


@router.get("/jobs/{job}", response=answers(JobOut), summary="任务进展")
def job_inspect(request: HttpRequest, job: Key) -> object:
    """Return one job."""
    return job_get(actor=actor_of(request), job=job)


@router.post("/jobs/{job}/cancellation", response=answers(JobOut), summary="取消任务")
def job_cancel(request: HttpRequest, job: Key) -> object:
    """Cancel a job."""
    return services.job_cancel(actor=actor_of(request), job=job)


@router.post("/jobs/{job}/retrial", response=answers(JobOut), summary="重试任务")
def job_retry(request: HttpRequest, job: Key) -> object:
    """Let a job that failed begin anew."""
    return services.job_retry(actor=actor_of(request), job=job)
