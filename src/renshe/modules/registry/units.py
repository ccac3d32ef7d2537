"""Units written by one entrance, found by every number they ever had.

Rule (S4-30 to S4-36; S0-29, S0-31): base data are kept once and changed by ``unit_write`` whoever's case it is; the
six departments enter by the same operation, each in its region. What still rests on nothing (a provisional name, a
missing code) is listed and counted until it is settled.

Invariant: an old number, a code or a merged number leads to the unit that stands today.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from renshe.core.casework.models import Case
from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor
from renshe.core.org.attributes import require_owner
from renshe.core.org.models import Region
from renshe.core.org.operations import Operation, declare
from renshe.core.org.rights import require, within
from renshe.core.org.scope import Scope
from renshe.modules.registry.limits import limit
from renshe.modules.registry.models import Account, Filing, NameSource, Unit, UnitMerged, UnitName
from renshe.modules.registry.numbering import unit_numbers

QUERY, RECEIVE = "registry.unit.query", "registry.unit.filing"
declare(Operation(QUERY, "查询单位", "query"), Operation(RECEIVE, "接收新增单位备案", "admin"))

BASE = ("uscc", "org_code", "si_reg_no", "unit_type", "economic_type", "industry", "life_status", "legal_rep",
        "phone", "address")  # fmt: skip
MOST = 200


def unit_create(*, case: Case, values: Mapping[str, Any], evidence: str | None) -> Unit:
    """Register a unit as the effect of ``case``: its number, its name, its one account, and word to the centre."""
    [number] = unit_numbers(1)
    today = timezone.localdate()
    base = {name: values.get(name) for name in BASE}
    unit = Unit.objects.create(
        unit_no=number,
        region=case.region,
        name=values["name"],
        name_source=values["name_source"],
        registered_on=today,
        code_due_on=_due(base, today),
        **base,
    )
    UnitName.objects.create(unit=unit, name=unit.name, source=unit.name_source, evidence=evidence, valid_from=today)
    account_open(case=case, unit=unit, default=True)
    Filing.objects.create(unit_no=number, region=case.region, case_no=case.number)
    return unit


def unit_write(*, actor: Actor, unit: Unit, values: Mapping[str, Any]) -> list[str]:
    """Write base data for ``actor``, who was found to be allowed to; return the fields that changed."""
    if unknown := set(values) - set(BASE):
        raise LookupError(f"no base data of a unit: {sorted(unknown)}")
    new = {name: value for name, value in values.items() if value != getattr(unit, name)}
    if not new:
        return []
    require_owner(actor, Unit._meta.db_table, new)
    for name, value in new.items():
        setattr(unit, name, value)
    unit.code_due_on = _due({"uscc": unit.uscc, "org_code": unit.org_code}, unit.registered_on)
    unit.save(update_fields=[*new, "code_due_on"])
    return list(new)


def unit_rename(*, unit: Unit, name: str, source: str, evidence: str | None) -> None:
    """Give a unit another name, or its name another ground, inside the effect of a case."""
    today = timezone.localdate()
    UnitName.objects.filter(unit=unit, valid_to=None).update(valid_to=today)
    UnitName.objects.create(unit=unit, name=name, source=source, evidence=evidence, valid_from=today)
    unit.name, unit.name_source = name, source
    unit.save(update_fields=["name", "name_source"])


def account_open(
    *, case: Case, unit: Unit, scheme: str | None = None, branch: str | None = None, default: bool = False
) -> Account:
    """Open a business account of ``unit`` inside the effect of ``case``; its agency keeps it."""
    many = Account.objects.filter(number__startswith=unit.pk).count()
    return Account.objects.create(
        unit=unit,
        number=f"{unit.pk}{many + 1:02d}",
        scheme=scheme,
        branch=branch,
        agency=case.agency,
        default=default,
        valid_from=timezone.localdate(),
    )


def unit_held(unit_no: str, case: Case) -> Unit:
    """Return a unit of the region of ``case``, which nobody else changes until the transaction ends."""
    found = Unit.objects.select_for_update(of=("self",)).filter(within(case.region.path, prefix="region__"))
    unit = found.filter(pk=unit_no).first()
    if unit is None:
        raise BusinessError("registry.no_such_unit", unit=unit_no)
    if UnitMerged.objects.filter(old=unit, undone_case=None).exists():
        raise BusinessError("registry.merged_unit", unit=unit_no)
    return unit


def filing_receive(*, actor: Actor, unit_no: str) -> Filing:
    """Take note, at the information centre, of a unit that was added."""
    with declared(actor.context("接收新增单位备案")):
        rows = Filing.objects.select_for_update(of=("self",)).select_related("region")
        found = rows.filter(unit_no=unit_no, received_at=None).first()
        if found is None:
            raise BusinessError("registry.no_such_unit", unit=unit_no)
        require(actor, RECEIVE, found.region)
        found.received_by, found.received_at = actor.operator, timezone.now()
        found.save(update_fields=["received_by", "received_at"])
        return found


def filings(actor: Actor) -> QuerySet[Filing]:
    """Return the units added of which the centre has not taken note, the oldest first."""
    return Scope(actor, RECEIVE).filter(Filing.objects.filter(received_at=None)).order_by("pk")


def units(actor: Actor) -> QuerySet[Unit]:
    """Return the units that ``actor`` may look at."""
    return Scope(actor, QUERY).filter(Unit.objects.all())


def units_found(
    *, actor: Actor, region: str | None = None, name: str = "", after: str | None = None, limit: int = 50
) -> tuple[list[Unit], str | None]:
    """Return a page of the units of ``region`` and below whose names begin with ``name``, in the order of names, and
    how to ask for the next; ``after``: the number that was shown last."""
    size, found, name = max(1, min(limit, MOST)), units(actor), name.strip()
    asked = None if region is None else Region.objects.filter(pk=region).first()
    if region is not None:
        found = found.filter(within(asked.path, prefix="region__")) if asked else found.none()
    found = found.filter(name__gte=name, name__lt=f"{name}\U0010ffff")
    found = found.exclude(pk__in=UnitMerged.objects.filter(undone_case=None).values("old"))
    if after is not None:
        last = units(actor).filter(pk=after).first()
        if last is None:
            raise BusinessError("registry.no_such_unit", unit=after)
        found = found.filter(Q(name__gt=last.name) | Q(name=last.name, pk__gt=last.pk))
    page = list(found.order_by("name", "pk")[: size + 1])
    return page[:size], page[size - 1].pk if len(page) > size else None


def units_identified(*, actor: Actor, value: str) -> list[Unit]:
    """Return the units that have, or had in an older system, the number or code ``value``."""
    told = value.strip()
    named = Q(pk=unit_resolved(told)) | Q(uscc=told.upper()) | Q(org_code=told.upper()) | Q(si_reg_no=told)
    known = Q(accounts__number=told) | Q(accounts__old_numbers__value=told)
    return list(units(actor).filter(named | known).distinct().order_by("pk")[:MOST]) if told else []


def unit_get(*, actor: Actor, unit_no: str) -> Unit:
    """Return a unit, also by a number that was merged into its; BusinessError where there is none to be seen."""
    try:
        return Scope(actor, QUERY).get(Unit.objects.select_related("region"), pk=unit_resolved(unit_no))
    except Unit.DoesNotExist:
        raise BusinessError("registry.no_such_unit", unit=unit_no) from None


def unit_resolved(unit_no: str) -> str:
    """Return the number that stands today for ``unit_no``: itself, or the one it was merged into."""
    seen = {unit_no}
    rows = UnitMerged.objects.filter(undone_case=None).values_list("kept", flat=True)
    while (kept := rows.filter(old=unit_no).first()) is not None and kept not in seen:
        seen.add(kept)
        unit_no = kept
    return unit_no


def unit_numbers_of(unit_no: str) -> list[str]:
    """Return every number by which a unit is known: its own, then those that were merged into it."""
    found = [unit_no]
    for number in found:
        found += UnitMerged.objects.filter(kept=number, undone_case=None).order_by("pk").values_list("old", flat=True)
    return found


def units_provisional(actor: Actor) -> QuerySet[Unit]:
    """Return the units whose names rest on nothing yet (S0-29)."""
    return units(actor).filter(name_source=NameSource.PROVISIONAL).order_by("registered_on", "pk")


@dataclass(frozen=True, slots=True)
class Missing:
    """Units without a code: how many, and how many past their day."""

    outstanding: int
    late: int


def units_missing_code(actor: Actor) -> QuerySet[Unit]:
    """Return the units whose code has not been handed in, the most urgent first (S0-31)."""
    return units(actor).filter(code_due_on__isnull=False).order_by("code_due_on", "pk")


def missing_counted(actor: Actor) -> Missing:
    """Return how many codes are outstanding."""
    rows = units_missing_code(actor)
    return Missing(rows.count(), rows.filter(code_due_on__lt=timezone.localdate()).count())


def accounts_of(unit_no: str) -> QuerySet[Account]:
    """Return the business accounts of a unit, the default one first."""
    return Account.objects.filter(unit=unit_no).order_by("-default", "number")


def rolled_up(totals: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Return by unit what ``totals`` by business account come to (S4-33)."""
    units_by_account = dict(Account.objects.filter(number__in=totals).values_list("number", "unit"))
    found: dict[str, Decimal] = {}
    for number, total in totals.items():
        unit = units_by_account[number]
        found[unit] = found.get(unit, Decimal(0)) + total
    return found


def _due(base: Mapping[str, Any], since: dt.date) -> dt.date | None:
    return None if base.get("uscc") or base.get("org_code") else since + dt.timedelta(days=limit("code_days"))


def plain_rows(rows: Iterable[Any]) -> list[dict[str, str | None]]:
    """Return rows as they are kept in a snapshot."""
    return [
        {field.column: None if (value := getattr(row, field.attname)) is None else str(value)
         for field in row._meta.concrete_fields}
        for row in rows
    ]  # fmt: skip
