"""Background work: started, looked at, cancelled, tried again."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Status

from renshe.channels.api.calling import actor_of
from renshe.channels.api.declaring import answers
from renshe.channels.api.paging import Key, Limit, paged
from renshe.channels.api.schemas import JobOut, Page, StartJob
from renshe.core.jobs import services
from renshe.core.jobs.selectors import job_get, jobs_of

router = Router(tags=["后台任务"])


@router.get("/jobs", response=answers(Page[JobOut]), summary="后台任务")
def jobs(request: HttpRequest, after: Key | None = None, limit: Limit = 50) -> object:
    """Return the caller's jobs, and those that the caller may look at, newest first."""
    return paged(jobs_of(actor_of(request)), after, limit)


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
