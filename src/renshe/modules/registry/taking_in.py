"""What the register does with what partners tell, or ask, of people.

Rule (S1-32 核对确认; S3-41 a query is answered with purpose and log; 政务数据共享条例): whoever is told of is found by
his identity document; what was told stands beside what we hold, and changes nothing. Whoever is asked about is told of
with the columns that the agreement names.

Invariant: nobody outside the region of our side is told of; a change that a comparison asks for is a case.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from renshe.core.casework.services import case_start
from renshe.core.errors import BusinessError
from renshe.core.exchange.models import Agreement, Batch, Difference, Fate
from renshe.core.exchange.offering import PLACE, SUBJECT, Taken, mender, taker
from renshe.core.exchange.packages.terms import Terms
from renshe.core.org.actor import Actor
from renshe.modules.registry.handing_out import CONTENT, held, people_of
from renshe.modules.registry.models import Identifier, Person
from renshe.modules.registry.person_cases import KEY

_BLOCK = 10_000


@taker(CONTENT)
def people_taken(batch: Batch, terms: Terms, rows: pa.Table) -> Iterator[Taken]:
    """Yield of each row whom it is about, and what we hold of him where ``terms`` ask for it."""
    if "id_number" not in rows.column_names:
        raise BusinessError("exchange.not_offered", column="id_number", content=terms.content)
    for at in range(0, rows.num_rows, _BLOCK):
        block = rows.slice(at, _BLOCK)
        known = _known(batch.agreement, block.column("id_number").to_pylist())
        told = _told(list(known.values()), terms) if terms.returns else {}
        for place, number in zip(block.column(PLACE).to_pylist(), block.column("id_number").to_pylist(), strict=True):
            person = known.get(number)
            if person is None:
                yield Taken(place, Fate.REFUSED, "本机构没有这个人")
            else:
                yield Taken(place, Fate.ACCEPTED, "", told.get(person, {}), person)


def _known(agreement: Agreement, numbers: list[str | None]) -> dict[str, str]:
    """Return by the numbers of documents in force whose they are, of the people of our side."""
    here = people_of(agreement)
    rows = Identifier.objects.filter(value__in=[one for one in numbers if one], valid_to=None, person__in=here)
    return dict(rows.values_list("value", "person_id"))


def _told(people: list[str], terms: Terms) -> dict[str, dict[str, str | None]]:
    rows = held(Person.objects.filter(pk__in=people), [one.name for one in terms.returns]).to_pylist()
    return {row.pop(SUBJECT): row for row in rows}


@mender(CONTENT)
def person_mended(actor: Actor, difference: Difference) -> str:
    """Begin a change of one item of a person to what another holds; return the number of the case, a draft with whoever
    began it: whoever was reviewed is changed by the regime of source 002, as that says itself."""
    kind = "registry.person_key" if difference.column in KEY else "registry.person_change"
    person = Person.objects.get(pk=difference.subject)
    ground = (
        f"{difference.batch.agreement.partner.name}比对返回（批次 {difference.batch.number} 第 {difference.place} 行）"
    )
    form = {"person_no": person.pk, difference.column: difference.theirs, "ground": ground}
    return case_start(
        actor=actor, type=kind, region=person.region_id, form=form, channel="counter", submit=False
    ).number
