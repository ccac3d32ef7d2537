"""Who decides in whose place.

Rule: who is away leaves the deciding to a deputy, for named types, in a region, from a day to a day. A deputy holds a
post of the same kind himself, decides under his own name with the absent one's beside it, and passes nothing on.

Invariant: a deputy may never do what the absent one may not do at that moment.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db.models import Q, QuerySet
from django.utils import timezone

from renshe.core.casework.models import Case, Delegation
from renshe.core.casework.types import Step, case_types
from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor, actor_of, operator_of
from renshe.core.org.models import CrossRegion, Holding, Operator, Region
from renshe.core.org.operations import Operation, declare
from renshe.core.org.rights import holds_path, may, within
from renshe.core.org.scope import Scope
from renshe.core.org.validity import in_force, require_near

LEAD = "case.lead"
declare(Operation(LEAD, "改派、督办和安排代办", "approve"))


def delegation_give(
    *,
    actor: Actor,
    absent: str,
    deputy: str,
    region: Region,
    valid_until: dt.date,
    ground: str,
    valid_from: dt.date | None = None,
    types: Sequence[str] = (),
) -> Delegation:
    """Let ``deputy`` decide for ``absent`` (numbers of operators): the absent one gives it, or who leads there."""
    first = valid_from or timezone.localdate()
    require_near(valid_until)
    if (
        not ground.strip()
        or valid_until < max(first, timezone.localdate())
        or absent == deputy
        or deputy == actor.operator != absent
    ):
        raise BusinessError("case.delegation_terms")
    if actor.operator != absent and not may(actor, LEAD, region):
        raise BusinessError("case.delegation_whose")
    gives = actor_of(absent)
    steps = [step for one in case_types() for step in one.steps if not types or one.name in types]
    if not any(may(gives, name, region) for name in {step.operation for step in steps}):
        raise BusinessError("case.delegation_nothing", number=absent)
    takes = operator_of(actor_of(deputy))
    if not _reaches(takes, region):
        raise BusinessError("case.delegation_elsewhere", number=deputy, region=region.name)
    with declared(actor.context("安排代办")):
        return Delegation.objects.create(
            absent=operator_of(gives),
            deputy=takes,
            region=region,
            types=list(types),
            ground=ground,
            valid_from=first,
            valid_until=valid_until,
        )


def delegation_end(*, actor: Actor, delegation: Delegation) -> None:
    """Let a delegation end at once: by the absent one, the deputy, or who leads there."""
    if actor.operator not in (delegation.absent.number, delegation.deputy.number) and not may(
        actor, LEAD, delegation.region
    ):
        raise BusinessError("case.delegation_whose")
    with declared(actor.context("终止代办")):
        Delegation.objects.filter(pk=delegation.pk, ended_at=None).update(ended_at=timezone.now())


def stands_in_for(actor: Actor, step: Step, case: Case, *, absent: str | None = None) -> str | None:
    """Return the number of somebody in whose place ``actor`` may decide ``step`` of ``case`` now, or of ``absent``
    where he is named; None if nobody's."""
    for given in delegations(actor):
        here = holds_path(given.region.path, case.region.path) and (not given.types or case.type in given.types)
        meant = absent in (None, given.absent.number)
        if here and meant and _reaches(given.deputy, case.region) and _kind_held(actor, step.kind):
            try:
                if may(actor_of(given.absent.number), step.operation, case.region):
                    return given.absent.number
            except BusinessError:
                # Who has left, or is cut off, has nobody in his place.
                continue
    return None


def delegations(actor: Actor) -> Sequence[Delegation]:
    """Return what was given to ``actor`` and holds today."""
    found = Delegation.objects.filter(in_force(), deputy__number=actor.operator, ended_at=None)
    return list(found.select_related("absent", "region", "deputy__agency__region").order_by("pk"))


def delegations_known(actor: Actor) -> QuerySet[Delegation]:
    """Return what has not ended and ``actor`` has to do with: as the absent one, the deputy, or who leads there."""
    standing = Delegation.objects.filter(valid_until__gte=timezone.localdate(), ended_at=None)
    own = Q(absent__number=actor.operator) | Q(deputy__number=actor.operator)
    led = Scope(actor, LEAD).filter(standing).values("pk")
    return standing.filter(own | Q(pk__in=led)).select_related("absent", "deputy")


def delegation_get(*, actor: Actor, delegation: int) -> Delegation:
    """Return one of ``delegations_known``; BusinessError where there is none."""
    found = delegations_known(actor).filter(pk=delegation).first()
    if found is None:
        raise BusinessError("case.delegation_not_there", number=delegation)
    return found


def reached(deputy: Operator) -> Q:
    """Return the condition of cases in whose region the deputy's agency may act at all."""
    permitted = CrossRegion.objects.filter(in_force(), agency=deputy.agency).values_list("region__path", flat=True)
    return within(deputy.agency.region.path, *permitted, prefix="region__")


def _reaches(deputy: Operator, region: Region) -> bool:
    """Whether the deputy's agency may act in ``region`` at all: it lies there, or is permitted there (异地经办)."""
    if holds_path(deputy.agency.region.path, region.path):
        return True
    permitted = CrossRegion.objects.filter(in_force(), agency=deputy.agency).values_list("region__path", flat=True)
    return any(holds_path(path, region.path) for path in permitted)


def _kind_held(actor: Actor, kind: str) -> bool:
    held = Holding.objects.filter(in_force(), operator__number=actor.operator, post__group__kinds__contains=[kind])
    return held.exclude(operator__kind=Operator.Kind.TEMPORARY).exists()
