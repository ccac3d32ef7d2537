"""Who acts: an operator in a post, from a terminal, as every service is told.

Invariant: an actor is made from what stands in the database, never from what a client says; nobody who is unknown, has
left, is locked or cut off becomes one.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.journal.context import Context
from renshe.core.org.models import CutOff, Operator


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
    return actor_standing(number, terminal=terminal, locked=False)


def actor_standing(number: str, *, terminal: str | None, token: int | None = None, locked: bool = True) -> Actor:
    """Return the operator ``number`` as one who acts; BusinessError where unknown, ended or cut off, or locked unless
    ``locked`` does not matter: who is in already stays in."""
    # Asked with each request, so it is one question.
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, {"number": number.replace("\x00", "�"), "today": timezone.localdate()})
        row = cursor.fetchone()
    if row is None:
        raise BusinessError("org.unknown_operator", number=number)
    found, name, agency, region, department, posts, current, cut, locked_until = row
    if not current:
        raise BusinessError("org.operator_ended", number=number)
    if cut:
        raise BusinessError("org.cut_off")
    if not locked and locked_until and locked_until > timezone.now():
        raise BusinessError("org.locked", until=f"{timezone.localtime(locked_until):%H:%M}")
    return Actor(found, name, agency, region, department, frozenset(posts), terminal, token)


_STANDING = """
SELECT o.number, o.name, a.number, a.region_id, d.kind,
    ARRAY(SELECT p.code FROM org_holding h JOIN org_post p ON p.id = h.post_id WHERE h.operator_id = o.id
          AND h.valid_from <= %(today)s AND (h.valid_until IS NULL OR h.valid_until >= %(today)s)),
    o.valid_from <= %(today)s AND (o.valid_until IS NULL OR o.valid_until >= %(today)s),
    EXISTS (SELECT FROM org_cutoff c
            WHERE c.lifted_at IS NULL AND (c.operator_id = o.id OR c.agency_id = o.agency_id)),
    o.locked_until
FROM org_operator o JOIN org_agency a ON a.id = o.agency_id LEFT JOIN org_department d ON d.id = o.department_id
WHERE o.number = %(number)s
"""


def operator_of(actor: Actor) -> Operator:
    """Return the operator who acts, to be named in a row; BusinessError for a partner's program, behind which there is
    none."""
    found = Operator.objects.filter(number=actor.operator).first()
    if found is None:
        raise BusinessError("org.unknown_operator", number=actor.operator)
    return found


def cuts_now() -> QuerySet[CutOff]:
    """Return the cut-offs that nobody has lifted."""
    return CutOff.objects.filter(lifted_at=None)
