"""Ledgers of what was done in bulk, what is filed, and what runs.

Rule (002 七 (五); S2-63; S2-15): who entered, showed or took out how much, and why; where each volume stands; what the
clock and people set going.
"""

from __future__ import annotations

from renshe.channels.desk.books.items import REGION
from renshe.core.casework.forms import Item
from renshe.core.filing import volumes
from renshe.core.filing.attachments import READ
from renshe.core.filing.models import Volume
from renshe.core.filing.volumes import ARCHIVE
from renshe.core.jobs import selectors as jobs
from renshe.core.jobs import services as job_services
from renshe.core.pages.books import Book, Deed, book
from renshe.core.pages.choices import regions
from renshe.core.registers.bulk import bulk_work
from renshe.core.registers.operating import QUERY
from renshe.standards.masks import mask_digits

book(
    Book(
        "bulk",
        "批量操作登记",
        "监督",
        bulk_work,
        ("at", "name", "agency", "kind", "data_set", "count", "reason"),
        (QUERY,),
        ("operator", "operation", "filter", "terminal", "ended_at", "whole"),
    )
)


def _papers(row: Volume) -> list[tuple[str, str, object]]:
    """Return what a volume holds, in its order, with where it can be looked at."""
    return [
        (f"{one.number} {mask_digits(one.title)}", "document", one.document.number)
        if one.document
        else (f"{one.number} {mask_digits(one.title)}", "paper", one.attachment_id)
        for one in row.entries.select_related("document").order_by("position")
    ]


book(
    Book(
        "volumes",
        "案卷",
        "登记",
        volumes.volumes,
        ("number", ("题名", lambda row: mask_digits(row.title)), "period", "place", "state", "opened_at"),
        (READ,),
        ("kind", "opened_by", "closed_at", "closed_by", "pages"),
        [
            Deed(
                "open",
                "立卷",
                lambda actor, row, told: volumes.volume_open(actor=actor, **told),
                [
                    REGION,
                    Item("kind", "种类", required=True, length=40),
                    Item("title", "题名", required=True, length=200),
                    Item("period", "所属期", required=True, length=20),
                    Item("place", "存放位置", required=True, length=200),
                ],
                ARCHIVE,
                choices={"region": regions(ARCHIVE)},
            ),
            Deed(
                "add",
                "放入文书",
                lambda actor, row, told: volumes.volume_add(
                    actor=actor, number=row.number, documents=[told["document"]]
                ),
                [Item("document", "文书编号", required=True, length=60)],
                ARCHIVE,
                rowed=True,
                when=lambda row: row.state == Volume.State.OPEN,
            ),
            Deed(
                "close",
                "归档",
                lambda actor, row, told: volumes.volume_close(actor=actor, number=row.number),
                operation=ARCHIVE,
                rowed=True,
                when=lambda row: row.state == Volume.State.OPEN,
            ),
            Deed(
                "move",
                "变更存放位置",
                lambda actor, row, told: volumes.volume_move(actor=actor, number=row.number, **told),
                [Item("place", "存放位置", required=True, length=200)],
                ARCHIVE,
                rowed=True,
            ),
            Deed(
                "verify",
                "核对案卷",
                lambda actor, row, told: volumes.volume_verify(actor=actor, number=row.number),
                rowed=True,
                when=lambda row: row.state == Volume.State.CLOSED,
                says=lambda found: (
                    "案卷与归档时一致"
                    if found.whole
                    else f"与归档时不符：缺 {len(found.missing)} 件，改动 {len(found.altered)} 件；请立即报告"
                ),
            ),
        ],
        leads_label="卷内文件",
        leads=_papers,
    )
)

book(
    Book(
        "jobs",
        "后台任务",
        "系统",
        jobs.jobs_of,
        ("label", "operator", "state", "done", "total", "created_at"),
        (),
        ("region__name", "message", "error", "attempts", "started_at", "ended_at"),
        [
            Deed(
                "cancel",
                "取消",
                lambda actor, row, told: job_services.job_cancel(actor=actor, job=row.pk),
                rowed=True,
            ),
            Deed(
                "retry",
                "重试",
                lambda actor, row, told: job_services.job_retry(actor=actor, job=row.pk),
                rowed=True,
            ),
        ],
    )
)
