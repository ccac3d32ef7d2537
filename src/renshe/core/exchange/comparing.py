"""What others told of whom we hold, beside what we hold.

Rule (S1-32 与公安、民政、市监、税务等部门核对确认; S3-16, S3-17; 政务数据共享条例): whatever a partner tells under an
agreement is kept as he told it; where we hold the same item otherwise, that is a difference which somebody looks at: he
asks for a change here (a case of its own, by its own rules), asks the other to correct his, or says why both may stand.

Invariant: no value of another overwrites ours; the same difference is not found twice while it is open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pyarrow as pa
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.exchange.models import Batch, Difference, Returned
from renshe.core.exchange.offering import SUBJECT, held, mended_by, offered
from renshe.core.exchange.operating import COMPARE
from renshe.core.exchange.packages.terms import Column, Terms, terms_read
from renshe.core.exchange.standing import Standing
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor
from renshe.core.org.rights import require
from renshe.core.org.scope import Scope

_BLOCK = 5_000
Told = tuple[int, str | None, Mapping[str, str | None]]
"""A place, whom it is about, and what was told of him by our names."""


def compare(batch: Batch, standing: Standing, columns: tuple[Column, ...], told: Iterable[Told]) -> None:
    """Keep what was ``told`` of records of ``batch``, and find where ours differs; inside its transaction."""
    kept = [
        (place, subject, {name: value for name, value in values.items() if value}) for place, subject, values in told
    ]
    Returned.objects.bulk_create(
        [Returned(batch=batch, place=place, subject=subject, values=values) for place, subject, values in kept],
        batch_size=_BLOCK,
        ignore_conflicts=True,
    )
    known = {subject for _, subject, _ in kept if subject is not None}
    ours_too = tuple(one for one in columns if one.name in held(standing.terms.content))
    if not known or not ours_too:
        return
    ours = _ours(standing, ours_too, sorted(known))
    found = [
        Difference(
            batch=batch, place=place, subject=subject, column=one.name, label=one.label,
            ours=ours[subject].get(one.name), theirs=values[one.name], found_at=timezone.now(),
        )
        for place, subject, values in kept
        if subject is not None and subject in ours
        for one in ours_too
        if one.name in values and values[one.name] != ours[subject][one.name]
    ]  # fmt: skip
    Difference.objects.bulk_create(found, batch_size=_BLOCK, ignore_conflicts=True)


def _ours(standing: Standing, columns: tuple[Column, ...], subjects: list[str]) -> dict[str, dict[str, str | None]]:
    """Return what we hold of ``subjects``, by the names of ``columns``: of those that we have."""
    terms: Terms = replace(standing.terms, columns=columns)
    rows = offered(terms)(standing.agreement, terms, subjects)
    texts = rows.cast(pa.schema([(name, pa.string()) for name in rows.column_names])).to_pylist()
    return {row.pop(SUBJECT): row for row in texts}


def difference_change(*, actor: Actor, difference: int) -> str:
    """Begin the business by which we would take over what the other holds; return its number."""
    with declared(actor.context("按比对结果办理变更")):
        found = _open(actor, difference)
        number = mended_by(terms_read(found.batch.agreement.text).content)(actor, found)
        _decide(found, actor, Difference.State.CHANGING, case_no=number)
        return number


def difference_doubt(*, actor: Actor, difference: int, reason: str) -> Difference:
    """Say that the other should correct his; he is asked with the next batch of corrections."""
    with declared(actor.context(f"请对方更正：{reason}")):
        found = _open(actor, difference)
        return _decide(found, actor, Difference.State.DOUBTED, told=_reason(reason))


def difference_settle(*, actor: Actor, difference: int, reason: str) -> Difference:
    """Say why both values may stand."""
    with declared(actor.context(f"比对差异核实：{reason}")):
        return _decide(_open(actor, difference), actor, Difference.State.SETTLED, told=_reason(reason))


def _open(actor: Actor, difference: int) -> Difference:
    """Return a difference that nobody has decided on, which nobody else changes until the transaction ends."""
    rows = Difference.objects.select_for_update(of=("self",)).select_related("batch__agreement", "batch__region")
    try:
        found = Scope(actor, COMPARE).get(rows, pk=difference)
    except Difference.DoesNotExist:
        raise BusinessError("registers.not_there", number=difference) from None
    require(actor, COMPARE, found.batch.region)
    if found.state != Difference.State.OPEN:
        raise BusinessError("exchange.difference_decided", state=Difference.State(found.state).label)
    return found


def _decide(found: Difference, actor: Actor, state: Difference.State, **told: object) -> Difference:
    for name, value in told.items():
        setattr(found, name, value)
    found.state, found.decided_by, found.decided_at = state, actor.operator, timezone.now()
    found.save()
    return found


def _reason(reason: str) -> str:
    if not reason.strip():
        raise BusinessError("exchange.reason_missing")
    return reason.strip()
