"""What the system does by itself for the rooms below, and for this one.

Rule (防止恶意篡改生产数据): the journal is sealed every five minutes in whole blocks, once a night to its last entry,
and its chain told to the second place each time. A place that is away fails nothing: it is an alarm, and caught up.

Invariant: nothing here changes business data.
"""

from __future__ import annotations

import datetime as dt

import psycopg
from django.db.models import Count, Q
from django.utils import timezone
from procrastinate.contrib.django.utils import connector_params

from renshe.core.database.home import home
from renshe.core.jobs.declaring import job
from renshe.core.jobs.models import SYSTEM, Job, State
from renshe.core.jobs.progress import Progress
from renshe.core.journal.telling import Places, seal_and_tell

_KEPT = dt.timedelta(days=30)
_OFTEN_KEPT = dt.timedelta(days=2)
"""How long jobs stay that went well and of which there are hundreds a day."""
_OFTEN = 100


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
        made, missed = seal_and_tell(connection, Places.of(home()), whole_only=whole_only)
    away = f"；{len(missed)} 处未能送达，恢复后补送" if missed else ""
    progress.step(len(made), len(made), f"封存 {len(made)} 个区块{away}")


@job("job.clean", "清理已结束的系统任务", schedule="10 3 * * *", retry=3)
def clean(progress: Progress) -> None:
    """Take out what is left of the system's own jobs after a month, of those that run all day after two days where
    they went well; those that people started stay."""
    own, now = Job.objects.filter(operator=SYSTEM), timezone.now()
    often = own.values("name").annotate(runs=Count("pk")).filter(runs__gt=_OFTEN).values("name")
    well = Q(ended_at__lt=now - _OFTEN_KEPT, state=State.DONE, name__in=often)
    ended = own.filter(Q(ended_at__lt=now - _KEPT) | well).exclude(state=State.RUNNING)
    # The newest of each kind tells the clock when it ran last.
    newest = Job.objects.filter(operator=SYSTEM).order_by("name", "-created_at").distinct("name").values("pk")
    count, _ = ended.exclude(pk__in=newest).delete()
    progress.step(count, count, f"清理 {count} 条")
