"""Papers handed in for a matter: attached, read, taken out, held while a change rests on them.

Rule (S1-13, S1-66): what a matter needs is attached by kind; the papers on which a change rests are kept while it
stands. They are let go only when the change was reverted by another approved matter.

Invariant: a paper lies in its place before a row names it, and goes only when no row does (``checking``); reading
compares it with its digest each time.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import QuerySet
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.filing import store
from renshe.core.filing.alarms import alarm
from renshe.core.filing.limits import limits
from renshe.core.filing.models import Attachment, Document
from renshe.core.filing.naming import clean_name
from renshe.core.filing.recognising import recognise
from renshe.core.filing.referring import lock
from renshe.core.filing.scanning import scan
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor
from renshe.core.org.approvals import require_approval
from renshe.core.org.masking import reveal
from renshe.core.org.operations import Operation, declare
from renshe.core.org.rights import require
from renshe.core.org.scope import Scope

ATTACH, READ, RELEASE = "filing.attach", "filing.read", "filing.release"
declare(
    Operation(ATTACH, "上传材料", "entry"),
    Operation(READ, "查阅材料和文书", "query"),
    Operation(RELEASE, "解除材料留存", "approve"),
)
_ATTACHED = Attachment.State.ATTACHED


Guard = Callable[[Actor, str], None]
_guards: list[Guard] = []
Knows = Callable[[Actor, str], bool | None]
_knowing: list[Knows] = []


def guard(asked: Guard) -> Guard:
    """Let ``asked`` refuse who may not change the papers of a matter: the room that handles it knows."""
    _guards.append(asked)
    return asked


def knows(asked: Knows) -> Knows:
    """Let ``asked`` say whether a matter lies with somebody, or did: the room that handles it knows; None: not mine."""
    _knowing.append(asked)
    return asked


def require_concern(actor: Actor, row: Attachment | Document) -> None:
    """Refuse who has nothing to do with the matter of a paper to see it whole, unless he may see what is masked: that
    is recorded."""
    told = [one(actor, row.matter) for one in _knowing] if row.matter else []
    if False in told and True not in told:
        reveal(actor=actor, row=row, fields=["digest"], reason=f"查阅业务 {row.matter} 的材料")


def attachment_add(
    *, actor: Actor, matter: str, region: str, kind: str, name: str, content: bytes, person: str | None = None
) -> Attachment:
    """Attach a file to ``matter`` of ``region`` as a paper of ``kind``; ``name``: as the user calls it.

    Raises BusinessError where the file is of no kind that may be attached, too large, dangerous, infected, or the
    matter is full or of another region.
    """
    require(actor, ATTACH, region)
    return attachment_put(
        actor=actor, matter=matter, region=region, kind=kind, name=name, content=content, person=person
    )


def attachment_put(
    *, actor: Actor, matter: str, region: str, kind: str, name: str, content: bytes, person: str | None = None
) -> Attachment:
    """As ``attachment_add``, for a room that has asked for a right of its own; the guards of the matter are asked."""
    known = recognise(content, name)
    digest = store.digest_of(content)
    with store.aside(content) as file:
        scanned = scan(file, name)
        with declared(actor.context("上传材料", case=matter)):
            _ask_guards(actor, matter)
            lock(digest)
            there = Attachment.objects.filter(matter=matter)
            if there.exclude(region=region).exists():
                raise BusinessError("paper.other_region", matter=matter)
            if there.filter(state=_ATTACHED).count() >= limits().files:
                raise BusinessError("paper.too_many", matter=matter, limit=limits().files)
            store.keep(file, digest)
            return Attachment.objects.create(
                matter=matter,
                region_id=region,
                kind=kind,
                name=clean_name(name, known.ending),
                digest=digest,
                size=len(content),
                media_type=known.media_type,
                pages=known.pages,
                person=person,
                scanned=scanned,
                # What is added to a change that stands stays with it.
                held=there.filter(held=True).exists(),
                added_by=actor.operator,
            )


def attachment_read(*, actor: Actor, attachment: int) -> tuple[Attachment, bytes]:
    """Return a file with its row; BusinessError where there is none to be seen, or it is not what it was."""
    found = _seen(actor, attachment)
    require_concern(actor, found)
    return found, contents(actor, found)


def contents(actor: Actor, paper: store.Paper) -> bytes:
    """Return what a row's paper is; BusinessError, and an alarm, where it is missing or altered."""
    try:
        return store.read(paper.digest)
    except store.Lost as lost:
        with declared(actor.context("材料校验不符")):
            alarm(lost.digest, lost.found, region=paper.region_id, by=actor.operator)
        raise BusinessError("paper.lost", name=paper.told) from lost


def attachment_remove(*, actor: Actor, attachment: int, reason: str) -> Attachment:
    """Take a file out of its matter, which no change rests on; its row stays."""
    found = _seen(actor, attachment)
    require(actor, ATTACH, found.region_id)
    return attachment_take_out(actor=actor, attachment=found.pk, reason=reason)


def attachment_take_out(*, actor: Actor, attachment: int, reason: str) -> Attachment:
    """As ``attachment_remove``, for a room that has asked for a right of its own; the matter's guards are asked."""
    if not reason.strip():
        raise BusinessError("org.reason_missing")
    found = Attachment.objects.get(pk=attachment)
    with declared(actor.context("移除材料", case=found.matter)):
        _ask_guards(actor, found.matter)
        held = Attachment.objects.select_for_update().get(pk=found.pk)
        if held.held:
            raise BusinessError("paper.held", name=held.name, matter=held.matter)
        if held.state != _ATTACHED:
            raise BusinessError("paper.removed", name=held.name)
        held.state, held.removed_by, held.removed_at = Attachment.State.REMOVED, actor.operator, timezone.now()
        held.removal = reason
        held.save()
        return held


def attachments_hold(*, matter: str) -> int:
    """Hold all files of ``matter``, whose change is carried out in the transaction around; return how many."""
    return Attachment.objects.filter(matter=matter, state=_ATTACHED, held=False).update(held=True)


def attachments_release(*, actor: Actor, matter: str, approval: str) -> int:
    """Let the files of ``matter`` go, whose change was reverted by the matter ``approval``; return how many."""
    named = Attachment.objects.none() if "\x00" in matter else Attachment.objects.filter(matter=matter, held=True)
    held = dict(Scope(actor, RELEASE).filter(named).values_list("pk", "region_id"))
    if not held:
        raise BusinessError("paper.none_held", matter=matter.replace("\x00", ""))
    if approval == matter:
        raise BusinessError("paper.release_approval", matter=matter)
    require_approval(approval, "release", list(held), set(held.values()))
    with declared(actor.context("解除材料留存", case=matter, approval=approval)):
        return Attachment.objects.filter(matter=matter, held=True).update(held=False, released=approval)


def attachments_of(actor: Actor, matter: str) -> QuerySet[Attachment]:
    """Return the files of a matter that the actor may see, in the order in which they came."""
    named = Attachment.objects.none() if "\x00" in matter else Attachment.objects.filter(matter=matter)
    return Scope(actor, READ).filter(named.filter(state=_ATTACHED)).order_by("pk")


def kinds_attached(matter: str) -> set[str]:
    """Return which kinds of papers ``matter`` has. For the room that handles the matter, whose right was asked."""
    return set(Attachment.objects.filter(matter=matter, state=_ATTACHED).values_list("kind", flat=True))


def _ask_guards(actor: Actor, matter: str) -> None:
    for one in _guards:
        one(actor, matter)


def _seen(actor: Actor, attachment: int) -> Attachment:
    try:
        return Scope(actor, READ).get(Attachment.objects.all(), pk=attachment)
    except Attachment.DoesNotExist:
        raise BusinessError("paper.not_there", paper=attachment) from None
