"""Who may use which data set here and now.

Rule (S4-16): the catalogue of data lists every data set with its owner, its fields and who is permitted to use it. The
first three are the standards'; who is permitted follows from the grants in force.

Invariant: only posts of the actor's regions are told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from renshe.core.org.actor import Actor
from renshe.core.org.models import Grant
from renshe.core.org.scope import Scope
from renshe.core.org.validity import in_force
from renshe.core.registers.operating import QUERY
from renshe.standards.data_sets import DataSet, data_sets


@dataclass(frozen=True, slots=True)
class Permitted:
    """A ``post`` may do ``operation`` in a ``region``, on the ``fields`` named (None: on all)."""

    post: str
    operation: str
    region: str
    fields: Sequence[str] | None


def catalogue(actor: Actor) -> list[tuple[DataSet, list[Permitted]]]:
    """Return every data set with the posts that may use it."""
    grants = Scope(actor, QUERY).filter(Grant.objects.filter(in_force()).select_related("post"))
    permitted = [
        Permitted(one.post.code, one.operation, one.region_id, one.fields)
        for one in grants.order_by("operation", "post__code", "region")
    ]
    return [
        (known, [one for one in permitted if one.operation.startswith(known.operations)])
        for known in data_sets().values()
    ]
