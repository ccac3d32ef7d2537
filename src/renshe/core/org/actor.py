"""Who acts: an operator in a post, from a terminal, as every service is told.

Invariant: an actor is made from what stands in the database, never from what a client says; nobody who is unknown, has
left, is locked or cut off becomes one.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.journal.context import Context
from renshe.core.org.models import CutOff, Holding, Operator
from renshe.core.org.validity import in_force


@dataclass(frozen=True, slots=True)
class Actor:
    """``operator``, ``agency``: their numbers; ``region``: the agency's code; ``department``: its kind; ``posts``: the
    codes of the posts held when the actor was made (rights are asked for anew each time); ``token``: the key of the
    token by which a program acts (``credentials``)."""

    operator: str
    name: str
    agency: str
    region: str
    department: str | None
    posts: frozenset[str]
    terminal: str | None
    token: int | None = None

    def context(self, reason: str, case: str | None = None, approval: str | None = None) -> Context:
        """Return what the journal is told of this actor's changes."""
        return Context(self.operator, reason, self.agency, self.terminal, case, approval)


def actor_of(number: str, *, terminal: str | None = None) -> Actor:
    """Return the operator ``number`` as one who acts; BusinessError where that is nobody who may."""
    found = operator_standing(number)
    if found.locked_until and found.locked_until > timezone.now():
        raise BusinessError("org.locked", until=f"{timezone.localtime(found.locked_until):%H:%M}")
    return actor_from(found, terminal=terminal)


def operator_standing(number: str) -> Operator:
    """Return the operator ``number``; BusinessError where unknown, ended or cut off."""
    found = Operator.objects.select_related("agency__region", "department").filter(number=number).first()
    if found is None:
        raise BusinessError("org.unknown_operator", number=number)
    today = timezone.localdate()
    if found.valid_from > today or (found.valid_until is not None and found.valid_until < today):
        raise BusinessError("org.operator_ended", number=number)
    if cuts_now().filter(Q(operator=found) | Q(agency=found.agency_id)).exists():
        raise BusinessError("org.cut_off")
    return found


def operator_of(actor: Actor) -> Operator:
    """Return the operator who acts, to be named in a row."""
    return Operator.objects.get(number=actor.operator)


def actor_from(operator: Operator, *, terminal: str | None, token: int | None = None) -> Actor:
    """Return the actor that a standing operator is."""
    held = Holding.objects.filter(in_force(), operator=operator).values_list("post__code", flat=True)
    return Actor(
        operator=operator.number,
        name=operator.name,
        agency=operator.agency.number,
        region=operator.agency.region_id,
        department=operator.department.kind if operator.department else None,
        posts=frozenset(held),
        terminal=terminal,
        token=token,
    )


def cuts_now() -> QuerySet[CutOff]:
    """Return the cut-offs that nobody has lifted."""
    return CutOff.objects.filter(lifted_at=None)
