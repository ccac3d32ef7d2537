"""What of the register is exchanged: people and units, each by what it is found and where its values stand.

Rule (S3-5 only what is verified is eligible; S3-36; S4-22 one register): whoever is handed out, told of or asked about
is of the region on our side of the agreement, and stands: who was merged into another does not.

Invariant: people and units are exchanged by the same code; only what is written here differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyarrow as pa
from django.db.models import Model, QuerySet

from renshe.core.exchange.models import Agreement
from renshe.core.exchange.offering import SUBJECT
from renshe.core.journal.models import SealedRow
from renshe.modules.registry.models import Identifier, Merged, Person, Unit, UnitMerged
from renshe.modules.registry.people import CONTACT, MAIN
from renshe.modules.registry.person_cases import KEY
from renshe.modules.registry.units import BASE

_BLOCK = 20_000


@dataclass(frozen=True, slots=True)
class Kind:
    """One of both. ``ways``: where what an agreement may name stands; ``found_by``: the columns by which somebody is
    found, the first that an agreement has; ``number``: what its cases call whom they are about."""

    content: str
    model: type[Model]
    merged: type[Model]
    ways: Mapping[str, str]
    found_by: Sequence[str]
    number: str

    def standing(self, agreement: Agreement, *, verified: bool = False) -> QuerySet[Any]:
        """Return those of our side of ``agreement`` who stand; where asked, those whose data were reviewed."""
        rows: QuerySet[Any] = self.model._default_manager.filter(region__path__startswith=agreement.own.region.path)
        gone = self.merged._default_manager.filter(undone_case=None).values("old")
        if verified:
            closed = SealedRow.objects.filter(table_name=self.model._meta.db_table).values("key")
            rows = rows.filter(pk__in=closed)
        return rows.exclude(pk__in=gone)

    def held(self, rows: QuerySet[Any], names: Iterable[str]) -> pa.Table:
        """Return what we hold of ``rows``, by ``names``, as texts, and their numbers as ``SUBJECT``."""
        ways = {**{name: self.ways[name] for name in names}, SUBJECT: "pk"}
        found = rows.order_by("pk").values_list(*ways.values()).iterator(chunk_size=_BLOCK)
        parts = [pa.table({name: pa.array([], pa.string()) for name in ways})]
        while block := list(islice(found, _BLOCK)):
            texts = ([None if value is None else str(value) for value in column] for column in zip(*block, strict=True))
            parts.append(pa.table({name: pa.array(one, pa.string()) for name, one in zip(ways, texts, strict=True)}))
        return pa.concat_tables(parts).combine_chunks()

    def known(self, agreement: Agreement, column: str, values: Sequence[str | None]) -> dict[str, str]:
        """Return by the ``values`` of ``column`` whose they are, of those who stand on our side."""
        asked, here = [one for one in values if one], self.standing(agreement)
        if column == "id_number":
            rows = Identifier.objects.filter(value__in=asked, valid_to=None, person__in=here)
            return dict(rows.values_list("value", "person_id"))
        return dict(here.filter(**{f"{self.ways[column]}__in": asked}).values_list(self.ways[column], "pk"))

    def changed_by(self, column: str) -> str:
        """Return the case that changes ``column``."""
        if self.content == "person":
            return "registry.person_key" if column in KEY else "registry.person_change"
        return "registry.unit_name" if column == "name" else "registry.unit_change"


PERSON = Kind(
    "person", Person, Merged,
    {"person_no": "pk", **{name: name for name in MAIN}, **{name: f"contact__{name}" for name in CONTACT}},
    ("id_number", "person_no"), "person_no",
)  # fmt: skip
UNIT = Kind(
    "unit", Unit, UnitMerged, {"unit_no": "pk", "name": "name", **{name: name for name in BASE}},
    ("uscc", "unit_no", "org_code"), "unit_no",
)  # fmt: skip
KINDS = (PERSON, UNIT)
