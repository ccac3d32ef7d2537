"""What one place does otherwise: a common base, and differences that are declared and counted.

Rule (S4-77 整合业务流程…求同存异; S1-13): a place may set a shorter limit or ask for a document more, with its ground
and its days; nothing that the type asks for is ever left out. A case keeps the terms that stood when it began.

Invariant: terms are never looser than the type.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from renshe.core.casework.forms import Value
from renshe.core.casework.held import find_kind
from renshe.core.casework.models import Case, Difference
from renshe.core.casework.types import CaseType, Paper
from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor
from renshe.core.org.models import Region
from renshe.core.org.operations import Operation, declare
from renshe.core.org.rights import require
from renshe.core.org.scope import Scope
from renshe.core.org.validity import in_force, require_near

LOCAL = "case.local"
declare(Operation(LOCAL, "规定本地办理要求", "approve"))


def difference_set(
    *,
    actor: Actor,
    type: str,
    region: Region,
    ground: str,
    workdays: int | None = None,
    paper: str | None = None,
    label: str | None = None,
    valid_until: dt.date | None = None,
) -> Difference:
    """Return what ``region`` does otherwise from today: ``workdays`` instead of the type's, or a ``paper`` more."""
    require(actor, LOCAL, region)
    kind = find_kind(type)
    shorter = workdays is not None and 1 <= workdays < kind.workdays and paper is None
    more = workdays is None and bool(paper) and bool(label) and paper not in {one.kind for one in kind.papers}
    over = valid_until is not None and valid_until < timezone.localdate()
    if not ground.strip() or not (shorter or more) or over:
        raise BusinessError("case.difference_terms", type=kind.label, workdays=kind.workdays)
    require_near(valid_until)
    with declared(actor.context("规定本地办理要求")):
        return Difference.objects.create(
            type=type,
            region=region,
            workdays=workdays,
            paper=paper,
            label=label,
            ground=ground,
            valid_from=timezone.localdate(),
            valid_until=valid_until,
        )


def differences(actor: Actor) -> QuerySet[Difference]:
    """Return what the regions in which ``actor`` may say so do otherwise today."""
    return Scope(actor, LOCAL).filter(Difference.objects.filter(in_force())).select_related("region")


def terms_of(kind: CaseType, region: Region) -> dict[str, Any]:
    """Return what ``region`` asks beyond ``kind`` today, its own and what regions above it say."""
    found: dict[str, Any] = {}
    for one in Difference.objects.filter(in_force(), type=kind.name, region__in=region.path.split("/")):
        if one.workdays is not None:
            found["workdays"] = min(one.workdays, found.get("workdays", kind.workdays))
        else:
            found.setdefault("papers", {})[one.paper] = one.label
    return found


def papers_of(case: Case, kind: CaseType, values: Mapping[str, Value]) -> list[Paper]:
    """Return the documents that ``case`` needs, the place's own included."""
    return [*kind.papers_needed(values), *(Paper(name, label) for name, label in case.terms.get("papers", {}).items())]


def differences_counted() -> dict[tuple[str, str], int]:
    """Return how many differences stand today, by type and region."""
    standing = Difference.objects.filter(in_force()).values_list("type", "region")
    return dict(Counter(standing.order_by("type", "region")))
