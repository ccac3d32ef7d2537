"""The journal as people search it: by person, unit, row, field, operator, agency, case and days.

Rule (S1-61 修正数据,并留存数据修正记录备查): whoever may look sees the changes that agencies of his regions made,
wherever they made them, and all that was done to the rows of his regions, whoever did it: the owning region sees what
another's agency did to its people, and what was taken away from it.

Invariant: an entry of which neither the agency's region nor the row's is known is seen by nobody; personal values are
masked, and what is revealed of them is recorded.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, QuerySet, TextField
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.journal.models import Entry
from renshe.core.org.actor import Actor, operator_of
from renshe.core.org.masking import REVEAL
from renshe.core.org.models import Agency, Disclosure, Region
from renshe.core.org.rights import require, visible_regions
from renshe.core.registers.operating import TRACE
from renshe.standards.masks import mask_digits, mask_serial, mask_value

PAGE = 50
MOST = 500
WINDOW = dt.timedelta(days=31)
"""How far back is looked where nothing but days is asked for and no first day is said."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for; all that is given must hold. ``field``: only entries in which it changed; ``first`` and
    ``last`` are days, both included."""

    person: str | None = None
    unit: str | None = None
    table: str | None = None
    key: str | None = None
    field: str | None = None
    operator: str | None = None
    agency: str | None = None
    case: str | None = None
    first: dt.date | None = None
    last: dt.date | None = None

    @property
    def narrow(self) -> bool:
        """Whether more is asked for than days and agencies."""
        return bool(self.person or self.unit or self.key or self.operator or self.case)


@dataclass(frozen=True, slots=True)
class Traced:
    """One entry as a list shows it: ``changes`` by field, before and after, masked."""

    id: int
    at: dt.datetime
    operator: str
    agency: str | None
    terminal: str | None
    case: str | None
    reason: str
    table: str
    operation: str
    key: str
    person: str | None
    unit: str | None
    region: str | None
    changes: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, the newest first; ``before``: to be asked for the next page (None: there is none); ``first``: since when
    was looked."""

    entries: Sequence[Traced]
    before: int | None
    first: dt.date | None


def entries(*, actor: Actor, asked: Asked, before: int | None = None, limit: int = PAGE) -> Page:
    """Return the entries that ``actor`` may look at, ``limit`` of them, older than entry ``before``."""
    first = asked.first
    if first is None and not asked.narrow:
        first = (asked.last or timezone.localdate()) - WINDOW
    return listed(found(actor, asked, first), before, limit, first)


def listed(rows: QuerySet[Entry], before: int | None, limit: int = PAGE, first: dt.date | None = None) -> Page:
    """Return a page of ``rows``, for who may look at them."""
    if before is not None:
        rows = rows.filter(id__lt=before)
    limit = max(1, min(limit, MOST))
    page = list(rows.order_by("-id")[: limit + 1])
    return Page([traced(one) for one in page[:limit]], page[limit - 1].pk if len(page) > limit else None, first)


def found(actor: Actor, asked: Asked, first: dt.date | None) -> QuerySet[Entry]:
    """Return what ``actor`` may look at of what is ``asked``, since ``first``."""
    named = {
        "person": asked.person,
        "unit": asked.unit,
        "table_name": asked.table,
        "key": asked.key,
        "operator": asked.operator,
        "agency": asked.agency,
        "case_no": asked.case,
    }
    rows = Entry.objects.filter(seen_by(actor), **{name: told for name, told in named.items() if told is not None})
    if first is not None:
        rows = rows.filter(at__gte=_midnight(first))
    if asked.last is not None:
        rows = rows.filter(at__lt=_midnight(asked.last + dt.timedelta(days=1)))
    return changing(rows, asked.field) if asked.field else rows


def seen_by(actor: Actor, operation: str = TRACE) -> Q:
    """Return the condition that ``actor`` may look at an entry."""
    regions = visible_regions(actor, operation).values("pk")
    agencies = Agency.objects.filter(region__in=regions).values("number")
    return Q(region__in=regions) | Q(region_before__in=regions) | Q(agency__in=agencies)


def changing(rows: QuerySet[Entry], field: str) -> QuerySet[Entry]:
    """Return those of ``rows`` in which ``field`` changed, was put in or went."""
    both = rows.annotate(
        was=KeyTextTransform(field, "before", output_field=TextField()),
        became=KeyTextTransform(field, "after", output_field=TextField()),
    )
    # An SQL comparison with what is not there says neither yes nor no.
    return both.filter(
        (Q(was__isnull=False) & Q(became__isnull=False) & ~Q(was=F("became")))
        | (Q(was__isnull=True) & Q(became__isnull=False))
        | (Q(was__isnull=False) & Q(became__isnull=True))
    )


def fields_changed(entry: Entry) -> Iterator[tuple[str, Any, Any]]:
    """Yield field, value before and after, whole, of each field that ``entry`` changed."""
    was, became = entry.before or {}, entry.after or {}
    for field in sorted({*was, *became}):
        if was.get(field) != became.get(field):
            yield field, was.get(field), became.get(field)


def traced(entry: Entry) -> Traced:
    """Return ``entry`` as a list shows it."""
    table = entry.table_name.partition("_")[2]
    return Traced(
        id=entry.pk,
        at=entry.at,
        operator=entry.operator,
        agency=entry.agency,
        terminal=entry.terminal,
        case=entry.case_no,
        reason=mask_digits(entry.reason),
        table=entry.table_name,
        operation=entry.operation,
        key=mask_serial(entry.key),
        person=mask_serial(entry.person) if entry.person else None,
        unit=mask_serial(entry.unit) if entry.unit else None,
        region=entry.region,
        changes={
            field: (masked(table, field, was), masked(table, field, became))
            for field, was, became in fields_changed(entry)
        },
    )


def entry_reveal(*, actor: Actor, entry: int, fields: Sequence[str], reason: str) -> dict[str, tuple[Any, Any]]:
    """Return ``fields`` of an entry whole, before and after, and record that ``actor`` saw them; BusinessError where he
    may not look at it, or may not look behind masks in its region."""
    row = Entry.objects.filter(seen_by(actor), pk=entry).first()
    if row is None:
        raise BusinessError("registers.no_entry", number=entry)
    known = {*(row.before or {}), *(row.after or {})}
    if not reason.strip() or not fields or not set(fields) <= known:
        raise BusinessError("org.reveal_terms")
    own = Agency.objects.filter(number=row.agency).values_list("region", flat=True).first()
    region = row.region or row.region_before or own or ""
    require(actor, REVEAL, region)
    with declared(actor.context(f"查看未脱敏数据：{reason}")):
        Disclosure.objects.create(
            operator=operator_of(actor),
            region=Region.objects.get(pk=region),
            table=row.table_name,
            key=row.key,
            fields=list(fields),
            reason=reason,
            at=timezone.now(),
        )
    return {field: ((row.before or {}).get(field), (row.after or {}).get(field)) for field in fields}


def masked(table: str, field: str, value: Any) -> Any:
    """Return a value of JSON, of ``field`` of ``table``, with all that is personal in it masked."""
    if isinstance(value, Mapping):
        return {name: masked(table, name, inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [masked(table, field, inner) for inner in value]
    if value is None or isinstance(value, bool):
        return value
    if field == "operator" and str(value).isascii():
        # His number, not his name.
        return mask_serial(str(value))
    shown = mask_value(table, field, str(value))
    return value if shown == str(value) else shown


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))
