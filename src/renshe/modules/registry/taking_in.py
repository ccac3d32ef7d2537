"""What the register does with what partners tell, or ask, of people and units.

Rule (S1-32 核对确认; S3-41 a query is answered with purpose and log; 政务数据共享条例): whoever is told of is found by
his document or code; what was told stands beside what we hold, and changes nothing. Whoever is asked about is told of
with the columns that the agreement names.

Invariant: nobody outside the region of our side is told of; a change that a comparison asks for is a case.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from renshe.core.casework.services import case_start
from renshe.core.errors import BusinessError
from renshe.core.exchange.models import Batch, Difference, Fate
from renshe.core.exchange.offering import PLACE, SUBJECT, Mends, Taken, Takes, mender, taker
from renshe.core.exchange.packages.terms import Terms
from renshe.core.org.actor import Actor
from renshe.modules.registry.exchanged import KINDS, Kind

_BLOCK = 10_000


def _takes(kind: Kind) -> Takes:
    """Return what yields of each row whom it is about, and what we hold of him where terms ask for it."""

    def taken(batch: Batch, terms: Terms, rows: pa.Table) -> Iterator[Taken]:
        by = next((name for name in kind.found_by if name in rows.column_names), None)
        if by is None:
            raise BusinessError("exchange.not_offered", column=kind.found_by[0], content=terms.content)
        for at in range(0, rows.num_rows, _BLOCK):
            block = rows.slice(at, _BLOCK)
            values = block.column(by).to_pylist()
            known = kind.known(batch.agreement, by, values)
            told = _told(kind, list(known.values()), terms) if terms.returns else {}
            for place, value in zip(block.column(PLACE).to_pylist(), values, strict=True):
                subject = known.get(value)
                if subject is None:
                    yield Taken(place, Fate.REFUSED, "本机构没有登记")
                else:
                    yield Taken(place, Fate.ACCEPTED, "", told.get(subject, {}), subject)

    return taken


def _told(kind: Kind, subjects: list[str], terms: Terms) -> dict[str, dict[str, str | None]]:
    rows = kind.model._default_manager.filter(pk__in=subjects)
    return {row.pop(SUBJECT): row for row in kind.held(rows, [one.name for one in terms.returns]).to_pylist()}


def _mends(kind: Kind) -> Mends:
    """Return what begins a change of one item to what another holds, a draft with whoever began it: whoever was
    reviewed is changed by the regime of source 002, as that says itself."""

    def mended(actor: Actor, difference: Difference) -> str:
        row = kind.model._default_manager.get(pk=difference.subject)
        batch, column = difference.batch, difference.column
        ground = f"{batch.agreement.partner.name}比对返回（批次 {batch.number} 第 {difference.place} 行）"
        form = {kind.number: row.pk, column: difference.theirs, "ground": ground}
        region = row.region_id  # type: ignore[attr-defined]
        return case_start(actor=actor, type=kind.changed_by(column), region=region, form=form).number

    return mended


for one in KINDS:
    taker(one.content)(_takes(one))
    mender(one.content)(_mends(one))
