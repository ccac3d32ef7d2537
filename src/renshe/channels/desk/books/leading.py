"""Ledgers of who decides in whose place, and of what one place asks beyond the common base.

Rule (S4-77 求同存异; S1-13): who is away leaves the deciding to a deputy; a place may ask for more, never for less.
"""

from __future__ import annotations

from typing import Any

from renshe.channels.desk.books.items import FROM, REGION, UNTIL, lines
from renshe.channels.naming import region_named
from renshe.core.casework import delegating, local
from renshe.core.casework.forms import Item
from renshe.core.casework.models import Delegation, Difference
from renshe.core.casework.types import case_types, find_type
from renshe.core.org.actor import Actor
from renshe.core.pages.books import Book, Deed, book
from renshe.core.pages.choices import Pairs, operators, regions

GROUP = "系统"


def _kinds(actor: Actor) -> Pairs:
    return sorted({(one.name, one.label) for one in case_types()})


def _named(row: Delegation) -> str:
    return "、".join(find_type(one).label for one in row.types) or "全部业务"


def _give(actor: Actor, told: Any) -> Delegation:
    terms = {**told, "types": lines(told["types"]), "absent": told["absent"] or actor.operator}
    return delegating.delegation_give(actor=actor, **{**terms, "region": region_named(actor, told["region"])})


book(
    Book(
        "delegations",
        "代办安排",
        GROUP,
        delegating.delegations_known,
        ("absent__name", "deputy__name", ("业务", _named), "region__name", "valid_from", "valid_until"),
        (),
        ("ground",),
        [
            Deed(
                "give",
                "安排代办",
                lambda actor, row, told: _give(actor, told),
                [
                    Item("absent", "委托人（工号，空白为本人）", length=40),
                    Item("deputy", "代办人（工号）", required=True, length=40),
                    Item("types", "业务（空白为全部）", length=200),
                    REGION,
                    FROM,
                    UNTIL,
                    Item("ground", "依据", required=True, length=500),
                ],
                choices={"absent": operators, "deputy": operators, "types": _kinds, "region": regions("case.query")},
            ),
            Deed(
                "end",
                "终止代办",
                lambda actor, row, told: delegating.delegation_end(actor=actor, delegation=row),
                rowed=True,
            ),
        ],
        "委托人外出期间由代办人在其权限内作决定，决定上写明代谁办理。",
    )
)


def _says(row: Difference) -> str:
    return f"期限 {row.workdays} 个工作日" if row.workdays is not None else f"增加材料：{row.label}"


book(
    Book(
        "differences",
        "本地办理要求",
        GROUP,
        local.differences,
        (("业务", lambda row: find_type(row.type).label), "region__name", ("要求", _says), "valid_from", "valid_until"),
        (local.LOCAL,),
        ("ground",),
        [
            Deed(
                "set",
                "规定要求",
                lambda actor, row, told: local.difference_set(
                    actor=actor, **{**told, "region": region_named(actor, told["region"])}
                ),
                [
                    Item("type", "业务", required=True, length=60),
                    REGION,
                    Item("workdays", "缩短的办理期限（工作日）", type="int"),
                    Item("paper", "或增加的材料（英文代号）", length=40),
                    Item("label", "增加的材料名称", length=100),
                    Item("ground", "依据", required=True, length=500),
                    Item("valid_until", "有效期至", type="date"),
                ],
                local.LOCAL,
                choices={"type": _kinds, "region": regions(local.LOCAL)},
            )
        ],
        "只能比统一要求更严：期限更短，或多一份材料。",
    )
)
