"""A batch that is to go out: its rows, the last check, and who lets it go.

Rule (S2-51 最后检查…缺、错、漏项…补正; S2-52 违反网络安全有关规定或存在安全隐患的应拒绝发送): rows are checked by the
terms; what is missing or wrong sends the whole batch back to the department that answers for it. Whoever looks after
the network looks at what leaves last and lets it go; he has not prepared it.

Invariant: what is let go is, byte for byte, what was checked; a sequence is given when it is let go, without gaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.exchange.emergency import require_or_designated
from renshe.core.exchange.keeping import kept
from renshe.core.exchange.keys import sealing_for, signer_of
from renshe.core.exchange.models import Batch, Passage, Stage
from renshe.core.exchange.offering import SUBJECT, offered
from renshe.core.exchange.operating import PREPARE, RELEASE
from renshe.core.exchange.packages.columns import Turned, keys_of, outward, sums_of
from renshe.core.exchange.packages.content import ContentRefused, content_written
from renshe.core.exchange.packages.manifest import Content, Manifest
from renshe.core.exchange.packages.package import Packed, package_write
from renshe.core.exchange.packages.terms import Terms
from renshe.core.exchange.records import records_put
from renshe.core.exchange.standing import Standing, agreement_standing, hold, next_sequence
from renshe.core.filing import store
from renshe.core.filing.numbering import draw
from renshe.core.journal.context import Context, declared, say
from renshe.core.org.actor import Actor
from renshe.core.org.rights import require

NUMBERS = "PC"
OPEN_TO_WITHDRAWAL = (Stage.PREPARED, Stage.RETURNED)
"""What has not been let go."""
_UNSAFE = ("exchange.unsealed", "exchange.no_agreement", "exchange.no_key")


def batch_prepare(
    *, actor: Actor, agreement: str, direct: bool = False, purpose: str = "", only: Sequence[str] | None = None
) -> Batch:
    """Return a new batch of what agreement number ``agreement`` hands out now: prepared, or returned with what the last
    check found. ``direct``: a department reports itself, by the same checks; ``purpose``: for what a query asks;
    ``only``: of whom alone, by the numbers by which we know them.

    Raises BusinessError where the agreement does not count, hands nothing out, or the actor may not.
    """
    standing = agreement_standing(agreement)
    require(actor, PREPARE, standing.agreement.own.region)
    if standing.terms.direction != "out":
        raise BusinessError("exchange.wrong_direction", number=agreement)
    if standing.terms.returns and not purpose.strip():
        raise BusinessError("exchange.purpose_missing", number=agreement)
    context = actor.context(f"生成交换批次（{standing.agreement.title}）")
    return batch_made(standing, context, direct=direct, purpose=purpose.strip(), only=only)


def batch_made(standing: Standing, context: Context, *, only: Sequence[str] | None = None, **told: Any) -> Batch:
    """Return the batch as ``batch_prepare`` does, for whom has asked for a right, or for the schedule."""
    own = standing.agreement.own
    with declared(context):
        number = draw(NUMBERS, own.region_id, timezone.localdate().year)
        say(replace(context, case=number))
        rows = offered(standing.terms)(standing.agreement, standing.terms, only)
        turned = outward(rows, standing.terms)
        batch = Batch.objects.create(
            number=number,
            agreement=standing.agreement,
            agreement_number=standing.agreement.number,
            region=own.region,
            direction="out",
            kind="batch",
            stage=Stage.RETURNED if turned.many else Stage.PREPARED,
            rows=turned.rows.num_rows,
            sums={} if turned.many else sums_of(turned.rows, standing.terms),
            content=kept(_written(turned, standing.terms)),
            faults=_faults(turned),
            prepared_by=context.operator,
            made_at=timezone.now(),
            **told,
        )
        if not turned.many:
            about = rows.column(SUBJECT).to_pylist() if SUBJECT in rows.column_names else None
            records_put(batch, keys_of(turned.rows, standing.terms), about)
        return batch


def batch_release(*, actor: Actor, number: str, seen: str) -> Batch:
    """Let a batch go that somebody else prepared; ``seen``: the digest of the content that was looked at.

    What may not leave (unsealed, to nobody who is known) is refused, and the log of the gate tells of it.
    """
    try:
        return _released(actor, number, seen)
    except BusinessError as refused:
        if refused.code in _UNSAFE:
            _refused(actor, number, str(refused))
        raise


def _released(actor: Actor, number: str, seen: str) -> Batch:
    with declared(actor.context("发送检查，放行", case=number)):
        batch = _held(number, Stage.PREPARED)
        batch.emergency = require_or_designated(actor, RELEASE, batch.region)
        if batch.prepared_by == actor.operator:
            raise BusinessError("exchange.same_person")
        if batch.content != seen:
            raise BusinessError("exchange.changed")
        standing = agreement_standing(batch.agreement_number)
        if standing.agreement.pk != batch.agreement_id:
            raise BusinessError("exchange.old_agreement", number=number)
        if not standing.terms.sealed and standing.terms.personal:
            raise BusinessError("exchange.unsealed", number=batch.agreement_number)
        hold(batch.agreement_number)
        batch.sequence = next_sequence(batch.agreement_number, "out", batch.kind)
        made = _packed(batch, standing)
        batch.package, batch.digest = kept(made.file), made.digest
        batch.stage, batch.released_by, batch.released_at = Stage.RELEASED, actor.operator, timezone.now()
        batch.try_at = batch.released_at
        batch.save()
        return batch


def _refused(actor: Actor, number: str, reason: str) -> None:
    with declared(actor.context("拒绝发送", case=number)):
        batch = Batch.objects.select_related("agreement__partner").get(number=number)
        Passage.objects.create(
            at=timezone.now(), region_id=batch.region_id, direction="out", channel="", kind=batch.kind,
            partner=batch.agreement.partner.code, agreement=batch.agreement_number, digest=batch.content,
            outcome="refused", reason=reason,
        )  # fmt: skip


def batch_withdraw(*, actor: Actor, number: str, reason: str) -> Batch:
    """Take a batch back that was not let go; BusinessError where it was."""
    with declared(actor.context(f"撤回：{reason}", case=number)):
        batch = _held(number, *OPEN_TO_WITHDRAWAL)
        require(actor, PREPARE, batch.region)
        if not reason.strip():
            raise BusinessError("exchange.reason_missing")
        batch.stage, batch.reason = Stage.WITHDRAWN, reason
        batch.save(update_fields=["stage", "reason"])
        return batch


def _held(number: str, *stages: Stage) -> Batch:
    """Return a batch that stands so, which nobody else changes until the transaction ends."""
    rows = Batch.objects.select_for_update(of=("self",)).select_related("region", "agreement")
    found = None if "\x00" in number else rows.filter(number=number).first()
    if found is None:
        raise BusinessError("exchange.no_batch", number=number.replace("\x00", ""))
    if found.stage not in stages:
        raise BusinessError("exchange.wrong_stage", number=number, stage=Stage(found.stage).label)
    return found


def _packed(batch: Batch, standing: Standing) -> Packed:
    agreement, terms = standing.agreement, standing.terms
    signer = signer_of(agreement.own, terms.suite)
    content = Content(terms.media if batch.kind == "batch" else "parquet", batch.rows, 0, "", "", batch.sums)
    assert batch.sequence is not None
    manifest = Manifest(
        batch.kind,  # type: ignore[arg-type]
        agreement.own.code, agreement.partner.code, agreement.number, agreement.version, batch.sequence,
        timezone.localtime().isoformat(timespec="seconds"), terms.suite, signer.fingerprint, None, content, None,
        batch.purpose,
    )  # fmt: skip
    seal = sealing_for(agreement.partner, terms.suite) if terms.sealed else None
    return package_write(manifest, store.read(batch.content), signer, seal)


def _written(turned: Turned, terms: Terms) -> bytes:
    try:
        return content_written(turned.rows, terms.media, terms.layout)
    except ContentRefused as refused:
        raise BusinessError("exchange.unwritable", told=str(refused)) from None


def _faults(turned: Turned) -> dict[str, object]:
    if not turned.many:
        return {}
    told = [[one.row, one.column, one.said] for one in turned.faults]
    return {"many": turned.many, "first": told}
