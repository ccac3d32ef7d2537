"""What the system does by itself for the rooms below, and for this one.

Rule (防止恶意篡改生产数据): the journal is sealed every five minutes in whole blocks, once a night to its last entry.

Invariant: nothing here changes business data.
"""

from __future__ import annotations

import datetime as dt

import psycopg
from django.utils import timezone
from procrastinate.contrib.django.utils import connector_params

from renshe.core.jobs.declaring import job
from renshe.core.jobs.models import SYSTEM, Job, State
from renshe.core.jobs.progress import Progress
from renshe.core.journal.sealing import seal

_KEPT = dt.timedelta(days=30)


@job("journal.seal", "封存日志区块", schedule="*/5 * * * *", retry=3)
def journal_seal(progress: Progress) -> None:
    """Seal the journal's full blocks."""
    _seal(progress, whole_only=True)


@job("journal.seal.tail", "封存当日日志", schedule="40 23 * * *", retry=3)
def journal_seal_tail(progress: Progress) -> None:
    """Seal the journal to its last entry."""
    _seal(progress, whole_only=False)


def _seal(progress: Progress, *, whole_only: bool) -> None:
    # A connection of its own: each block is committed before the next is made.
    with psycopg.connect(**connector_params("default"), autocommit=True) as connection:
        made = seal(connection, whole_only=whole_only)
    progress.step(len(made), len(made), f"封存 {len(made)} 个区块")


@job("job.clean", "清理已结束的系统任务", schedule="10 3 * * *", retry=3)
def clean(progress: Progress) -> None:
    """Take out what is left of the system's own jobs after a month; those that people started stay."""
    ended = Job.objects.filter(operator=SYSTEM, ended_at__lt=timezone.now() - _KEPT).exclude(state=State.RUNNING)
    # The newest of each kind tells the clock when it ran last.
    newest = Job.objects.filter(operator=SYSTEM).order_by("name", "-created_at").distinct("name").values("pk")
    count, _ = ended.exclude(pk__in=newest).delete()
    progress.step(count, count, f"清理 {count} 条")
