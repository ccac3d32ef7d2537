"""Ledgers of the register: units added, codes that are missing, names that rest on nothing yet.

Rule (S0-38 随时进行添加,并报信息(中心)备案; S0-29; S0-31): what is unsettled is listed until it is settled.
"""

from __future__ import annotations

from renshe.core.pages.books import Book, Deed, book
from renshe.modules.registry import units
from renshe.modules.registry.models import Unit
from renshe.modules.registry.units import QUERY, RECEIVE

GROUP = "登记"
_COLUMNS = ("unit_no", "name", "region__name", "registered_on")


def _unit(row: Unit) -> list[tuple[str, str, object]]:
    return [("单位", "unit", row.pk)]


book(
    Book(
        "unit-filings",
        "新增单位备案",
        GROUP,
        units.filings,
        ("unit_no", "region__name", "case_no", "filed_at"),
        (RECEIVE,),
        deeds=[
            Deed(
                "receive",
                "接收备案",
                lambda actor, row, told: units.filing_receive(actor=actor, unit_no=row.unit_no),
                operation=RECEIVE,
                rowed=True,
            )
        ],
        note="业务部门新增单位后，由信息中心接收备案。",
        oldest=True,
        leads=lambda row: [("单位", "unit", row.unit_no), (f"登记业务 {row.case_no}", "case", row.case_no)],
    )
)

book(
    Book(
        "units-missing-code",
        "缺代码单位",
        GROUP,
        units.units_missing_code,
        (*_COLUMNS, "code_due_on"),
        (QUERY,),
        note="没有统一社会信用代码、组织机构代码的单位，须在期限内补齐（办理单位信息变更）。",
        oldest=True,
        leads=_unit,
    )
)

book(
    Book(
        "units-provisional",
        "名称暂定单位",
        GROUP,
        units.units_provisional,
        _COLUMNS,
        (QUERY,),
        note="名称还没有公章、执照或批文为据的单位（办理单位名称变更）。",
        oldest=True,
        leads=_unit,
    )
)
