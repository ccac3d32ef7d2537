"""Who may do what where.

Rule (default-deny; 只能看到本级及下级): an actor may do an operation in a region if a post held today has a grant of
it, valid today, whose region's subtree holds that region, and the region lies in the subtree of the actor's own
agency. Into other regions leads only an explicit permission of the agency (异地经办), and only what its holder is
granted at home.

Invariant: ``may(a, o, r)`` is true exactly for the regions of ``visible_regions(a, o)``; whatever is not granted is
not allowed. What the actor was told to be is not trusted: posts, agency and standing are read anew.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from renshe.core.errors import BusinessError
from renshe.core.org import operations
from renshe.core.org.actor import Actor, cuts_now
from renshe.core.org.models import CrossRegion, Grant, Holding, Operator, Region
from renshe.core.org.operations import TEMPORARY_KINDS, Operation
from renshe.core.org.validity import in_force


def may(actor: Actor, operation: str, region: Region | str) -> bool:
    """Whether ``actor`` may do ``operation`` in ``region`` now."""
    code = region if isinstance(region, str) else region.pk
    if "\x00" in code:
        return False
    return visible_regions(actor, operation).filter(pk=code).exists()


def require(actor: Actor, operation: str, region: Region | str) -> None:
    """Refuse with BusinessError what ``actor`` may not do in ``region``."""
    if not may(actor, operation, region):
        raise BusinessError("org.not_granted", operation=operations.operation(operation).label, region=_named(region))


def visible_regions(actor: Actor, operation: str) -> QuerySet[Region]:
    """Return the regions in which ``actor`` may do ``operation`` now, merged and abolished ones included."""
    prefixes = _prefixes(actor, operations.operation(operation))
    if not prefixes:
        return Region.objects.none()
    return Region.objects.filter(within(*prefixes))


def within(*paths: str, prefix: str = "") -> Q:
    """Return the condition that a region, reached by ``prefix``, is one of ``paths`` or below one."""
    found = Q(pk__in=[])
    for path in paths:
        found |= Q(**{f"{prefix}path": path}) | Q(**{f"{prefix}path__startswith": f"{path}/"})
    return found


def holds_path(above: str, path: str) -> bool:
    """Whether the region of ``path`` is that of ``above`` or below it."""
    return path == above or path.startswith(f"{above}/")


def _prefixes(actor: Actor, asked: Operation) -> list[str]:
    """Return the paths of the subtrees in which the actor may do it."""
    who = _standing(actor)
    if who is None or who.agency.region.level not in asked.levels:
        return []
    if who.kind == Operator.Kind.TEMPORARY and asked.kind not in TEMPORARY_KINDS:
        return []
    own = who.agency.region.path
    # The deeper of the grant's region and the agency's, where one holds the other.
    found = {own if holds_path(path, own) else path for path in _granted_paths(who, asked) if _meet(own, path)}
    if found:
        permitted = CrossRegion.objects.filter(in_force(), agency=who.agency, operation=asked.name)
        found.update(permitted.values_list("region__path", flat=True))
    return [path for path in sorted(found) if not any(path != other and holds_path(other, path) for other in found)]


def granted_fields(actor: Actor, operation: str, region: Region) -> set[str] | None:
    """Return the fields ("table.field") that the grants of ``operation`` name, by which ``actor`` may do it in
    ``region``; None where one of them names none, and so leaves all."""
    who = _standing(actor)
    if who is None or not may(actor, operation, region):
        return set()
    # A permission for another agency's region goes as far as what is granted at home.
    home = region.path if holds_path(who.agency.region.path, region.path) else who.agency.region.path
    found: set[str] = set()
    for path, fields in _grants(who, operations.operation(operation)).values_list("region__path", "fields"):
        if holds_path(path, home) or home != region.path:
            if fields is None:
                return None
            found.update(fields)
    return found


def _standing(actor: Actor) -> Operator | None:
    """Return who the actor is today; None for who has left or is cut off, or whose agency is another by now."""
    cut = cuts_now().filter(Q(operator=OuterRef("pk")) | Q(agency=OuterRef("agency")))
    found = Operator.objects.select_related("agency__region").filter(in_force(), ~Exists(cut), number=actor.operator)
    return found.filter(agency__number=actor.agency).first()


def _granted_paths(who: Operator, asked: Operation) -> list[str]:
    return list(_grants(who, asked).values_list("region__path", flat=True).distinct())


def _grants(who: Operator, asked: Operation) -> QuerySet[Grant]:
    held = Holding.objects.filter(in_force(), operator=who).values("post")
    return Grant.objects.filter(
        in_force(),
        operation=asked.name,
        kind=asked.kind,
        post__in=held,
        # What the group may not have is not had, though a row said so.
        post__group__kinds__contains=[asked.kind],
    )


def _named(region: Region | str) -> str:
    return region if isinstance(region, str) else region.name


def _meet(one: str, other: str) -> bool:
    return holds_path(one, other) or holds_path(other, one)
