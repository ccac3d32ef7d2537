"""Personal data in lists is masked; seeing more needs a right and is recorded.

Rule (Proteger la información del personal; 个人信息保护法 §51): searches, lists and reports show 张* and
220802********1234. Whoever needs the whole asks for named fields of one row, with a reason.

Invariant: nothing is revealed that is not recorded, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db import models
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor, operator_of
from renshe.core.org.models import Disclosure, Region
from renshe.core.org.rights import require
from renshe.core.org.scope import Scope, lookups
from renshe.standards.masks import mask_value

REVEAL = "org.reveal"


def masked(table: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    """Yield ``rows`` of ``table`` of the data dictionary as lists show them."""
    for row in rows:
        yield {field: mask_value(table, field, None if value is None else str(value)) for field, value in row.items()}


def reveal(*, actor: Actor, row: models.Model, fields: Sequence[str], reason: str) -> dict[str, Any]:
    """Return ``fields`` of ``row`` whole, and record that ``actor`` saw them; BusinessError without the right where the
    row belongs, without a reason, or for a field that there is not."""
    Scope(actor, REVEAL).check(row)
    known = {field.name for field in row._meta.concrete_fields}
    if not reason.strip() or not fields or not set(fields) <= known:
        raise BusinessError("org.reveal_terms")
    region = _region_of(row)
    require(actor, REVEAL, region)
    with declared(actor.context(f"查看未脱敏数据：{reason}")):
        Disclosure.objects.create(
            operator=operator_of(actor),
            region=region,
            table=row._meta.db_table,
            key=str(row.pk),
            fields=list(fields),
            reason=reason,
            at=timezone.now(),
        )
    return {field: getattr(row, field) for field in fields}


def _region_of(row: models.Model) -> Region:
    at: Any = row
    for step in lookups(type(row))[0].split("__"):
        at = getattr(at, step)
    return at if isinstance(at, Region) else Region.objects.get(pk=at)
