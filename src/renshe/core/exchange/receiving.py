"""What comes in: through one gate, whichever way it came.

Rule (S2-52 拒绝; S2-54, S2-67: whatever its way, the same gate; S3-4, S3-36): a package is known by agreement,
direction, kind and sequence. The same again gets the answer that it got; another under the same number is refused; one
that came too early waits for those before it; what is altered, foreign, unsealed or outside an agreement is refused
with the reason.

Invariant: of what is refused nothing stays but a line in the log; what was taken has its batch, its package and its
records in one transaction; a receipt says what was done and nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pyarrow as pa
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.exchange.answering import ANSWER_TO, answers_checked, answers_take, receipt_made, receipt_take
from renshe.core.exchange.correcting import correction_checked
from renshe.core.exchange.keeping import kept
from renshe.core.exchange.keys import Ring
from renshe.core.exchange.models import Batch, Partner, Passage, Stage
from renshe.core.exchange.packages.columns import keys_of, sums_of
from renshe.core.exchange.packages.content import ContentRefused, content_read
from renshe.core.exchange.packages.manifest import Manifest
from renshe.core.exchange.packages.package import Opened, PackageRefused, manifest_of, package_open
from renshe.core.exchange.packages.suites import suite
from renshe.core.exchange.records import records_put
from renshe.core.exchange.standing import Standing, agreement_version, hold, reached
from renshe.core.exchange.taking import batch_take
from renshe.core.filing.numbering import draw
from renshe.core.journal.context import Context, declared

NUMBERS = "PR"
_ANSWERED = {told: about for about, told in ANSWER_TO.items()}
"""What is answered, by the kind of the answers."""
LATE = dt.timedelta(days=30)
"""For so long after a version of an agreement has ended, what was under way by it is still taken."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a package: ``outcome`` taken, again, held or refused, the ``reason``, and the receipt to be handed
    back (None: for a receipt, or where nobody is known to whom it could go); ``line``: of it in the log."""

    outcome: str
    reason: str
    receipt: bytes | None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Brought:
    """Who brought a package: the ``partner`` of that code, or somebody of ours (``by``), to whom the receipt is given
    to carry back. ``context``: what the journal is told; ``region``: where the line stands if the package says none."""

    context: Context
    region: str
    partner: str = ""
    by: str | None = None


def package_receive(file: bytes, *, channel: str, brought: Brought | None = None) -> Reply:
    """Take the package ``file`` in that came by ``channel``, or refuse it; the log tells of it either way."""
    told = manifest_of(file)
    side = own_side(told)
    opened: Opened | None = None
    try:
        if side is None:
            code = told.receiver if told else "不可读"
            raise PackageRefused("receiver", f"不是发给本机构的包（收件方 {code}）", told)
        opened = package_open(file, Ring(), receiver=side.code, must_be_sealed=_must_be_sealed)
        with declared(_context(opened.manifest)):
            reply = _taken(file, opened, _agreed(opened.manifest, side))
    except BusinessError as refused:
        # What a line refuses, it refuses for the whole batch.
        reply = Reply("refused", str(refused), _refusal(opened, str(refused), side))
    except PackageRefused as refused:
        reply = Reply("refused", str(refused), _refusal(opened, str(refused), side))
    return package_logged(file, told, channel, reply, brought)


def own_side(told: Manifest | None) -> Partner | None:
    """Return for which side of ours a package says that it is; None where for none."""
    sides = Partner.objects.select_related("region").filter(own=True)
    return sides.filter(code=told.receiver).first() if told else None


def package_logged(
    file: bytes, told: Manifest | None, channel: str, reply: Reply, brought: Brought | None = None
) -> Reply:
    """Write the line of the log that tells what became of a package; return ``reply`` with it."""
    side = own_side(told)
    with declared(brought.context if brought else _context(told)):
        line = Passage.objects.create(
            at=timezone.now(),
            region_id=side.region_id if side else brought.region if brought else None,
            direction="in",
            channel=channel,
            partner=told.sender if told else brought.partner if brought else "",
            agreement=told.agreement if told else "",
            kind=told.kind if told else "",
            sequence=told.sequence if told else None,
            digest=suite("sm").digest(file).hex(),
            outcome=reply.outcome,
            reason=reply.reason,
            by=brought.by if brought else None,
            receipt=reply.receipt if brought and brought.by else None,
        )
    return replace(reply, line=line.pk)


def _taken(file: bytes, opened: Opened, standing: Standing) -> Reply:
    """Take a package in, inside what is declared; PackageRefused where it is not to be."""
    manifest = opened.manifest
    hold(manifest.agreement)
    if manifest.kind == "receipt":
        receipt_take(manifest, opened.content)
        return Reply("taken", "", None)
    came = Batch.objects.filter(
        agreement_number=manifest.agreement, direction="in", kind=manifest.kind, sequence=manifest.sequence
    ).first()
    if came is not None:
        if came.digest != opened.digest:
            raise PackageRefused("sequence", f"序号 {manifest.sequence} 已收到过内容不同的包", manifest)
        outcome = "held" if came.stage == Stage.HELD else "taken"
        return Reply("again", "", _receipt(standing, opened, outcome, ""))
    expected = reached(manifest.agreement, manifest.kind) + 1
    batch = _kept(file, opened, standing, held=manifest.sequence > expected)
    if batch.stage == Stage.HELD:
        reason = f"序号 {expected} 尚未收到"
        return Reply("held", reason, _receipt(standing, opened, "held", reason))
    for ready in _ready(batch):
        if ready.kind == "batch":
            batch_take(ready, standing)
            continue
        if ready.kind in _ANSWERED:
            answers_take(ready, standing)
        Batch.objects.filter(pk=ready.pk).update(stage=Stage.RECEIVED, received_at=timezone.now())
    return Reply("taken", "", _receipt(standing, opened, "taken", ""))


def _must_be_sealed(manifest: Manifest) -> bool:
    standing = agreement_version(manifest.agreement, manifest.version)
    return standing is None or standing.terms.sealed


def _agreed(manifest: Manifest, side: Partner) -> Standing:
    """Return the agreement under which a package comes; PackageRefused where it is outside of any."""
    standing = agreement_version(manifest.agreement, manifest.version)
    if standing is None or standing.agreement.own_id != side.pk or standing.agreement.partner.code != manifest.sender:
        raise PackageRefused("agreement", f"没有与发件方的协议 {manifest.agreement} 第 {manifest.version} 版", manifest)
    ended = standing.agreement.valid_until
    if ended is not None and ended + LATE < timezone.localdate():
        raise PackageRefused("agreement", f"协议 {manifest.agreement} 第 {manifest.version} 版已经终止", manifest)
    if manifest.suite != standing.terms.suite:
        raise PackageRefused("suite", "算法与协议约定的不同", manifest)
    wanted = {"batch": "in", "answers": "out"}.get(manifest.kind, standing.terms.direction)
    if standing.terms.direction != wanted:
        raise PackageRefused("kind", "协议中没有这种往来", manifest)
    return standing


def _kept(file: bytes, opened: Opened, standing: Standing, *, held: bool) -> Batch:
    """Return the new batch that ``opened`` is, with its records; PackageRefused where its content is not as agreed."""
    manifest, about = opened.manifest, None
    if manifest.kind in _ANSWERED:
        out = Batch.objects.filter(agreement_number=manifest.agreement, direction="out", kind=_ANSWERED[manifest.kind])
        about = out.filter(sequence=manifest.about).first()
        if about is None:
            raise PackageRefused("about", f"没有发送过序号 {manifest.about} 的批次", manifest)
        answers_checked(opened.content, manifest, standing, about)
        keys = None
    elif manifest.kind == "correction":
        try:
            keys = correction_checked(opened.content, manifest, standing).column("key")
        except ContentRefused as refused:
            raise PackageRefused("content", str(refused), manifest) from None
    else:
        keys = keys_of(_whole(opened, standing), standing.terms)
    if keys is not None and len(keys) != manifest.content.rows:
        raise PackageRefused("count", f"记录数 {len(keys)} 与包说明的 {manifest.content.rows} 不符", manifest)
    today = timezone.localdate()
    batch = Batch.objects.create(
        number=draw(NUMBERS, standing.agreement.own.region_id, today.year),
        agreement=standing.agreement,
        agreement_number=manifest.agreement,
        region_id=standing.agreement.own.region_id,
        direction="in",
        kind=manifest.kind,
        sequence=manifest.sequence,
        about=about,
        stage=Stage.HELD if held else Stage.RECEIVED,
        rows=manifest.content.rows,
        sums=dict(manifest.content.sums),
        content=kept(opened.content),
        package=kept(file),
        digest=opened.digest,
        purpose=manifest.purpose,
        made_at=dt.datetime.fromisoformat(manifest.made_at),
        sent_at=timezone.now(),
    )
    if keys is not None:
        records_put(batch, keys)
    return batch


def _whole(opened: Opened, standing: Standing) -> pa.Table:
    """Return the rows of a batch; PackageRefused where form or sums are not what the manifest and the terms say."""
    manifest, terms = opened.manifest, standing.terms
    if manifest.content.media != terms.media:
        raise PackageRefused("content", f"内容应为 {terms.media}", manifest)
    try:
        rows = content_read(opened.content, terms.media, terms.headers, terms.layout)
    except ContentRefused as refused:
        raise PackageRefused("content", str(refused), manifest) from None
    if sums_of(rows, terms) != dict(manifest.content.sums):
        raise PackageRefused("sums", "合计与包说明的不符", manifest)
    if terms.returns and not manifest.purpose.strip():
        raise PackageRefused("purpose", "查询应写明事由", manifest)
    return rows


def _ready(batch: Batch) -> Iterator[Batch]:
    """Yield ``batch`` and, one after the other, those that waited for it."""
    yield batch
    rows = Batch.objects.filter(
        agreement_number=batch.agreement_number, direction="in", kind=batch.kind, stage=Stage.HELD
    )
    sequence = batch.sequence or 0
    while (following := rows.filter(sequence=sequence + 1).first()) is not None:
        yield following
        sequence += 1


def _receipt(standing: Standing, opened: Opened, outcome: str, reason: str) -> bytes:
    made: bytes = receipt_made(
        standing.agreement, standing.terms.suite, opened.manifest, opened.digest, outcome, reason
    )
    return made


def _refusal(opened: Opened | None, reason: str, side: Partner | None) -> bytes | None:
    """Return the receipt for a refusal to who showed who he is, where there is an agreement with him."""
    if opened is None or side is None or opened.manifest.kind == "receipt":
        return None
    standing = agreement_version(opened.manifest.agreement, opened.manifest.version)
    if standing is None or standing.agreement.own_id != side.pk:
        return None
    try:
        return _receipt(standing, opened, "refused", reason)
    except BusinessError:
        # Without keys nobody is answered; the log has it.
        return None


def _context(told: Manifest | None) -> Context:
    known = told is not None and Partner.objects.filter(code=told.sender).exists()
    return Context(operator=f"partner:{told.sender}" if told and known else "system", reason="数据交换")
