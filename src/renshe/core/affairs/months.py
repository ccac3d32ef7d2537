"""《业务数据修改日志表》 printed with its check, and the month's volume.

Rule (002 五 (三) 3; S2-46, S2-47): the month's log of each jurisdiction is printed by who keeps the system, and signed,
for the business department, whose recorded check stands on it; when it was found right, the requests that were carried
out in the month and the log are filed as one volume.

Invariant: the log that is printed and filed is the one that was checked; a month is filed once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from renshe.core.casework.models import Case, State
from renshe.core.filing.documents import document_make
from renshe.core.filing.forms import CHANGE_LOG, CHANGE_REQUEST
from renshe.core.filing.models import Document, Volume
from renshe.core.filing.volumes import MONTH_END, month_end_make
from renshe.core.jobs.models import SYSTEM
from renshe.core.org.actor import Actor
from renshe.core.org.models import Agency, Operator, Region
from renshe.core.org.rights import require, within
from renshe.core.registers.models import ChangeLogCheck
from renshe.core.registers.monthly import ChangeLog, change_log, log_of, month_of
from renshe.core.registers.operating import PRINT_LOG
from renshe.core.registers.wording import column_label, table_label

_PLACE = "电子档案"


def change_log_print(*, actor: Actor, region: Region, month: str) -> Document:
    """Return the log of ``month`` (YYYYMM) of ``region`` as a document: with the check of it, where there is one. What
    was printed and is still so is returned again."""
    require(actor, PRINT_LOG, region)
    return _printed(actor, region, change_log(actor=actor, region=region, month=month))


def months_file() -> list[Volume]:
    """File every month whose log was found right and that is not filed yet; by the clock, in nobody's name."""
    filed = set(Volume.objects.filter(kind=MONTH_END).values_list("region", "period"))
    made = []
    for code, month in sorted(set(ChangeLogCheck.objects.values_list("region", "month")) - filed):
        region = Region.objects.get(pk=code)
        log, actor = log_of(region, month), _nobody(region)
        check = _check(region, log)
        if check is None or not check.agrees or actor is None:
            continue
        with transaction.atomic():
            printed = _printed(actor, region, log)
            papers = [*_requests(region, month), printed]
            made.append(month_end_make(actor=actor, region=code, period=month, place=_PLACE, documents=papers))
    return made


def _printed(actor: Actor, region: Region, log: ChangeLog) -> Document:
    check = _check(region, log)
    same = {"data__digest": log.digest, "data__check": check.pk if check else None, "data__period": log.month}
    before = (
        Document.objects.filter(name=CHANGE_LOG.name, region=region, voided_at=None, **same).order_by("-pk").first()
    )
    return before or document_make(
        actor=actor, name=CHANGE_LOG.name, region=region.pk, data=_told(actor, region, log, check)
    )


def _told(actor: Actor, region: Region, log: ChangeLog, check: ChangeLogCheck | None) -> Mapping[str, Any]:
    signatures = {}
    if actor.operator != SYSTEM:
        signatures["information"] = {"name": actor.name, "date": f"{timezone.localdate()}"}
    if check is not None:
        by = Operator.objects.filter(number=check.by).values_list("name", flat=True).first() or check.by
        said = "；".join(filter(None, ("核对无误" if check.agrees else "核对有误", check.opinion)))
        signatures["business"] = {"said": said, "name": by, "date": f"{timezone.localdate(check.at)}"}
    return {
        "region": region.name,
        "period": log.month,
        "digest": log.digest,
        "check": check.pk if check else None,
        "rows": list(_rows(log)),
        "signatures": signatures,
    }


def _rows(log: ChangeLog) -> Iterator[Mapping[str, Any]]:
    """Yield a row for each field that was changed, masked as the log is."""
    for one in log.rows:
        for field, (was, became) in one.changes.items():
            yield {
                "at": f"{timezone.localtime(one.at):%Y-%m-%d %H:%M}",
                "operator": one.operator,
                "matter": one.case,
                "person": one.person or one.unit,
                "name": None,
                "table": table_label(one.table),
                "field": column_label(one.table, field),
                "before": _plain(was),
                "after": _plain(became),
            }


def _plain(value: Any) -> str | None:
    return None if value is None else str(value)


def _check(region: Region, log: ChangeLog) -> ChangeLogCheck | None:
    """Return the last check of exactly this log."""
    found = ChangeLogCheck.objects.filter(region=region, month=log.month, digest=log.digest)
    return found.order_by("-pk").first()


def _requests(region: Region, month: str) -> Sequence[Document]:
    """Return the printed requests of the region that were carried out in the month."""
    first, last = month_of(month)
    done = Case.objects.filter(state=State.DONE, ended_at__gte=first, ended_at__lt=last).values("number")
    there = Document.objects.filter(name=CHANGE_REQUEST.name, voided_at=None, matter__in=done)
    return list(there.filter(Q(within(region.path, prefix="region__"))).order_by("pk"))


def _nobody(region: Region) -> Actor | None:
    """Return whom a document of the clock names: the system, at the agency of the region; it has no right at all."""
    agency = Agency.objects.filter(region=region).order_by("pk").first()
    if agency is None:
        return None
    return Actor(SYSTEM, "系统", agency.number, region.pk, None, frozenset(), None)
