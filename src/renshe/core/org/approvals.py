"""What stands on an approval asks whether there is one.

Rule (S2-66 未经正式批准,不得擅自删除数据; S2-65): a number that somebody types is no approval. The room that approves
says whether a number is that of an approved matter, what it approves and which things it names; rooms beneath ask here.

Invariant: what nobody says is approved is not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from renshe.core.errors import BusinessError
from renshe.core.org.models import Region
from renshe.core.org.rights import holds_path


@dataclass(frozen=True, slots=True)
class Approval:
    """What a matter approves: the ``things`` that it names, in the region of ``path`` and below."""

    things: Collection[int]
    path: str


Says = Callable[[str, str], Approval | None]
"""Called with a number and what is to be done; returns what is approved, None if nothing."""

_says: list[Says] = []


def says_approved(asked: Says) -> Says:
    """Let ``asked`` say what is approved."""
    _says.append(asked)
    return asked


def require_approval(number: str, what: str, things: Collection[int], regions: Collection[str]) -> None:
    """Refuse to do ``what`` to ``things`` of ``regions`` (codes) unless the matter ``number`` approves just that."""
    paths = set(Region.objects.filter(pk__in=regions).values_list("path", flat=True))
    for one in _says:
        found = one(number, what)
        if found is None or not things or not all(thing in found.things for thing in things):
            continue
        if all(holds_path(found.path, path) for path in paths):
            return
    raise BusinessError("org.not_approved", number=number.replace("\x00", ""))
