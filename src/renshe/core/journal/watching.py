"""Which tables are journalled: every one of every app, but for those that are named here with the reason.

Invariant: a new model is journalled by the next ``renshe migrate``; nobody has to remember it.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import models

from renshe.core.journal.triggers import Watched

EXEMPT = {
    "journal_entry": "日志本身，只能追加",
    "journal_block": "日志封条，只能追加",
    "org_session": "登录会话的运行状态，登录和退出各有时间，登录日志即是此表",
    "org_signinfailure": "登录失败记录，本身就是日志",
    "org_credential": "密码散列和动态口令密钥不得写入日志；更改凭据时由触发器在操作人表留下时间，写入日志",
    "api_answer": "重复请求的答复，三天后删除；办理的内容另有日志",
    "portal_secret": "密码和一次性口令的散列不得写入日志；更改时由触发器在账户表留下时间，写入日志",
    "portal_session": "网上登录会话的运行状态，登录和退出各有时间，登录日志即是此表",
    "portal_failure": "网上登录失败记录，本身就是日志",
    "exchange_record": "随批次而定；批次写日志，数据包和答复按摘要留存",
    "exchange_returned": "随答复而定；答复的数据包按摘要留存",
    "exchange_secret": "私钥不得写入日志；密钥本身写日志",
    "filing_counter": "编号的计数；编号本身在业务和文书中",
    "jobs_job": "后台任务的运行状态，本身就是任务的记录；任务所改的业务数据都写日志",
    "procrastinate_jobs": "任务队列的运行状态",
    "procrastinate_events": "任务队列的运行状态",
    "procrastinate_periodic_defers": "任务队列的运行状态",
    "procrastinate_workers": "任务队列的运行状态",
    "registers_capacitysample": "机器运行数据，每分钟一行，不是业务数据",
    "registers_heartbeat": "服务运行状态，每分钟一行，不是业务数据",
    "django_migrations": "表结构的变更，由安装程序写",
}
"""Tables that are not journalled, and why."""


def watched() -> list[Watched]:
    """Return all tables that are journalled, in the order of their names.

    A model says with ``journal_person`` and ``journal_unit`` which of its columns name whom a row is about, with
    ``scope_region`` which region it belongs to (the first, where it names several: whose people they are), and with
    ``journal_keeps`` what of it stays as it was written.
    """
    found = {model._meta.db_table: _watched(model) for model in apps.get_models() if model._meta.managed}
    return [found[table] for table in sorted(found) if table not in EXEMPT]


def _watched(model: type[models.Model]) -> Watched:
    key = model._meta.pk
    if key.column is None:
        raise TypeError(f"{model.__name__}: a key of several columns is not journalled")
    return Watched(
        model._meta.db_table,
        key.column,
        person=getattr(model, "journal_person", None),
        unit=getattr(model, "journal_unit", None),
        region=_region(model),
        keeps=getattr(model, "journal_keeps", None),
    )


def _region(model: type[models.Model]) -> tuple[str, *tuple[tuple[str, str, str], ...]] | None:
    """Return the way from a row to its region; None where the model names none, or one that is not the row's own."""
    told = getattr(model, "scope_region", None)
    if not told:
        return None
    at: Any = model
    way: list[Any] = []
    for step in (told if isinstance(told, str) else told[0]).split("__"):
        field = at._meta.pk if step == "pk" else at._meta.get_field(step)
        if getattr(field, "column", None) is None:
            return None
        way.append((at._meta.db_table, at._meta.pk.column, field.column) if way else field.column)
        at = field.related_model
    return tuple(way)
