"""Cases as people find them: only those of regions in which they may look, each list a question that somebody has.

Rule: who works in a region sees its cases; whose region a case is sees it whoever handles it (异地经办).

Invariant: everything goes through the scope of the operation ``case.query``; what is out of it looks like nothing.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils import timezone

from renshe.core.casework.models import Case, State
from renshe.core.casework.types import case_types
from renshe.core.errors import BusinessError
from renshe.core.org.actor import Actor
from renshe.core.org.operations import Operation, declare
from renshe.core.org.rights import visible_regions
from renshe.core.org.scope import Scope

QUERY = "case.query"
declare(Operation(QUERY, "查询业务", "query"))


def cases(actor: Actor) -> QuerySet[Case]:
    """Return the cases that ``actor`` may look at: those of the regions of the right, and the actor's own."""
    return Scope(actor, QUERY).filter(Case.objects.all())


def case_get(*, actor: Actor, number: str) -> Case:
    """Return one case; BusinessError where there is none, or none that the actor may look at."""
    found = (cases(actor) | Case.objects.filter(maker=actor.operator)).filter(number=number).distinct().first()
    if found is None:
        raise BusinessError("case.not_there", number=number)
    return found


def mine(actor: Actor) -> QuerySet[Case]:
    """Return what lies with the actor: own drafts and returned cases, the most urgent first."""
    return _ordered(Case.objects.filter(holder=actor.operator, state__in=(State.DRAFT, State.RETURNED)))


def waiting_for(actor: Actor) -> QuerySet[Case]:
    """Return what the actor could decide now: open cases whose step is granted to one of the actor's posts there, and
    in which the actor has had no hand."""
    found = Q(pk__in=[])
    for kind in case_types():
        for at, step in enumerate(kind.steps):
            regions = visible_regions(actor, step.operation)
            found |= Q(type=kind.name, version=kind.version, step=at, region__in=regions)
    own = Q(decisions__operator=actor.operator)
    open_cases = Case.objects.filter(found, state=State.OPEN).exclude(pk__in=Case.objects.filter(own).values("pk"))
    return _ordered(open_cases)


def late(actor: Actor) -> QuerySet[Case]:
    """Return open cases of the actor's regions whose time limit has passed."""
    return _ordered(cases(actor).filter(state=State.OPEN, due_on__lt=timezone.localdate()))


def _ordered(found: QuerySet[Case]) -> QuerySet[Case]:
    return found.order_by("due_on", "number")
