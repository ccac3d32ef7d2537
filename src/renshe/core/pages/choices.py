"""What is chosen of on pages: only what the actor reaches.

Invariant: choice lists go through the scope as every other reading does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from renshe.core.org.actor import Actor
from renshe.core.org.kinds import AgencyKind
from renshe.core.org.models import Agency, Department, Operator, Post
from renshe.core.org.operations import operations
from renshe.core.org.rights import visible_regions
from renshe.core.org.scope import Scope
from renshe.core.org.validity import in_force
from renshe.core.pages.widgets import MOST

Pairs = Sequence[tuple[str, str]]
QUERY = "org.query"


def regions(operation: str) -> Callable[[Actor], Pairs]:
    """Return what lists the regions in which somebody may do ``operation``."""
    return lambda actor: list(
        visible_regions(actor, operation)
        .filter(valid_to=None)
        .order_by("level", "code")
        .values_list("code", "name")[: MOST + 1]
    )


def agencies(operation: str) -> Callable[[Actor], Pairs]:
    """Return what lists the agencies in whose regions somebody may do ``operation``."""
    return lambda actor: list(
        Scope(actor, operation).choices(Agency.objects.order_by("number")).values_list("number", "name")[: MOST + 1]
    )


def operators(actor: Actor) -> Pairs:
    """Return the people whom ``actor`` may look at and who stand today."""
    found = Scope(actor, QUERY).choices(Operator.objects.filter(in_force()).order_by("number"))
    return list(found.values_list("number", "name")[: MOST + 1])


def posts(actor: Actor) -> Pairs:
    """Return the posts of the agencies that ``actor`` may look at, and those that are the same everywhere."""
    own = Scope(actor, QUERY).choices(Agency.objects.all()).values("pk")
    found = Post.objects.filter(agency=None) | Post.objects.filter(agency__in=own)
    return list(found.order_by("code").values_list("code", "name")[: MOST + 1])


def doings(actor: Actor) -> Pairs:
    """Return all operations that are declared."""
    return sorted((one.name, one.label) for one in operations())


def agency_kinds(actor: Actor) -> Pairs:
    """Return the kinds of agencies."""
    return list(AgencyKind.choices)


def departments(actor: Actor) -> Pairs:
    """Return the kinds of departments of the actor's agency."""
    return list(Department.objects.filter(agency__number=actor.agency).order_by("kind").values_list("kind", "name"))
