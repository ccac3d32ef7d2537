"""Entry, query or export of many rows at once is written down, before it begins.

Rule (002 七 (五); S2-63; S3-24): time, count, operator, filter and reason of each; the risk level of the data set says
posts of which groups may take it out or change it in bulk (S0-50). Every export and batch goes through ``bulk``.

Invariant: nothing is entered, shown or taken out in bulk without a row; a row without a count was broken off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.org import operations
from renshe.core.org.actor import Actor
from renshe.core.org.models import Holding, Region
from renshe.core.org.rights import require
from renshe.core.org.scope import Scope
from renshe.core.org.validity import in_force
from renshe.core.registers.models import BulkWork
from renshe.core.registers.operating import QUERY
from renshe.standards.data_sets import data_sets

_KINDS = ("entry", "query", "export")


@dataclass(slots=True)
class Bulk:
    """Work on many rows that goes on: whoever does it adds to ``count``. ``number``: of its row in the register."""

    number: int
    count: int = 0


@contextmanager
def bulk(
    *, actor: Actor, operation: str, region: Region, data_set: str, filter: Mapping[str, Any], reason: str,
    plan: str | None = None,
) -> Iterator[Bulk]:  # fmt: skip
    """Run the block as bulk work by ``operation``, which says whether it enters, shows or takes out. ``plan``: the
    emergency plan in force that designates the actor; it stands for right and post, and is written down.

    Call it with no transaction open around: what the block leaves undone must not take the row with it. BusinessError
    without the right, without a reason, or where the data set is too grave for the actor's posts.
    """
    asked = operations.operation(operation)
    if asked.kind not in _KINDS:
        raise ValueError(f"{operation} neither enters, shows nor takes out rows")
    if plan is None:
        require(actor, operation, region)
    if not reason.strip():
        raise BusinessError("registers.bulk_reason")
    if plan is None:
        _require_level(actor, asked.kind, data_set)
    with declared(actor.context(f"批量{BulkWork(kind=asked.kind).get_kind_display()}：{reason}")):
        row = BulkWork.objects.create(
            kind=asked.kind,
            operation=operation,
            data_set=data_set,
            operator=actor.operator,
            name=actor.name,
            agency=actor.agency,
            terminal=actor.terminal,
            region=region,
            filter={**filter, "plan": plan} if plan else dict(filter),
            reason=reason,
            at=timezone.now(),
        )
    work = Bulk(row.pk)
    try:
        yield work
    except BaseException:
        # In a transaction that fails nothing more can be written.
        if not connection.in_atomic_block:
            _end(actor, work, whole=False)
        raise
    _end(actor, work, whole=True)


def bulk_work(actor: Actor) -> QuerySet[BulkWork]:
    """Return the register as ``actor`` may see it, the newest first."""
    return Scope(actor, QUERY).filter(BulkWork.objects.order_by("-at", "-pk"))


def bulk_broken_off(actor: Actor) -> QuerySet[BulkWork]:
    """Return what began and did not end wholly, or goes on."""
    return bulk_work(actor).exclude(whole=True)


def _end(actor: Actor, work: Bulk, *, whole: bool) -> None:
    with declared(actor.context("批量操作结束")):
        BulkWork.objects.filter(pk=work.number).update(ended_at=timezone.now(), count=work.count, whole=whole)


def _require_level(actor: Actor, kind: str, data_set: str) -> None:
    found = data_sets()[data_set]
    permitted = {"export": found.level.export, "entry": found.level.change}.get(kind)
    if permitted is None:
        return
    held = Holding.objects.filter(in_force(), operator__number=actor.operator, post__group__in=permitted)
    if not held.exists():
        raise BusinessError("registers.data_set_risk", data_set=found.label, level=found.level.label)
