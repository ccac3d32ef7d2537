"""What is overdue, in one list: who answers for the system begins the day with it.

Rule (002 六, 七): missing logs, checks, backups, drills and clean-ups, open faults, an unsealed tail of the journal, a
second place that its chain does not reach, machines that are nearly full.

Invariant: an actor sees the alarms of his regions; those of the journal see all who may look at a register.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from django.utils import timezone

from renshe.core.journal.models import Block, Entry
from renshe.core.journal.telling import Places, contradictions, troubles
from renshe.core.org.actor import Actor
from renshe.core.org.rights import visible_regions
from renshe.core.registers.backups import backups_overdue
from renshe.core.registers.capacity import capacity_over
from renshe.core.registers.cleaning import clean_ups_due
from renshe.core.registers.monthly import change_logs_unchecked
from renshe.core.registers.operating import QUERY
from renshe.core.registers.plans import drills_due, without_plan_for_total_loss
from renshe.core.registers.running import database_checks_due, faults_open, running_log_missing
from renshe.standards.data_sets import data_sets

LOOK_BACK = dt.timedelta(days=31)
REWRITTEN = "seal_differs"
UNSEALED = dt.timedelta(days=1)
"""How old an entry may be that is not sealed."""

_HALVES = {1: "上半年", 2: "下半年"}
_RESOURCES = {"cpu": "处理器", "storage": "存储", "connections": "数据库连接"}


@dataclass(frozen=True, slots=True)
class Alarm:
    """``kind``: what it is about; ``told``: in Chinese; ``agency``: whose (None: the installation's)."""

    kind: str
    told: str
    agency: str | None = None
    since: dt.date | None = None


def alarms(actor: Actor, *, home: Path) -> list[Alarm]:
    """Return what is overdue as far as ``actor`` sees; ``home``: the folder of this installation."""
    if not visible_regions(actor, QUERY).exists():
        return []
    return [*_of_days(actor), *_of_safety(actor), *_of_work(actor), *of_journal(home)]


def _of_days(actor: Actor) -> list[Alarm]:
    first = timezone.localdate() - LOOK_BACK
    return [
        *(
            Alarm("running_log", f"缺 {one.day} 的网络运行日志", one.agency, one.day)
            for one in running_log_missing(actor, first=first)
        ),
        *(
            Alarm("database_check", f"数据库应在 {one.day} 前检查", one.agency, one.day)
            for one in database_checks_due(actor)
        ),
        *(
            Alarm("fault", f"故障未排除：{one.what}", one.agency, timezone.localdate(one.found_at))
            for one in faults_open(actor)
        ),
        *(
            Alarm("capacity", f"{_RESOURCES[one.what]}已用 {one.percent:.0f}%", one.agency, timezone.localdate(one.at))
            for one in capacity_over(actor)
        ),
    ]


def _of_safety(actor: Actor) -> list[Alarm]:
    found = [
        Alarm(
            "backup",
            f"“{data_sets()[one.data_set].label}”" + (f"上次有效备份在 {one.last}" if one.last else "没有有效备份"),
            one.agency,
            one.due,
        )
        for one in backups_overdue(actor)
    ]
    found += [
        Alarm("drill", f"预案“{one.plan.name}”应在 {one.due} 前演练", one.plan.agency.number, one.due)
        for one in drills_due(actor)
    ]
    return found + [
        Alarm("plan", "没有主数据库全部丢失的预案", agency) for agency in without_plan_for_total_loss(actor)
    ]


def _of_work(actor: Actor) -> list[Alarm]:
    return [
        *(
            Alarm("clean_up", f"未做 {year} 年{_HALVES[half]}的数据清理", agency)
            for agency, year, half in clean_ups_due(actor)
        ),
        *(
            Alarm("change_log", f"{month[:4]} 年 {month[4:]} 月的业务数据修改日志表未核对", actor.agency)
            for _, month in change_logs_unchecked(actor)
        ),
    ]


def of_journal(home: Path) -> list[Alarm]:
    """Return what is wrong with the journal's seals: the installation's, not any actor's."""
    last = Block.objects.order_by("-number").first()
    tail = Entry.objects.filter(id__gt=last.ids[-1] if last else 0).order_by("id").first()
    found = []
    if tail is not None and timezone.now() - tail.at > UNSEALED:
        found.append(Alarm("unsealed", f"日志自第 {tail.pk} 条起未封存", since=timezone.localdate(tail.at)))
    places = Places.of(home)
    if places.folder is None and places.command is None:
        found.append(Alarm("seal_place", "没有设置封条的另一存放处（RENSHE_SEAL_PLACE）"))

    def chain(number: int) -> bytes | None:
        found = Block.objects.filter(number=number).values_list("chain", flat=True).first()
        return None if found is None else bytes(found)

    found += [Alarm(REWRITTEN, f"日志与封条不符：{one}") for one in contradictions(chain, places)]
    for one in troubles(home):
        if one.differs:
            found.append(Alarm(REWRITTEN, f"{one.place} 的封条{one.why}"))
            continue
        since = dt.datetime.fromisoformat(one.since)
        found.append(Alarm("seal_place", f"封条未能写到 {one.place}：{one.why}", since=timezone.localdate(since)))
    return found
