"""What of exchange somebody sees: partners, agreements, batches and their records, the log of the gate.

Rule (S3-7; issue 7: registers to search and print): what is due, what waits for an answer, what failed and why.

Invariant: everything passes the actor's scope; keys of records are masked but on the desk of who handles the batch.
"""

from __future__ import annotations

from django.db.models import Count, QuerySet

from renshe.core.errors import BusinessError
from renshe.core.exchange.models import (
    Agreement,
    Batch,
    Difference,
    Key,
    Partner,
    Passage,
    Record,
    Returned,
    Stage,
)
from renshe.core.exchange.operating import QUERY
from renshe.core.exchange.packages.content import ContentRefused, content_read
from renshe.core.exchange.standing import agreement_version
from renshe.core.filing import store
from renshe.core.org.actor import Actor
from renshe.core.org.scope import Scope
from renshe.standards.masks import mask_value

FEW, _READ = 3, 50_000
"""So many records of a batch are shown, of one that has at most so many."""
OPEN = (Stage.PREPARED, Stage.RETURNED, Stage.RELEASED, Stage.SENT, Stage.HELD)
"""Where somebody or something still has to be done."""


def partners(actor: Actor) -> QuerySet[Partner]:
    """Return the sides of exchange, ours and others, by name."""
    return Scope(actor, QUERY).filter(Partner.objects.all()).order_by("-own", "name", "pk")


def keys(actor: Actor) -> QuerySet[Key]:
    """Return the public keys, ours and partners', the newest first."""
    return Scope(actor, QUERY).filter(Key.objects.select_related("partner")).order_by("-pk")


def agreements(actor: Actor) -> QuerySet[Agreement]:
    """Return the versions of agreements, the newest of each first."""
    return Scope(actor, QUERY).filter(Agreement.objects.select_related("own", "partner")).order_by("number", "-version")


def batches(actor: Actor) -> QuerySet[Batch]:
    """Return the batches, the newest first."""
    return Scope(actor, QUERY).filter(Batch.objects.select_related("agreement__partner")).order_by("-pk")


def batch_get(actor: Actor, number: str) -> Batch:
    """Return one batch; BusinessError where the actor sees none of that number."""
    try:
        return Scope(actor, QUERY).get(Batch.objects.select_related("agreement__partner"), number=number)
    except Batch.DoesNotExist:
        raise BusinessError("exchange.no_batch", number=number.replace("\x00", "")) from None


def first_rows(batch: Batch) -> list[str]:
    """Return the first records of a batch, masked: what whoever lets it go looks at; none of one that is too large to
    be read for a page."""
    standing = agreement_version(batch.agreement_number, batch.agreement.version)
    if standing is None or batch.kind != "batch" or batch.rows > _READ:
        return []
    terms = standing.terms
    try:
        rows = (
            content_read(store.read(batch.content), terms.media, terms.headers, terms.layout).slice(0, FEW).to_pylist()
        )
    except (ContentRefused, store.Lost):
        return []
    return [
        "，".join(f"{one.header} {mask_value(terms.content, one.name, row[one.header])}" for one in terms.columns)
        for row in rows
    ]


def fates(actor: Actor, number: str) -> dict[str | None, int]:
    """Return of a batch how many records there are of each fate (None: as the batch stands)."""
    rows = Record.objects.filter(batch=batch_get(actor, number)).values("fate").annotate(many=Count("pk"))
    return {row["fate"]: row["many"] for row in rows.order_by("fate")}


def differences(actor: Actor) -> QuerySet[Difference]:
    """Return where others hold something else than we, the newest first."""
    rows = Difference.objects.select_related("batch__agreement__partner")
    return Scope(actor, QUERY).filter(rows).order_by("-pk")


def told_of(actor: Actor, subject: str) -> QuerySet[Returned]:
    """Return what others told of whom we know by the number ``subject``, the newest first."""
    rows = Returned.objects.select_related("batch__agreement__partner").filter(subject=subject)
    return Scope(actor, QUERY).filter(rows).order_by("-pk")


def told_to(actor: Actor, subject: str) -> QuerySet[Record]:
    """Return the records of batches by which others were told of ``subject``, or asked about it, the newest first."""
    rows = Record.objects.select_related("batch__agreement__partner").filter(subject=subject)
    return Scope(actor, QUERY).filter(rows).order_by("-batch_id", "place")


def passages(actor: Actor) -> QuerySet[Passage]:
    """Return the log of the gate, the last first."""
    return Scope(actor, QUERY).filter(Passage.objects.all()).order_by("-pk")
