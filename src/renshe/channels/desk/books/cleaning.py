"""Ledgers of what is out of date or double: looked for every half year, deleted only as approved.

Rule (002 七 (六); S0-37, S2-66).
"""

from __future__ import annotations

from renshe.core.casework.forms import Item
from renshe.core.pages.books import Book, Deed, book
from renshe.core.registers import cleaning
from renshe.core.registers.operating import CLEAN_UP, QUERY
from renshe.core.registers.wording import table_label

GROUP = "登记"

book(
    Book(
        "clean-ups",
        "半年数据清理",
        GROUP,
        cleaning.clean_ups,
        ("year", "half", "agency", "region__name", "found", "by", "at"),
        (QUERY,),
        deeds=[
            Deed(
                "look",
                "查找待清理数据",
                lambda actor, row, told: cleaning.clean_up(actor=actor, year=told["year"], half=int(told["half"])),
                [
                    Item("year", "年度", type="year", required=True),
                    Item("half", "半年", required=True, length=1),
                ],
                CLEAN_UP,
                choices={"half": lambda actor: [("1", "上半年"), ("2", "下半年")]},
            )
        ],
        note="每半年查找一次过期、重复的数据；清理须先批准。",
    )
)

book(
    Book(
        "candidates",
        "待清理数据",
        GROUP,
        cleaning.candidates,
        (("表", lambda row: table_label(row.table_name)), "key", "why", "region__name"),
        (QUERY,),
        ("clean_up__year", "clean_up__half"),
        [
            Deed(
                "delete",
                "按批准清理",
                lambda actor, row, told: cleaning.candidates_delete(actor=actor, chosen=[row.pk], **told),
                [Item("approval", "批准业务编号", required=True, length=60)],
                CLEAN_UP,
                rowed=True,
            )
        ],
    )
)
