"""What partners bring to our address, and fetch there, themselves.

Rule (S2-52, S3-36): a partner shows a token that is issued for exchange, to its code, in a region. What it brings is
its own and for a side of ours in that region; what it fetches is for it, let go under an agreement by which it fetches.

Invariant: a package that waits stays until its receipt is there: what was fetched and not receipted waits again after
some hours, the same bytes. Whatever is handed out or refused is a line in the log.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.exchange.dispatching import AGAIN
from renshe.core.exchange.keeping import package_of
from renshe.core.exchange.models import Batch, Partner, Passage, Stage
from renshe.core.exchange.operating import LINK
from renshe.core.exchange.packages.manifest import Manifest
from renshe.core.exchange.packages.package import manifest_of
from renshe.core.exchange.packages.terms import terms_read
from renshe.core.exchange.reaching import is_fetched
from renshe.core.exchange.receiving import Brought, Reply, own_side, package_logged, package_receive
from renshe.core.exchange.standing import Standing
from renshe.core.exchange.ways.way import is_name
from renshe.core.journal.context import Context, declared
from renshe.core.org.actor import Actor
from renshe.core.org.credentials import token_actor
from renshe.core.org.rights import may, require
from renshe.core.org.scope import Scope

CHANNEL = "https"
MOST_NAMES = 1_000
"""So many packages are listed at once, the oldest first."""
_OF_PARTNER = "partner:"
_FILE = re.compile(r"(?P<agreement>.+)-(?P<kind>[a-z]+)-(?P<sequence>[0-9]{6,9})\.rsp", re.ASCII)


@dataclass(frozen=True, slots=True)
class Caller:
    """A program of ``partner``, and as whom it acts."""

    partner: Partner
    actor: Actor

    @property
    def context(self) -> Context:
        """What the journal is told of what it does."""
        return self.actor.context("数据交换")

    @property
    def brings(self) -> Brought:
        """How it stands beside what it brings."""
        return Brought(self.context, self.actor.region, partner=self.partner.code)


def caller_known(token: str) -> Caller:
    """Return whose program shows ``token``; BusinessError where it opens nothing, is not for exchange, or nobody's with
    whom we exchange."""
    actor = token_actor(token)
    require(actor, LINK, actor.region)
    code = actor.operator.removeprefix(_OF_PARTNER)
    found = Partner.objects.filter(code=code, own=False, valid_until=None).first()
    # Nobody of ours is called so: no operator's number has a colon.
    if found is None or actor.operator == code:
        raise BusinessError("exchange.not_a_partner")
    return Caller(found, actor)


def package_deliver(*, caller: Caller, file: bytes) -> Reply:
    """Take in, or refuse, the package ``file`` that a partner brought; BusinessError where it is not the partner's own,
    or for a side of ours for which its token is not issued."""
    told = manifest_of(file)
    try:
        if told is not None:
            _require_own(caller, told)
    except BusinessError as refused:
        package_logged(file, told, CHANNEL, Reply("refused", str(refused), None), caller.brings)
        raise
    return package_receive(file, channel=CHANNEL, brought=caller.brings)


def delivery_failed(*, caller: Caller, reason: str) -> None:
    """Write down that a partner brought what did not arrive whole, or was too much."""
    with declared(caller.context):
        Passage.objects.create(
            at=timezone.now(), region_id=caller.actor.region, direction="in", channel=CHANNEL,
            partner=caller.partner.code, digest="", outcome="refused", reason=reason,
        )  # fmt: skip


def waiting(caller: Caller) -> list[str]:
    """Return the names of the packages that wait for a partner, the oldest first."""
    now = timezone.now()
    unfetched = Q(stage=Stage.RELEASED)
    unreceipted = Q(stage=Stage.SENT) & (Q(try_at=None) | Q(try_at__lte=now))
    rows = (one for one in _for(caller).filter(unfetched | unreceipted).order_by("pk") if _is_here(one))
    return [one.file_name for one, _ in zip(rows, range(MOST_NAMES), strict=False)]


def package_hand(*, caller: Caller, name: str) -> bytes:
    """Return the package called ``name``; BusinessError where none waits for the partner that is called so."""
    batch = _named(_for(caller).filter(stage__in=(Stage.RELEASED, Stage.SENT)), name)
    file = package_of(batch, caller.context)
    with declared(caller.context):
        _log(batch, "fetched")
    return file


def package_fetched(*, caller: Caller, name: str) -> None:
    """Note that a partner has the package called ``name``; BusinessError where there is none for it. What was receipted
    meanwhile stays as it is."""
    with declared(caller.context):
        batch = _named(_for(caller).select_for_update(of=("self",)), name)
        if batch.stage not in (Stage.RELEASED, Stage.SENT):
            return
        now = timezone.now()
        batch.stage, batch.sent_at, batch.try_at = Stage.SENT, batch.sent_at or now, now + AGAIN[-1]
        batch.tries += 1
        batch.save(update_fields=["stage", "sent_at", "try_at", "tries"])
        _log(batch, "sent")


def _require_own(caller: Caller, told: Manifest) -> None:
    if told.sender != caller.partner.code:
        raise BusinessError("exchange.foreign_sender", sender=told.sender, partner=caller.partner.code)
    side = own_side(told)
    if side is not None and not may(caller.actor, LINK, side.region):
        raise BusinessError("exchange.foreign_receiver", receiver=told.receiver)


def _for(caller: Caller) -> QuerySet[Batch]:
    """Return what was let go to a partner, in the region of its token."""
    rows = Batch.objects.filter(direction="out", agreement__partner=caller.partner, package__isnull=False)
    return Scope(caller.actor, LINK).filter(rows.select_related("agreement__partner"))


def _is_here(batch: Batch) -> bool:
    return is_fetched(Standing(batch.agreement, terms_read(batch.agreement.text)))


def _named(rows: QuerySet[Batch], name: str) -> Batch:
    parts = _FILE.fullmatch(name) if is_name(name) else None
    if parts is not None:
        found = rows.filter(agreement_number=parts["agreement"], kind=parts["kind"], sequence=int(parts["sequence"]))
        batch = found.first()
        if batch is not None and batch.file_name == name and _is_here(batch):
            return batch
    raise BusinessError("exchange.not_waiting")


def _log(batch: Batch, outcome: str) -> None:
    Passage.objects.create(
        at=timezone.now(), region_id=batch.region_id, direction="out", channel=CHANNEL, kind=batch.kind,
        partner=batch.agreement.partner.code, agreement=batch.agreement_number, sequence=batch.sequence,
        digest=batch.digest or "", outcome=outcome,
    )  # fmt: skip
