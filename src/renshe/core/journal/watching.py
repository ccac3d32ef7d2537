"""Which tables are journalled: every one of every app, but for those that are named here with the reason.

Invariant: a new model is journalled by the next ``renshe migrate``; nobody has to remember it.
"""

from __future__ import annotations

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
    "filing_counter": "编号的计数；编号本身在业务和文书中",
    "jobs_job": "后台任务的运行状态，本身就是任务的记录；任务所改的业务数据都写日志",
    "procrastinate_jobs": "任务队列的运行状态",
    "procrastinate_events": "任务队列的运行状态",
    "procrastinate_periodic_defers": "任务队列的运行状态",
    "procrastinate_workers": "任务队列的运行状态",
    "django_migrations": "表结构的变更，由安装程序写",
}
"""Tables that are not journalled, and why."""


def watched() -> list[Watched]:
    """Return all tables that are journalled, in the order of their names.

    A model says with ``journal_person`` and ``journal_unit`` which of its columns name whom a row is about.
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
    )
