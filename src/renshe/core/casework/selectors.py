"""Cases as people find them: only those of regions in which they may look, each list a question that somebody has.

Rule: who works in a region sees its cases; whose region a case is sees it whoever handles it (异地经办).

Invariant: everything goes through the scope of the operation ``case.query``; what is out of it looks like nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from renshe.core.casework.delegating import delegations, reached
from renshe.core.casework.held import QUERY, not_there
from renshe.core.casework.models import UNFINISHED, Case, Decision, State
from renshe.core.casework.types import case_types
from renshe.core.errors import BusinessError
from renshe.core.org.actor import Actor, actor_of
from renshe.core.org.rights import powers, within
from renshe.core.org.scope import Scope


def cases(actor: Actor) -> QuerySet[Case]:
    """Return the cases that ``actor`` may look at: those of the regions of the right; what an applicant has not handed
    in yet is nobody's else."""
    return Scope(actor, QUERY).filter(Case.objects.exclude(maker=None, state=State.DRAFT))


def case_get(*, actor: Actor, number: str) -> Case:
    """Return one case that the actor may look at: of the regions of the right, one's own, or one that waits for the
    actor. BusinessError where there is none."""
    named = Case.objects.filter(number=number) if "\x00" not in number else Case.objects.none()
    found = (cases(actor) & named).first() or named.filter(maker=actor.operator).first()
    found = found or (waiting_for(actor) & named).first() or (proposed(actor) & named).first()
    if found is None:
        raise not_there(number)
    return found


def mine(actor: Actor) -> QuerySet[Case]:
    """Return what lies with the actor by name: own drafts and returned cases, and steps handed over; the most urgent
    first."""
    return _ordered(Case.objects.filter(holder=actor.operator, state__in=(State.DRAFT, State.RETURNED, State.OPEN)))


def entered(actor: Actor) -> QuerySet[Case]:
    """Return what the actor answers for, finished or not, the newest first."""
    return Case.objects.filter(maker=actor.operator).select_related("region").order_by("-pk")


def returned(actor: Actor) -> QuerySet[Case]:
    """Return what the actor handed in and got back."""
    return _ordered(Case.objects.filter(holder=actor.operator, state=State.RETURNED))


def waiting_for(actor: Actor) -> QuerySet[Case]:
    """Return what the actor could decide now: open cases whose step is granted to one of the actor's posts there, or to
    somebody in whose place the actor is, in which the actor has had no hand and which lie with nobody else."""
    found = _decidable(actor)
    absent = []
    for given in delegations(actor):
        try:
            theirs = _decidable(actor_of(given.absent.number), given.types)
        except BusinessError:
            continue
        absent.append(given.absent.number)
        found |= theirs & within(given.region.path, prefix="region__") & reached(given.deputy)
    now = Decision.objects.filter(Q(operator=actor.operator) | Q(on_behalf=actor.operator), round=F("case__round"))
    open_cases = Case.objects.filter(found, state=State.OPEN).filter(
        Q(holder=None) | Q(holder__in=[actor.operator, *absent])
    )
    # A new round is decided anew, by whoever decided the one before as well.
    decided = now.filter(case__state=State.OPEN).values("case")
    return _ordered(open_cases.exclude(makers__contains=[actor.operator]).exclude(pk__in=decided))


def proposed(actor: Actor) -> QuerySet[Case]:
    """Return what other matters set off and somebody who may enter it, as the actor may, should take up."""
    kinds = list(case_types())
    reach = powers(actor, *{one.enter for one in kinds})
    found = Q(pk__in=[])
    for kind in kinds:
        if reach[kind.enter]:
            found |= Q(type=kind.name, version=kind.version) & within(*reach[kind.enter], prefix="region__")
    return _ordered(Case.objects.filter(found, state=State.PROPOSED))


def late(actor: Actor) -> QuerySet[Case]:
    """Return cases of the actor's regions whose time limit has passed."""
    return _ordered(cases(actor).filter(state__in=UNFINISHED, due_on__lt=timezone.localdate()))


def undeclared() -> list[tuple[str, int, int]]:
    """Return type, version and number of unfinished cases whose type is not declared any more in that version."""
    known = {(one.name, one.version) for one in case_types()}
    standing: dict[tuple[str, int], int] = {}
    for key in Case.objects.filter(state__in=UNFINISHED).values_list("type", "version"):
        standing[key] = standing.get(key, 0) + 1
    return [(*key, count) for key, count in sorted(standing.items()) if key not in known]


def _decidable(actor: Actor, types: Iterable[str] = ()) -> Q:
    """Return the condition of cases whose step is granted to one of the actor's posts where they are."""
    only = set(types)
    kinds = [one for one in case_types() if not only or one.name in only]
    reach = powers(actor, *{step.operation for one in kinds for step in one.steps})
    found = Q(pk__in=[])
    for kind in kinds:
        for at, step in enumerate(kind.steps):
            if reach[step.operation]:
                here = within(*reach[step.operation], prefix="region__")
                found |= Q(type=kind.name, version=kind.version, step=at) & here
    return found


def _ordered(found: QuerySet[Case]) -> QuerySet[Case]:
    return found.select_related("region").order_by("due_on", "number")
