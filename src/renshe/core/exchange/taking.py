"""What came is handed to the line that takes it, and answered.

Rule (issue 7: a record for record answer; S3-6): a line says of each record what became of it; where the terms ask for
answers, they go back as a package of their own.

Invariant: a batch is taken once, with its records and its answers, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from renshe.core.exchange.answering import ANSWER_TO, answers_written, packed
from renshe.core.exchange.comparing import compare
from renshe.core.exchange.keeping import kept
from renshe.core.exchange.models import Batch, Fate, Stage
from renshe.core.exchange.offering import PLACE, Taken, offered, taken_by
from renshe.core.exchange.packages.columns import inward
from renshe.core.exchange.packages.content import content_read
from renshe.core.exchange.records import records_answer, subjects_put
from renshe.core.exchange.standing import Standing, next_sequence
from renshe.core.filing import store
from renshe.core.filing.numbering import draw

ANSWERS = "PD"
_WRONG = "与协议不符："


def batch_take(batch: Batch, standing: Standing) -> None:
    """Take the rows of ``batch``, whose turn it is, inside its transaction; make the answers that are asked for."""
    terms = standing.terms
    turned = inward(content_read(store.read(batch.content), terms.media, terms.headers, terms.layout), terms)
    wrong = turned.wrong.to_pylist()
    told: dict[int, str] = {}
    for fault in turned.faults:
        told[fault.row] = f"{told[fault.row]}；{fault.column}{fault.said}" if fault.row in told else (
            f"{_WRONG}{fault.column}{fault.said}"
        )  # fmt: skip
    taken = [Taken(at, Fate.REFUSED, told.get(at, _WRONG)) for at, bad in enumerate(wrong, 1) if bad]
    right = [at for at, bad in enumerate(wrong, 1) if not bad]
    takes = taken_by(terms.content)
    if takes is None:
        taken += [Taken(at, Fate.ACCEPTED) for at in right]
    else:
        rows = turned.rows.append_column(PLACE, [list(range(1, len(wrong) + 1))])
        if terms.returns:
            offered(terms.returned)
        mask = [not bad for bad in wrong]
        taken += list(takes(batch, terms, rows.filter(mask)))
    records_answer(batch, taken)
    subjects_put(batch, taken)
    if not terms.returns:
        about = {one.place: one.subject for one in taken if one.subject is not None}
        values = turned.rows.to_pylist() if about else []
        beside = [(at, about[at], row) for at, row in enumerate(values, 1) if at in about]
        compare(batch, standing, terms.columns, beside)
    batch.stage, batch.received_at = Stage.RECEIVED, timezone.now()
    batch.save(update_fields=["stage", "received_at"])
    if terms.answers_within:
        answer(batch, standing, taken)


def answer(batch: Batch, standing: Standing, taken: Iterable[Taken]) -> Batch:
    """Return the answers to the records of ``batch``, on their way: to a batch, or to a correction; inside ``hold``."""
    agreement, kind = standing.agreement, ANSWER_TO[batch.kind]
    keys = dict(batch.records.values_list("place", "key"))
    told = sorted(taken, key=lambda one: one.place)
    content, many = answers_written(told, keys, standing.terms if batch.kind == "batch" else None)
    sequence = next_sequence(agreement.number, "out", kind)
    made = packed(
        agreement.own, agreement.partner, (agreement.number, agreement.version), standing.terms.suite, kind, sequence,
        content, "parquet", many, sealed=standing.terms.sealed, about=batch.sequence,
    )  # fmt: skip
    now = timezone.now()
    return Batch.objects.create(
        number=draw(ANSWERS, batch.region_id, timezone.localdate().year),
        agreement=agreement,
        agreement_number=agreement.number,
        region_id=batch.region_id,
        direction="out",
        kind=kind,
        sequence=sequence,
        about=batch,
        stage=Stage.RELEASED,
        rows=many,
        content=kept(content),
        package=kept(made.file),
        digest=made.digest,
        made_at=now,
        released_at=now,
        try_at=now,
    )
