"""What ``renshe check`` finds in what the rooms keep: cases, backups, seals, papers, plans.

Rule (002 七; S0-48, S2-57, S2-58): a backup counts once it was proved, plans are drilled, the journal is sealed and
told elsewhere; a case whose type the program does not know any more cannot go on.

Invariant: nothing is changed; nobody is asked for a right, for whoever runs the command has the machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils import timezone

from renshe.core.casework.selectors import undeclared
from renshe.core.filing.models import Alarm
from renshe.core.org.validity import in_force
from renshe.core.registers.alarms import REWRITTEN, of_journal
from renshe.core.registers.archives import every_days
from renshe.core.registers.backups import counting
from renshe.core.registers.models import Backup, Plan
from renshe.core.registers.plans import not_drilled
from renshe.core.registers.running import keeper

_NO_PLACE = "没有设置"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, and its remedy. ``forbids``: the installation must not work like this."""

    what: str
    remedy: str
    forbids: bool = True


def operating(folder: Path, *, deploy: bool) -> Iterator[Finding]:
    """Yield what is not as it should be; ``deploy``: also what only regular operation owes."""
    for name, version, count in undeclared():
        yield Finding(
            f"有 {count} 笔业务属于“{name}”第 {version} 版，本程序已没有这一版",
            "装回声明了它的程序，办完或撤回后再升级",
        )
    if papers := Alarm.objects.filter(cleared_at=None).count():
        yield Finding(f"有 {papers} 份材料丢失或被改动", "查看告警，从备份恢复后重新检查材料", forbids=False)
    for one in of_journal(folder):
        if one.kind == REWRITTEN:
            yield Finding(one.told, "立即报告信息系统负责人，保留现场，运行 renshe journal verify")
            continue
        # That none is set only regular operation minds.
        if deploy or not one.told.startswith(_NO_PLACE):
            yield Finding(one.told, "查看后台任务是否运行、存放处是否可写，再运行 renshe journal seal", forbids=False)
    for due in not_drilled(Plan.objects.select_related("agency").filter(in_force())):
        yield Finding(f"预案“{due.plan.name}”应在 {due.due} 前演练", "按预案演练并登记", forbids=False)
    if deploy:
        yield from _place(folder)
        yield from _backup()


def _place(folder: Path) -> Iterator[Finding]:
    """Where the nightly backup goes is there, and is no part of the disk that it is to outlive."""
    told = os.environ.get("RENSHE_BACKUP_PLACE")
    place = Path(told) if told else folder
    if not place.is_dir():
        yield Finding(f"备份存放处 {place} 不存在", "挂载它，或改正 RENSHE_BACKUP_PLACE")
    elif place.stat().st_dev == folder.stat().st_dev:
        remedy = "把 RENSHE_BACKUP_PLACE 设为另一台机器或另一块磁盘上的文件夹"
        yield Finding("备份与业务数据在同一块磁盘上", remedy, forbids=False)


def _backup() -> Iterator[Finding]:
    agency = keeper()
    if agency is None:
        return
    last = Backup.objects.filter(counting()).order_by("-at").first()
    if last is None:
        yield Finding("没有一份经过恢复验证的备份", "运行 renshe backup，再运行 renshe verify-backup", forbids=False)
        return
    days = (timezone.localdate() - timezone.localdate(last.at)).days
    if days > every_days(agency):
        remedy = "查看后台任务“每日备份并验证”为何失败，运行 renshe backup 和 renshe verify-backup"
        yield Finding(f"上次有效备份在 {days} 天前（{timezone.localdate(last.at)}）", remedy, forbids=False)
