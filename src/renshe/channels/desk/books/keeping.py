"""Ledgers of who keeps the system running: daily logs, faults, checks, backups, plans, drills, duties.

Rule (002 六 (一), 七): the network's log has six items; a fault stays open until it is cleared; the database is checked
by who is named for it; a backup counts once it was restored; plans are drilled.
"""

from __future__ import annotations

from typing import Any

from renshe.channels.desk.books.items import AGENCY, FROM, LAST_DAY, OPERATOR, REASON, lines
from renshe.channels.naming import agency_named, operator_named
from renshe.core.casework.forms import Item
from renshe.core.org.actor import Actor
from renshe.core.pages.books import Book, Deed, book
from renshe.core.pages.choices import agencies, operators
from renshe.core.registers import backups, plans, running
from renshe.core.registers.models import Duty
from renshe.core.registers.operating import KEEP, NAME, QUERY

GROUP = "登记"


def _log(actor: Actor, row: Any, told: Any) -> Any:
    more = {**told, "new_faults": lines(told["new_faults"])}
    return running.running_log_enter(actor=actor, **more)


book(
    Book(
        "running-logs",
        "网络运行日志",
        GROUP,
        running.running_logs,
        ("day", "agency", "ports", "servers", "communications", "faults", "signed"),
        (QUERY,),
        ("operator", "at"),
        [
            Deed(
                "enter",
                "填写日志",
                _log,
                [
                    Item("day", "运行日期", type="date", required=True),
                    Item("ports", "各个端口运行状况", required=True, length=500),
                    Item("servers", "服务器工作状况", required=True, length=500),
                    Item("communications", "通信设备工作状况", required=True, length=500),
                    Item("faults", "故障处理排除情况", required=True, length=500),
                    Item("new_faults", "尚未排除的故障（用分号隔开）", length=500),
                ],
                KEEP,
            )
        ],
        "每天一份，签名为登录人；六项都要填写。",
    )
)

book(
    Book(
        "faults",
        "未排除的故障",
        GROUP,
        running.faults_open,
        ("found_at", "agency", "what", "found_by"),
        (QUERY,),
        deeds=[
            Deed(
                "report",
                "登记故障",
                lambda actor, row, told: running.fault_report(actor=actor, **told),
                [Item("what", "故障", required=True, length=500)],
                KEEP,
            ),
            Deed(
                "resolve",
                "登记排除情况",
                lambda actor, row, told: running.fault_resolve(actor=actor, fault=row, **told),
                [Item("resolution", "排除情况", required=True, length=500)],
                KEEP,
                rowed=True,
            ),
        ],
        oldest=True,
    )
)

book(
    Book(
        "database-checks",
        "数据库检查",
        GROUP,
        running.database_checks,
        ("day", "agency", "good", "result", "operator"),
        (QUERY,),
        ("at",),
        [
            Deed(
                "enter",
                "登记检查情况",
                lambda actor, row, told: running.database_check_enter(actor=actor, **told),
                [
                    Item("day", "检查日期（空白为今天）", type="date"),
                    Item("good", "是否正常", type="flag", required=True),
                    Item("result", "检查情况", required=True, length=500),
                ],
                KEEP,
            )
        ],
        "由指定的数据库管理人员填写。",
    )
)

book(
    Book(
        "duties",
        "责任人",
        GROUP,
        lambda actor: running.duties(actor).select_related("agency", "operator"),
        ("kind", "agency__name", "operator__name", "every_days", "valid_from", "valid_until"),
        (QUERY,),
        deeds=[
            Deed(
                "name",
                "指定责任人",
                lambda actor, row, told: _name(actor, told),
                [
                    AGENCY,
                    Item("kind", "职责", required=True, length=10),
                    OPERATOR,
                    Item("every_days", "检查间隔（天）", type="int", required=True),
                    FROM,
                ],
                NAME,
                choices={
                    "agency": agencies(NAME),
                    "operator": operators,
                    "kind": lambda actor: list(Duty.Kind.choices),
                },
            ),
            Deed(
                "end",
                "终止",
                lambda actor, row, told: running.duty_end(actor=actor, duty=row, **told),
                [LAST_DAY],
                NAME,
                rowed=True,
            ),
        ],
    )
)


def _name(actor: Actor, told: Any) -> Any:
    agency = agency_named(actor, NAME, told["agency"])
    operator = operator_named(agency, told["operator"])
    terms = {name: told[name] for name in ("kind", "every_days", "valid_from")}
    return running.duty_name(actor=actor, agency=agency, operator=operator, **terms)


def _proved(row: Any) -> str:
    proofs = list(row.proofs.all())
    return "未验证" if not proofs else "可用" if all(one.good for one in proofs) else "不可用"


book(
    Book(
        "backups",
        "备份登记",
        GROUP,
        lambda actor: backups.backups(actor).prefetch_related("proofs"),
        ("at", "agency", "data_set", "size", "place", ("验证", _proved)),
        (QUERY,),
        ("sha256", "last_block", "covers_from", "by"),
        note="每日自动备份并登记；经过恢复验证的才算一份备份。",
    )
)


def _plan(actor: Actor, told: Any) -> Any:
    agency = agency_named(actor, KEEP, told["agency"])
    owner = operator_named(agency, told["owner"])
    terms = {name: told[name] for name in ("name", "trigger", "period_days")}
    return plans.plan_register(
        actor=actor,
        agency=agency,
        owner=owner,
        steps=lines(told["steps"]),
        total_loss=bool(told["total_loss"]),
        **terms,
    )


def _drills(row: Any) -> str:
    last = max(row.drills.all(), key=lambda one: (one.day, one.pk), default=None)
    return f"{last.day} {'成功' if last.good else '失败'}" if last else "没有演练过"


book(
    Book(
        "plans",
        "应急预案",
        GROUP,
        lambda actor: plans.plans(actor).select_related("agency", "owner").prefetch_related("drills"),
        ("name", "agency__name", "owner__name", "period_days", ("最近演练", _drills)),
        (QUERY,),
        ("trigger", "steps", "total_loss", "valid_from"),
        [
            Deed(
                "register",
                "登记预案",
                lambda actor, row, told: _plan(actor, told),
                [
                    AGENCY,
                    Item("name", "名称", required=True, length=100),
                    Item("owner", "负责人工号", required=True, length=40),
                    Item("trigger", "启动条件", required=True, length=500),
                    Item("steps", "步骤（用分号隔开）", required=True, length=2000),
                    Item("period_days", "演练周期（天）", type="int", required=True),
                    Item("total_loss", "是否为主数据库全部丢失的预案", type="flag"),
                ],
                KEEP,
                choices={"agency": agencies(KEEP), "owner": operators},
            ),
            Deed(
                "drill",
                "登记演练",
                lambda actor, row, told: plans.drill_record(actor=actor, plan=row, **told),
                [
                    Item("day", "演练日期", type="date", required=True),
                    Item("machine", "演练机器", required=True, length=100),
                    Item("stated_minutes", "规定用时（分钟）", type="int", required=True),
                    Item("took_minutes", "实际用时（分钟）", type="int", required=True),
                    Item("good", "是否成功", type="flag", required=True),
                    Item("report", "演练情况", required=True, length=1000),
                ],
                KEEP,
                rowed=True,
            ),
            Deed(
                "end",
                "终止预案",
                lambda actor, row, told: plans.plan_end(actor=actor, plan=row, **told),
                [REASON],
                KEEP,
                rowed=True,
            ),
        ],
    )
)
