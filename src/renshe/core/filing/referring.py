"""Which papers are still named by a row, and that nobody clears one away while a row that names it is being written.

Rule (S1-66): the same paper in two matters lies in its place once; it goes when the last row that names it is gone.

Invariant: between ``lock`` and the end of its transaction a paper is put in place and named, or found unnamed and
taken out, by one transaction at a time.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from renshe.core.filing.limits import limits
from renshe.core.filing.models import Attachment, Document, VolumeEntry

_OTHERS: list[tuple[type[Model], str, str]] = []
"""Rows of other rooms that name papers: model, the field with the digest, the one with the region."""


def names_papers(model: type[Model], digest: str, *, region: str = "region_id") -> None:
    """Declare that rows of ``model`` name papers by the field ``digest``: they are kept as long as the rows are."""
    told = (model, digest, region)
    if told not in _OTHERS:
        _OTHERS.append(told)


def lock(digest: str) -> None:
    """Let nobody else clear this paper away, or put it in place, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 30))", [digest])


def kept_attachments() -> QuerySet[Attachment]:
    """Return the attachments whose files are kept: those of their matters, and for some time those taken out."""
    since = timezone.now() - timedelta(days=limits().removed_days)
    return Attachment.objects.filter(Q(state=Attachment.State.ATTACHED) | Q(removed_at__gte=since))


def wanted(digest: str) -> bool:
    """Whether a row names this paper."""
    return (
        kept_attachments().filter(digest=digest).exists()
        or Document.objects.filter(digest=digest).exists()
        # An open volume may have taken in what was then removed.
        or Attachment.objects.filter(digest=digest, pk__in=_in_volumes()).exists()
        or any(model._default_manager.filter(**{name: digest}).exists() for model, name, _ in _OTHERS)
    )


def named() -> dict[str, set[str]]:
    """Return by digest the regions of all papers that must be there."""
    found: dict[str, set[str]] = {}
    own: list[QuerySet[Any]] = [
        kept_attachments(),
        Attachment.objects.filter(pk__in=_in_volumes()),
        Document.objects.all(),
    ]
    rows = [some.values_list("digest", "region_id") for some in own]
    rows += [
        model._default_manager.exclude(**{name: None}).values_list(name, region) for model, name, region in _OTHERS
    ]
    for some in rows:
        for digest, region in some.distinct().iterator():
            found.setdefault(digest, set()).add(region)
    return found


def _in_volumes() -> QuerySet[VolumeEntry, int | None]:
    return VolumeEntry.objects.filter(attachment__isnull=False).values_list("attachment_id", flat=True)
