"""What the register hands out to partners: its people.

Rule (S3-5: only what is verified is eligible; S3-36): the columns that an agreement names, of the people of the region
on our side of it, without those who were merged into others.

Invariant: nothing is handed out that the agreement does not name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyarrow as pa
from django.db.models import QuerySet

from renshe.core.errors import BusinessError
from renshe.core.exchange.models import Agreement
from renshe.core.exchange.offering import SUBJECT, offer
from renshe.core.exchange.packages.terms import Terms
from renshe.modules.registry.models import Merged, Person
from renshe.modules.registry.people import CONTACT, MAIN

CONTENT = "person"
WAYS = {"person_no": "pk", **{name: name for name in MAIN}, **{name: f"contact__{name}" for name in CONTACT}}
"""Where what an agreement may name stands."""


@offer(CONTENT, holds=frozenset(WAYS))
def people_offered(agreement: Agreement, terms: Terms, only: Sequence[str] | None) -> pa.Table:
    """Return the people of the region of ``agreement``'s own side, or ``only`` those of these numbers, with the columns
    of ``terms``; BusinessError where ``only`` names somebody who is not there."""
    here = people_of(agreement)
    if only is not None:
        here = here.filter(pk__in=only)
        if (found := here.count()) < len(set(only)):
            raise BusinessError("exchange.not_ours", missing=len(set(only)) - found)
    return held(here, [one.name for one in terms.columns])


def people_of(agreement: Agreement) -> QuerySet[Person]:
    """Return the people of our side of ``agreement``, without those who were merged into others."""
    gone = Merged.objects.filter(undone_case=None).values("old")
    return Person.objects.filter(region__path__startswith=agreement.own.region.path).exclude(pk__in=gone)


def held(people: QuerySet[Person], names: Iterable[str]) -> pa.Table:
    """Return what we hold of ``people``, by ``names``, as texts, and their numbers as ``SUBJECT``."""
    ways = {**{name: WAYS[name] for name in names}, SUBJECT: "pk"}
    rows = people.order_by("pk").values_list(*ways.values())
    columns: list[list[object]] = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in ways]
    texts = [[None if value is None else str(value) for value in column] for column in columns]
    return pa.table({name: pa.array(column, pa.string()) for name, column in zip(ways, texts, strict=True)})
