"""What leaves the system in bulk: cases as a workbook, archive volumes as a copy for a disc.

Rule (002 七 (五); S2-63, S3-24): time, count, operator, filter and reason of each export are written down before it
begins; values are masked as in lists; posts below the risk of the data take nothing out.

Invariant: every function here passes ``registers.bulk``; what is exported is what its reader may look at.
"""

from __future__ import annotations

from typing import IO, Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from renshe.core.casework import selectors
from renshe.core.casework.searching import matching, row
from renshe.core.filing.copying import volume_copy
from renshe.core.filing.volumes import volume_get
from renshe.core.org.actor import Actor
from renshe.core.org.models import Region
from renshe.core.org.operations import Operation, declare
from renshe.core.org.scope import Scope
from renshe.core.registers.bulk import bulk

EXPORT, COPY = "case.export", "case.volume.copy"
declare(Operation(EXPORT, "导出业务", "export"), Operation(COPY, "复制案卷", "export"))

SHEET = 1_000_000
"""Rows of one sheet; a workbook takes a little more."""
_COLUMNS = {
    "number": "业务编号",
    "label": "业务名称",
    "region": "地区",
    "subject": "办理对象",
    "maker": "受理人",
    "state_label": "状态",
    "waits_for": "待办环节",
    "due_on": "办理期限",
}


def cases_export(*, actor: Actor, reason: str, to: IO[bytes], **asked: Any) -> int:
    """Write the cases that ``actor`` may look at and take out into ``to`` as a workbook, masked; return how many.

    ``asked``: as ``searching.matching`` takes it.
    """
    region = Region.objects.get(pk=actor.region)
    told = {name: str(value) for name, value in asked.items() if value is not None}
    with bulk(actor=actor, operation=EXPORT, region=region, data_set="case", filter=told, reason=reason) as work:
        found = matching(Scope(actor, EXPORT).filter(selectors.cases(actor)), **asked).order_by("pk")
        with Workbook(to, {"constant_memory": True}) as book:
            for at, case in enumerate(found.iterator(chunk_size=2000)):
                if at % SHEET == 0:
                    sheet = _sheet(book)
                shown = row(case)
                for column, name in enumerate(_COLUMNS):
                    # Never as a formula, whatever somebody typed.
                    sheet.write_string(at % SHEET + 1, column, "" if shown[name] is None else str(shown[name]))
                work.count += 1
            if not work.count:
                _sheet(book)
        return work.count


def volume_export(*, actor: Actor, number: str, reason: str) -> bytes:
    """Return a closed volume as a ZIP for a disc (``filing.copying``)."""
    volume = volume_get(actor=actor, number=number)
    told = {"volume": volume.number}
    with bulk(actor=actor, operation=COPY, region=volume.region, data_set="case", filter=told, reason=reason) as work:
        content = volume_copy(actor=actor, number=number)
        work.count = volume.entries.count()
        return content


def _sheet(book: Workbook) -> Worksheet:
    sheet = book.add_worksheet()
    for column, title in enumerate(_COLUMNS.values()):
        sheet.write_string(0, column, title)
    return sheet
