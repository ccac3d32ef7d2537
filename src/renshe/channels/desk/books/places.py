"""Ledgers of terminals, networks, cut-offs and the tokens of programs.

Rule (002 七 (三), (四)): only from registered places; who keeps the database cuts off at once, tells a leader, and the
lifting is recorded.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from renshe.channels.desk.books.items import AGENCY, REASON, REGION, UNTIL, lines
from renshe.channels.desk.books.staff import seen
from renshe.channels.naming import agency_named, operator_named, region_named
from renshe.core.casework.forms import Item
from renshe.core.errors import BusinessError
from renshe.core.org import access, credentials
from renshe.core.org.actor import Actor
from renshe.core.org.models import Agency, ApiToken, CutOff, Network, Operator, Terminal
from renshe.core.org.operations import operations
from renshe.core.org.scope import Scope
from renshe.core.pages.books import Book, Deed, book
from renshe.core.pages.choices import agencies, operators, regions

GROUP = "系统"
QUERY = "org.query"


def _terminal(actor: Actor, told: Any) -> Terminal:
    agency = agency_named(actor, access.MANAGE, told["agency"])
    return access.terminal_register(
        actor=actor,
        number=told["number"],
        name=told["name"],
        agency=agency,
        region=agency.region,
        address=told["address"],
        permitted_software=lines(told["software"]),
    )


_STOP = Deed(
    "stop",
    "停用",
    lambda actor, row, told: access.place_stop(actor=actor, place=row, **told),
    [REASON],
    access.MANAGE,
    rowed=True,
    when=lambda row: row.status == "active",
)

book(
    Book(
        "terminals",
        "终端",
        GROUP,
        seen(Terminal, "agency", "region"),
        ("number", "name", "agency__name", "region__name", "address", "status"),
        (QUERY, access.MANAGE),
        ("permitted_software",),
        [
            Deed(
                "register",
                "登记终端",
                lambda actor, row, told: _terminal(actor, told),
                [
                    Item("number", "终端编号", required=True, length=40),
                    Item("name", "名称", required=True, length=100),
                    AGENCY,
                    Item("address", "IP 地址", length=40),
                    Item("software", "许可软件（用分号隔开）", length=1000),
                ],
                access.MANAGE,
                choices={"agency": agencies(access.MANAGE)},
            ),
            _STOP,
        ],
    )
)

book(
    Book(
        "networks",
        "网络",
        GROUP,
        seen(Network, "region"),
        ("cidr", "name", "region__name", "status"),
        (QUERY, access.MANAGE),
        deeds=[
            Deed(
                "register",
                "登记网段",
                lambda actor, row, told: access.network_register(
                    actor=actor, **{**told, "region": region_named(actor, told["region"])}
                ),
                [
                    Item("cidr", "网段", required=True, length=43),
                    Item("name", "名称", required=True, length=100),
                    REGION,
                ],
                access.MANAGE,
                choices={"region": regions(access.MANAGE)},
            ),
            _STOP,
        ],
    )
)


def _target(row: CutOff) -> str:
    of: Any = row.operator or row.agency or row.terminal or row.network
    return str(getattr(of, "name", of))


def _cut(actor: Actor, told: Any) -> CutOff:
    if bool(told["operator"]) == bool(told["agency"]):
        raise BusinessError("page.one_target")
    reach = Scope(actor, access.CUT)
    target: Operator | Agency | None = (
        reach.filter(Operator.objects.filter(number=told["operator"])).first()
        if told["operator"]
        else reach.filter(Agency.objects.filter(number=told["agency"])).first()
    )
    if target is None:
        raise BusinessError("org.agency_not_there", number=told["operator"] or told["agency"])
    own = Agency.objects.get(number=actor.agency)
    leader = operator_named(own, told["leader"])
    return access.cut_off(actor=actor, target=target, reason=told["reason"], leader=leader)


book(
    Book(
        "cut-offs",
        "切断接入",
        GROUP,
        seen(CutOff, "operator", "agency", "terminal", "network", "by", "leader"),
        ("at", ("对象", _target), "reason", "by__name", "leader__name", "lifted_at"),
        (QUERY, access.CUT),
        ("seen_at", "lifting"),
        [
            Deed(
                "cut",
                "切断接入",
                lambda actor, row, told: _cut(actor, told),
                [
                    Item("operator", "人员工号", length=40),
                    Item("agency", "或机构编号", length=40),
                    Item("leader", "报告的领导（工号）", required=True, length=40),
                    REASON,
                ],
                access.CUT,
                choices={"operator": operators, "agency": agencies(access.CUT), "leader": operators},
            ),
            Deed(
                "lift",
                "恢复接入",
                lambda actor, row, told: access.cut_off_lift(actor=actor, cut=row, **told),
                [Item("note", "恢复说明", required=True, length=500)],
                access.CUT,
                rowed=True,
                when=lambda row: row.lifted_at is None,
            ),
        ],
    )
)


def _issue(actor: Actor, told: Any) -> str:
    last = dt.datetime.combine(told["valid_until"], dt.time.max)
    return credentials.token_issue(
        actor=actor,
        region=region_named(actor, told["region"]),
        scopes=lines(told["scopes"]),
        expires_at=timezone.make_aware(last),
        partner=told["partner"],
    )


def _scopes(row: ApiToken) -> str:
    return "、".join(one.label for one in operations() if one.name in row.scopes)


book(
    Book(
        "tokens",
        "接口令牌",
        GROUP,
        credentials.tokens,
        ("partner", "region__name", ("可办操作", _scopes), "expires_at"),
        ("org.token.issue",),
        deeds=[
            Deed(
                "issue",
                "签发令牌",
                lambda actor, row, told: _issue(actor, told),
                [
                    Item("partner", "合作单位", required=True, length=60),
                    REGION,
                    Item("scopes", "可办操作（操作代号，用分号隔开）", required=True, length=1000),
                    UNTIL,
                ],
                "org.token.issue",
                says=lambda token: f"令牌：{token}（只显示这一次，请当面交给合作单位）",
                choices={"region": regions("org.token.issue")},
            ),
            Deed(
                "revoke",
                "吊销",
                lambda actor, row, told: credentials.token_revoke(actor=actor, token=row, **told),
                [REASON],
                "org.token.issue",
                rowed=True,
            ),
        ],
        note="合作单位的程序凭令牌调用接口，只能录入和查询，不能审核、审批。"
        "交换对方收发数据包的，合作单位填对方的代码，可办操作填 exchange。",
    )
)
