"""Receipts for packages and answers to records, made and taken.

Rule (S2-53 发送完成后,应及时通知接收方查收 and its acknowledgement is recorded; S1-45, S3-7): a receipt says of one
package that it was taken, held, or refused and why; answers say of records what became of them.

Invariant: the same package gets the same receipt, however often it comes; a refusal gives its sequence back.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from django.utils import timezone

from renshe.core.exchange.comparing import compare
from renshe.core.exchange.keys import sealing_for, signer_of
from renshe.core.exchange.models import Agreement, Batch, Difference, Fate, Partner, Stage
from renshe.core.exchange.offering import Taken
from renshe.core.exchange.packages.columns import inward, outward
from renshe.core.exchange.packages.content import ContentRefused, content_read, content_written
from renshe.core.exchange.packages.manifest import Content, Kind, Manifest
from renshe.core.exchange.packages.package import PackageRefused, Packed, package_write
from renshe.core.exchange.packages.terms import ANSWERS, Terms
from renshe.core.exchange.records import records_answer, records_open
from renshe.core.exchange.standing import Standing, agreement_version
from renshe.core.filing import store
from renshe.standards.workdays import add_workdays

COLUMNS = list(ANSWERS)
COLUMNS_OF = {
    "answers": COLUMNS,
    "amends": COLUMNS,
    "correction": ["sequence", "place", "key", "column", "told", "held", "reason"],
}
"""The columns of what carries no batch; answers carry besides what a query asked."""
ANSWER_TO: dict[str, Kind] = {"batch": "answers", "correction": "amends"}
"""Of which kind answers are, by what they answer."""
_FATES = (Fate.ACCEPTED, Fate.REFUSED, Fate.APPLIED)


def packed(
    side: Partner, partner: Partner, agreement: tuple[str, int], terms_suite: str, kind: Kind, sequence: int,
    content: bytes, media: str, rows: int, *, sealed: bool = True, about: int | None = None,
    sums: dict[str, str] | None = None,
) -> Packed:  # fmt: skip
    """Return a package of ours under ``agreement`` (number and version); BusinessError where a key is lacking."""
    signer = signer_of(side, terms_suite)
    manifest = Manifest(
        kind, side.code, partner.code, agreement[0], agreement[1], sequence,
        timezone.localtime().isoformat(timespec="seconds"), terms_suite, signer.fingerprint, None,
        Content(media, rows, 0, "", "", sums or {}), about,  # type: ignore[arg-type]
    )  # fmt: skip
    return package_write(manifest, content, signer, sealing_for(partner, terms_suite) if sealed else None)


def receipt_made(agreement: Agreement, suite: str, about: Manifest, digest: str, outcome: str, reason: str) -> bytes:
    """Return the receipt for the package that ``about`` is the manifest of, with its ``digest``."""
    told = {"kind": about.kind, "digest": digest, "outcome": outcome, "reason": reason}
    content = json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
    numbered = (agreement.number, about.version)
    return packed(
        agreement.own, agreement.partner, numbered, suite, "receipt", about.sequence, content, "json", 1,
        about=about.sequence,
    ).file  # fmt: skip


def receipt_take(manifest: Manifest, content: bytes) -> None:
    """Write down what a receipt says of a batch of ours; PackageRefused where it speaks of none."""
    try:
        told: dict[str, Any] = json.loads(content)
        kind, digest, outcome, reason = (str(told[name]) for name in ("kind", "digest", "outcome", "reason"))
    except (ValueError, KeyError, TypeError):
        raise PackageRefused("content", "回执的内容不可读", manifest) from None
    batch = (
        Batch.objects.select_for_update()
        .filter(agreement_number=manifest.agreement, direction="out", kind=kind, digest=digest)
        .first()
    )
    if batch is None:
        raise PackageRefused("about", f"没有发送过序号 {manifest.about} 的这个包", manifest)
    if batch.stage not in (Stage.RELEASED, Stage.SENT):
        # It was told before; what it said then stands.
        return
    if outcome == "refused":
        batch.try_at, batch.received_at = None, timezone.now()
        batch.stage, batch.reason, batch.sequence = Stage.REFUSED, f"序号 {batch.sequence}：{reason}"[:2000], None
    else:
        _received(batch)
    batch.save()


def _received(batch: Batch) -> None:
    """Let ``batch`` count as received by the other side: a receipt says so, or answers, which may come before it."""
    now = timezone.now()
    batch.sent_at, batch.received_at, batch.try_at = batch.sent_at or now, batch.received_at or now, None
    batch.stage = Stage.RECEIVED
    if batch.answer_due is None:
        standing = agreement_version(batch.agreement_number, batch.agreement.version)
        if batch.kind == "batch" and standing is not None and standing.terms.answers_within:
            today = timezone.localdate()
            batch.answer_due = add_workdays(today, standing.terms.answers_within, provisional=True)
    if not batch.records.exists() or records_open(batch):
        return
    batch.stage, batch.answered_at = Stage.ANSWERED, now


def answers_written(answers: Sequence[Taken], keys: dict[int, str], terms: Terms | None) -> tuple[bytes, int]:
    """Return ``answers`` as they travel, with what ``terms`` ask to be returned, and how many there are."""
    rows = [(str(one.place), keys.get(one.place, ""), str(one.fate.value), one.said) for one in answers]
    made = {name: pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate(COLUMNS)}
    if terms is not None and terms.returns:
        ours = {
            one.name: pa.array([told.values.get(one.name) for told in answers], pa.string()) for one in terms.returns
        }
        turned = outward(pa.table(ours), terms.returned).rows
        made |= {name: turned.column(name) for name in turned.column_names}
    return content_written(pa.table(made), "parquet"), len(rows)


def answers_take(answers: Batch, standing: Standing) -> None:
    """Write down what ``answers`` say of what they are about."""
    batch = answers.about
    assert batch is not None
    table = content_read(store.read(answers.content), "parquet", _columns(answers.kind, standing.terms))
    rows = table.select(COLUMNS).to_pylist()
    told = [Taken(int(row["place"]), Fate(row["fate"]), row["said"] or "") for row in rows]
    records_answer(batch, told)
    if answers.kind == "amends":
        _amended(batch, told)
    elif standing.terms.returns:
        values = inward(table, standing.terms.returned).rows.to_pylist()
        subjects = dict(batch.records.filter(subject__isnull=False).values_list("place", "subject"))
        compare(
            batch,
            standing,
            standing.terms.returns,
            [
                (one.place, subjects.get(one.place), row)
                for one, row in zip(told, values, strict=True)
                if any(row.values())
            ],
        )
    batch.refresh_from_db()
    if batch.stage in (Stage.RELEASED, Stage.SENT, Stage.RECEIVED):
        _received(batch)
        batch.save()


def _amended(correction: Batch, told: list[Taken]) -> None:
    """Write down what the other says of what he was asked to correct: what he holds to be right is looked at again."""
    differences = {one.correction_place: one for one in correction.doubts.all()}
    for one in told:
        found = differences.get(one.place)
        if found is None or found.state != Difference.State.DOUBTED:
            continue
        done = one.fate == Fate.APPLIED
        found.state = Difference.State.SETTLED if done else Difference.State.OPEN
        found.told = f"对方{'已更正' if done else '核实无误'}：{one.said}"[:2000]
        found.save(update_fields=["state", "told"])


def answers_checked(content: bytes, manifest: Manifest, standing: Standing, batch: Batch) -> None:
    """Refuse with PackageRefused answers that speak of other records than those of ``batch``."""
    try:
        table = content_read(content, "parquet", _columns(manifest.kind, standing.terms))
    except ContentRefused as refused:
        raise PackageRefused("content", str(refused), manifest) from None
    keys = dict(batch.records.values_list("place", "key"))
    for row in table.select(COLUMNS).to_pylist():
        place = int(row["place"]) if str(row["place"] or "").isdecimal() else 0
        if keys.get(place) != (row["key"] or "") or row["fate"] not in _FATES:
            raise PackageRefused("content", f"答复第 {place} 行与所发送的记录不符", manifest)


def _columns(kind: str, terms: Terms) -> list[str]:
    return [*COLUMNS, *(one.header for one in terms.returns if kind == "answers")]
