"""Requests to correct: ours to others, and others' to us, with their answers.

Rule (政务数据共享条例: who uses data and finds them wrong tells who gave them, who checks and answers): a request names
the batch, the record and the column, what was told and what is held instead, and why. It goes the way of every batch:
prepared, looked at by another, let go. Each is answered: corrected, or checked and right as it was.

Invariant: what another says of our data changes nothing of them; it lies with people until each record is answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa
from django.db.models import QuerySet
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.exchange.answering import COLUMNS_OF
from renshe.core.exchange.keeping import kept
from renshe.core.exchange.models import Batch, Difference, Fate, Record, Stage
from renshe.core.exchange.offering import Taken
from renshe.core.exchange.operating import COMPARE, PREPARE
from renshe.core.exchange.packages.columns import outward
from renshe.core.exchange.packages.content import content_read, content_written
from renshe.core.exchange.packages.manifest import Manifest
from renshe.core.exchange.packages.package import PackageRefused
from renshe.core.exchange.packages.terms import Column, Terms
from renshe.core.exchange.records import records_answer, records_put
from renshe.core.exchange.standing import Standing, agreement_standing, agreement_version, hold
from renshe.core.exchange.taking import answer
from renshe.core.filing import store
from renshe.core.filing.numbering import draw
from renshe.core.journal.context import declared, say
from renshe.core.org.actor import Actor
from renshe.core.org.rights import require
from renshe.core.org.scope import Scope

NUMBERS = "PG"


def corrections_prepare(*, actor: Actor, agreement: str) -> Batch:
    """Return a new batch of what we ask the other side of ``agreement`` to correct; BusinessError where nothing is."""
    standing = agreement_standing(agreement)
    own = standing.agreement.own
    require(actor, PREPARE, own.region)
    with declared(actor.context("生成更正请求")):
        number = draw(NUMBERS, own.region_id, timezone.localdate().year)
        say(actor.context("生成更正请求", case=number))
        doubts = list(_doubted(agreement))
        if not doubts:
            raise BusinessError("exchange.nothing_doubted", number=agreement)
        rows = [_row(one, standing.terms) for one in doubts]
        made = pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in COLUMNS_OF["correction"]})
        batch = Batch.objects.create(
            number=number,
            agreement=standing.agreement,
            agreement_number=agreement,
            region=own.region,
            direction="out",
            kind="correction",
            stage=Stage.PREPARED,
            rows=len(rows),
            content=kept(content_written(made, "parquet")),
            prepared_by=actor.operator,
            made_at=timezone.now(),
        )
        records_put(batch, made.column("key"), [one.subject for one in doubts])
        for place, one in enumerate(doubts, 1):
            one.correction, one.correction_place = batch, place
        Difference.objects.bulk_update(doubts, ["correction", "correction_place"])
        return batch


def _doubted(agreement: str) -> QuerySet[Difference]:
    """Return what is doubted and was not asked, or whose request was withdrawn or refused; locked."""
    waiting = Difference.objects.filter(batch__agreement_number=agreement, state=Difference.State.DOUBTED)
    asked = Batch.objects.filter(kind="correction").exclude(stage__in=[Stage.WITHDRAWN, Stage.REFUSED])
    rows = waiting.exclude(correction__in=asked).select_related("batch").order_by("pk")
    return rows.select_for_update(of=("self",))


def _row(one: Difference, terms: Terms) -> dict[str, str]:
    """Return what the other is told of a difference, in his words."""
    column = next((known for known in (*terms.returns, *terms.columns) if known.name == one.column), None)
    if column is None:
        raise BusinessError("exchange.column_gone", label=one.label)
    key = Record.objects.values_list("key", flat=True).get(batch=one.batch, place=one.place)
    return {
        "sequence": str(one.batch.sequence), "place": str(one.place), "key": key, "column": column.header,
        "told": _worded(column, one.theirs, terms), "held": _worded(column, one.ours, terms), "reason": one.told,
    }  # fmt: skip


def _worded(column: Column, value: str | None, terms: Terms) -> str:
    rows = pa.table({column.name: pa.array([value], pa.string())})
    return outward(rows, replace(terms, columns=(column,))).rows.column(0)[0].as_py() or value or ""


def correction_checked(content: bytes, manifest: Manifest, standing: Standing) -> pa.Table:
    """Return the rows of a request to us; PackageRefused where one speaks of nothing that went between us."""
    rows = content_read(content, "parquet", COLUMNS_OF["correction"])
    terms, batches = standing.terms, Batch.objects.filter(agreement_number=manifest.agreement, kind="batch")
    known = {one.header for one in (*terms.returns, *terms.columns)}
    for at, row in enumerate(rows.to_pylist(), 1):
        sequence, place = (int(row[name]) if str(row[name] or "").isdecimal() else 0 for name in ("sequence", "place"))
        there = Record.objects.filter(
            batch__in=batches.filter(sequence=sequence, direction=terms.direction), place=place, key=row["key"] or ""
        )
        if row["column"] not in known or not there.exists():
            raise PackageRefused("content", f"更正请求第 {at} 行与往来的记录不符", manifest)
    return rows


def asked_of_us(actor: Actor) -> QuerySet[Record]:
    """Return the records of requests to us, those that nobody has answered first."""
    rows = Record.objects.filter(batch__kind="correction", batch__direction="in").exclude(batch__stage=Stage.HELD)
    return Scope(actor, COMPARE).filter(rows.select_related("batch__agreement__partner"))


def asked(record: Record) -> Mapping[str, str | None]:
    """Return what a request says of one record: sequence, place, key, column, told, held, reason."""
    rows = content_read(store.read(record.batch.content), "parquet", COLUMNS_OF["correction"])
    found: Mapping[str, str | None] = rows.slice(record.place - 1, 1).to_pylist()[0]
    return found


def correction_answer(*, actor: Actor, record: int, corrected: bool, said: str) -> Record:
    """Answer one record of a request to us: it was ``corrected``, or is right as it was, with the reason; when the last
    of a request is answered, the answers go."""
    with declared(actor.context(f"答复更正请求：{said}")):
        rows = asked_of_us(actor)
        try:
            found = Scope(actor, COMPARE).get(rows, pk=record)
        except Record.DoesNotExist:
            raise BusinessError("registers.not_there", number=record) from None
        require(actor, COMPARE, found.batch.region)
        if not said.strip():
            raise BusinessError("exchange.reason_missing")
        batch = found.batch
        hold(batch.agreement_number)
        told = Taken(found.place, Fate.APPLIED if corrected else Fate.REFUSED, said.strip())
        if not records_answer(batch, [told]):
            raise BusinessError("exchange.answered")
        if not batch.records.filter(fate=None).exists():
            _answered(batch)
        found.refresh_from_db()
        return found


def _answered(batch: Batch) -> None:
    """Let the answers go, when the last record of a request to us has one."""
    standing = agreement_version(batch.agreement_number, batch.agreement.version)
    assert standing is not None
    rows = batch.records.exclude(fate=None).order_by("place")
    answer(batch, standing, [Taken(one.place, Fate(str(one.fate)), one.said) for one in rows])
    batch.stage, batch.answered_at = Stage.ANSWERED, timezone.now()
    batch.save(update_fields=["stage", "answered_at"])
