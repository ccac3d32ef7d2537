"""What is kept of jobs.

Rule (issue 5): each job is seen by its owner, with its progress and, in words, why it failed. What a job changes in
business data is journalled in its owner's name; the job's own row is the record of the job, and no business data.

Invariant (held by the database, migration 0002): who started a job, where, which one and with what never changes; a row
goes only after its job has ended.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from renshe.core.org.models import Region

SYSTEM = "system"
"""The operator in whose name scheduled jobs run."""


class State(models.TextChoices):
    """Where a job stands."""

    WAITING = "waiting", "等待"
    RUNNING = "running", "执行中"
    DONE = "done", "完成"
    FAILED = "failed", "失败"
    CANCELLED = "cancelled", "已取消"


class Job(models.Model):
    """One run of a kind. ``attempts``: how often it was begun, which also tells one run from another; ``allowed``: up
    to how many attempts it may be begun; ``cancel_asked``: it ends at its next step."""

    scope_region = "region"

    operator = models.TextField("所有人")
    agency = models.TextField("机构", null=True)
    terminal = models.TextField("终端", null=True)
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="地区", null=True, related_name="+")
    name = models.TextField("任务")
    label = models.TextField("名称")
    arguments = models.JSONField("参数", default=dict)
    state = models.TextField("状态", choices=State, default=State.WAITING)
    done = models.BigIntegerField("已完成", default=0)
    total = models.BigIntegerField("总数", null=True)
    message = models.TextField("进展", default="")
    error = models.TextField("失败原因", null=True)
    attempts = models.IntegerField("次数", default=0)
    allowed = models.IntegerField("允许次数", default=1)
    cancel_asked = models.BooleanField("要求取消", default=False)
    created_at = models.DateTimeField("提交时间", auto_now_add=True)
    started_at = models.DateTimeField("开始时间", null=True)
    ended_at = models.DateTimeField("结束时间", null=True)

    class Meta:
        db_table = "jobs_job"
        verbose_name = "后台任务"
        indexes = [
            models.Index(fields=["operator", "-created_at"], name="jobs_job_operator"),
            models.Index(fields=["name", "-created_at"], name="jobs_job_name"),
        ]
        constraints = [
            # What runs by a schedule does not pile up, however many look at the clock.
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(operator=SYSTEM, state__in=("waiting", "running")),
                name="jobs_job_one_by_schedule",
            ),
        ]
