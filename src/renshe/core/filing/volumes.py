"""Archive volumes: papers put together, listed, counted, closed for good; copied for a disc; compared with their list.

Rule (S2-15, S2-36, S2-25: 装订成册或刻录光盘归档保管; S2-47: at the end of each month the requests that were carried
out, and the month's log): a volume has a catalogue with page numbers and a place; its copy carries the digests of all
that is in it.

Invariant: a closed volume never changes (the database holds it); its digest covers its list, its list the papers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.db.models import Max, QuerySet
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.filing import store
from renshe.core.filing.attachments import READ, contents
from renshe.core.filing.documents import document_make
from renshe.core.filing.forms import CATALOGUE, CHANGE_LOG, CHANGE_REQUEST
from renshe.core.filing.models import Attachment, Document, Volume, VolumeEntry
from renshe.core.filing.numbering import draw
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor
from renshe.core.org.operations import Operation, declare
from renshe.core.org.rights import require
from renshe.core.org.scope import Scope

ARCHIVE = "filing.archive"
MONTH_END = "业务数据修改"
"""The kind of the volumes of month ends."""
declare(Operation(ARCHIVE, "归档", "entry"))


@dataclass(slots=True)
class Verdict:
    """What is wrong with a volume: positions of papers that are ``missing`` or ``altered``; ``listed``: whether its
    list is the one that was closed."""

    missing: list[int] = field(default_factory=list)
    altered: list[int] = field(default_factory=list)
    listed: bool = True
    catalogue: bool = True

    @property
    def whole(self) -> bool:
        """Whether everything is as it was closed."""
        return self.listed and self.catalogue and not (self.missing or self.altered)


def volume_open(*, actor: Actor, region: str, kind: str, title: str, period: str, place: str) -> Volume:
    """Return a new volume of ``region``, to be filled."""
    require(actor, ARCHIVE, region)
    return _begin(actor, region, kind, title, period, place)


def _begin(actor: Actor, region: str, kind: str, title: str, period: str, place: str) -> Volume:
    if not (title.strip() and period.strip() and place.strip()):
        raise BusinessError("volume.terms")
    with declared(actor.context("立卷")):
        return Volume.objects.create(
            number=draw("AJ", region, timezone.localdate().year),
            title=title,
            kind=kind,
            region_id=region,
            agency=actor.agency,
            period=period,
            place=place,
            opened_by=actor.operator,
        )


def volume_add(
    *, actor: Actor, number: str, documents: Sequence[str] = (), attachments: Sequence[int] = ()
) -> list[VolumeEntry]:
    """Put documents, by number, and attachments, in this order, behind what is in an open volume."""
    scope = Scope(actor, READ)
    with declared(actor.context("组卷")):
        volume = _open(actor, number)
        named: list[str | int] = [*documents, *attachments]
        return _put(volume, [_paper(scope, one) for one in named])


def volume_close(*, actor: Actor, number: str) -> Volume:
    """Close a volume: every paper is compared once more, pages are numbered, the catalogue is issued."""
    with declared(actor.context("归档")):
        return _finish(actor, _open(actor, number))


def _put(volume: Volume, papers: Sequence[Document | Attachment]) -> list[VolumeEntry]:
    last = volume.entries.aggregate(last=Max("position"))["last"] or 0
    made = []
    for position, paper in enumerate(papers, last + 1):
        if volume.entries.filter(**_which(paper)).exists():
            raise BusinessError("volume.already_in", name=paper.told, number=volume.number)
        if isinstance(paper, Document) and paper.voided_at is not None:
            raise BusinessError("document.voided", number=paper.number)
        made.append(VolumeEntry.objects.create(volume=volume, position=position, **_listed(paper)))
    return made


def _finish(actor: Actor, volume: Volume) -> Volume:
    with declared(actor.context("归档")):
        entries = list(volume.entries.select_related("document", "attachment").order_by("position"))
        if not entries:
            raise BusinessError("volume.empty", number=volume.number)
        volume.pages = 0
        for entry in entries:
            _require_whole(actor, entry)
            entry.first_page = volume.pages + 1 if entry.pages else None
            volume.pages += entry.pages
        VolumeEntry.objects.bulk_update(entries, ["first_page"])
        volume.closed_by, volume.closed_at = actor.operator, timezone.now()
        volume.catalogue = document_make(
            actor=actor, name=CATALOGUE.name, region=volume.region_id, data=catalogue(volume, entries)
        )
        volume.digest, volume.state = _digest(volume, entries), Volume.State.CLOSED
        volume.save()
        return volume


def volume_month_end(
    *, actor: Actor, region: str, period: str, place: str, requests: Sequence[str], log: str
) -> Volume:
    """File the requests for changes that were carried out in a month, and its log, as one closed volume (S2-47)."""
    require(actor, ARCHIVE, region)
    scope = Scope(actor, READ)
    papers = [_paper(scope, one) for one in (*requests, log)]
    kinds = [one.name for one in papers]
    told = papers[-1].data if isinstance(papers[-1], Document) else {}
    of_the_month = told.get("period") == period and papers[-1].region_id == region
    if not _over(period) or kinds != [CHANGE_REQUEST.name] * len(requests) + [CHANGE_LOG.name] or not of_the_month:
        raise BusinessError("volume.month_terms")
    return month_end_make(actor=actor, region=region, period=period, place=place, documents=papers)


def _over(period: str) -> bool:
    """Whether ``period`` is a month (YYYYMM) that is over."""
    whole = re.fullmatch(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])", period)
    return whole is not None and period < f"{timezone.localdate():%Y%m}"


def month_end_make(
    *, actor: Actor, region: str, period: str, place: str, documents: Sequence[Document | Attachment]
) -> Volume:
    """As ``volume_month_end``, for what is filed by the clock: no right is asked; ``actor`` is who is named."""
    with declared(actor.context("月末归档")):
        volume = _begin(actor, region, MONTH_END, f"{period} 业务数据修改申请表及日志表", period, place)
        _put(volume, documents)
        return _finish(actor, volume)


def volume_move(*, actor: Actor, number: str, place: str) -> Volume:
    """Say where the paper of a volume stands from now on; of a closed one too."""
    volume = volume_get(actor=actor, number=number)
    require(actor, ARCHIVE, volume.region_id)
    if not place.strip():
        raise BusinessError("volume.terms")
    with declared(actor.context("移动案卷")):
        Volume.objects.filter(pk=volume.pk).update(place=place)
    volume.refresh_from_db()
    return volume


def volume_get(*, actor: Actor, number: str) -> Volume:
    """Return a volume; BusinessError where there is none that the actor may see."""
    found = volumes(actor).filter(number=number).first() if "\x00" not in number else None
    if found is None:
        raise BusinessError("volume.not_there", number=number)
    return found


def volumes(actor: Actor) -> QuerySet[Volume]:
    """Return the volumes that the actor may see, the newest first."""
    return Scope(actor, READ).filter(Volume.objects.all()).order_by("-pk")


def volume_verify(*, actor: Actor, number: str) -> Verdict:
    """Compare a closed volume with what was closed."""
    volume = volume_get(actor=actor, number=number)
    entries = entries_closed(volume)
    found = Verdict(listed=_digest(volume, entries) == volume.digest)
    for entry in entries:
        state = store.state(entry.digest)
        if state == "missing":
            found.missing.append(entry.position)
        elif state == "altered":
            found.altered.append(entry.position)
    found.catalogue = volume.catalogue is not None and store.state(volume.catalogue.digest) == "whole"
    return found


def catalogue(volume: Volume, entries: Sequence[VolumeEntry]) -> dict[str, Any]:
    """Return what the catalogue of a volume is made of."""
    return {
        "volume": volume.number,
        "title": volume.title,
        "kind": volume.kind,
        "period": volume.period,
        "place": volume.place,
        "region": volume.region.name,
        "pages": volume.pages,
        "closed_by": volume.closed_by or "",
        "entries": [
            {
                "position": one.position,
                "number": one.number,
                "title": one.title,
                "first_page": one.first_page,
                "pages": one.pages,
                "digest": one.digest,
            }
            for one in entries
        ],
    }


def _open(actor: Actor, number: str) -> Volume:
    """Return a volume that may be filled, which nobody else changes until the transaction ends."""
    seen = volume_get(actor=actor, number=number)
    require(actor, ARCHIVE, seen.region_id)
    volume = Volume.objects.select_for_update().get(pk=seen.pk)
    if volume.state != Volume.State.OPEN:
        raise BusinessError("volume.closed", number=number)
    return volume


def entries_closed(volume: Volume) -> list[VolumeEntry]:
    """Return the list of a closed volume; BusinessError where it is open."""
    if volume.state != Volume.State.CLOSED:
        raise BusinessError("volume.not_closed", number=volume.number)
    return list(volume.entries.select_related("document", "attachment").order_by("position"))


def _paper(scope: Scope, one: str | int) -> Document | Attachment:
    if isinstance(one, str):
        try:
            return scope.get(Document.objects.all(), number=one)
        except Document.DoesNotExist:
            raise BusinessError("document.not_there", number=one) from None
    try:
        return scope.get(Attachment.objects.filter(state=Attachment.State.ATTACHED), pk=one)
    except Attachment.DoesNotExist:
        raise BusinessError("paper.not_there", paper=one) from None


def _which(paper: Document | Attachment) -> dict[str, Any]:
    return {"document": paper} if isinstance(paper, Document) else {"attachment": paper}


def _listed(paper: Document | Attachment) -> dict[str, Any]:
    """Return what the list says of a paper. What has no pages of its own, as a table, counts none."""
    title, number = (
        (paper.label, paper.number) if isinstance(paper, Document) else (f"{paper.kind}（{paper.name}）", paper.matter)
    )
    return {**_which(paper), "title": title, "number": number, "digest": paper.digest, "pages": paper.pages or 0}


def _require_whole(actor: Actor, entry: VolumeEntry) -> None:
    paper = entry.document or entry.attachment
    if paper is None:
        raise RuntimeError("an entry without a paper")
    if isinstance(paper, Attachment) and paper.state != Attachment.State.ATTACHED:
        raise BusinessError("volume.paper_removed", name=paper.told)
    contents(actor, paper)


def _digest(volume: Volume, entries: Sequence[VolumeEntry]) -> str:
    """Return what stands for a volume and its whole list; where it stands is no part of it."""
    told = {**catalogue(volume, entries), "place": None, "region": volume.region_id}
    return sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
