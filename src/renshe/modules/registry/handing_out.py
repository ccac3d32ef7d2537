"""What the register hands out to partners: its people.

Rule (S3-5: only what is verified is eligible; S3-36): the columns that an agreement names, of the people of the region
on our side of it, without those who were merged into others.

Invariant: nothing is handed out that the agreement does not name.
"""

from __future__ import annotations

import pyarrow as pa

from renshe.core.errors import BusinessError
from renshe.core.exchange.models import Agreement
from renshe.core.exchange.offering import offer
from renshe.core.exchange.packages.terms import Terms
from renshe.modules.registry.models import Merged, Person
from renshe.modules.registry.people import CONTACT, MAIN


@offer("person")
def people_offered(agreement: Agreement, terms: Terms) -> pa.Table:
    """Return the people of the region of ``agreement``'s own side, with the columns of ``terms``; BusinessError where
    they name what the register has not."""
    ways = {"person_no": "pk", **{name: name for name in MAIN}, **{name: f"contact__{name}" for name in CONTACT}}
    names = [one.name for one in terms.columns]
    if unknown := [name for name in names if name not in ways]:
        raise BusinessError("exchange.not_offered", column=unknown[0], content=terms.content)
    gone = Merged.objects.filter(undone_case=None).values("old")
    here = Person.objects.filter(region__path__startswith=agreement.own.region.path).exclude(pk__in=gone)
    rows = here.order_by("pk").values_list(*(ways[name] for name in names))
    columns: list[list[object]] = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in names]
    texts = [[None if value is None else str(value) for value in column] for column in columns]
    return pa.table({name: pa.array(column, pa.string()) for name, column in zip(names, texts, strict=True)})
