"""What the registers are told by the clock: that the system is there, how full it is, that it was saved.

Rule (S3-33, S3-34; 002 七 (二)): every minute and every five minutes; a backup in the night as often as the data sets
ask, which is entered, brought back and proved.

Invariant: nobody has to remember it; a backup that could not be brought back fails the job, so that it is seen.
"""

from __future__ import annotations

from django.utils import timezone

from renshe.core.database.home import home
from renshe.core.errors import BusinessError
from renshe.core.jobs.declaring import job
from renshe.core.jobs.progress import Progress
from renshe.core.registers.archives import nightly, nightly_due
from renshe.core.registers.capacity import capacity_take, heartbeat
from renshe.core.registers.running import keeper


@job("registers.heartbeat", "运行心跳", schedule="* * * * *")
def beat(progress: Progress) -> None:
    """Say that background work is there."""
    heartbeat("worker")


@job("registers.capacity", "机器容量采样", schedule="*/5 * * * *")
def sample(progress: Progress) -> None:
    """Sample the machine."""
    agency = keeper()
    if agency is not None:
        capacity_take(agency=agency, folder=home())


@job("registers.backup", "每日备份并验证", schedule="0 1 * * *", retry=2)
def backup(progress: Progress) -> None:
    """Save the bureau if it is due, and prove it."""
    agency = keeper()
    if agency is None or not nightly_due(agency, timezone.localdate()):
        progress.step(0, 0, "今日不需备份")
        return
    proof = nightly(home(), agency)
    if not proof.good:
        raise BusinessError("registers.backup_failed", why=proof.how)
    progress.step(1, 1, f"已备份并验证：{proof.backup.place}")
