"""Who may do what where.

Rule (default-deny; 只能看到本级及下级): an actor may do an operation in a region if a post held today has a grant of
it, valid today, whose region's subtree holds that region, and the region lies in the subtree of the actor's own
agency. Into other regions leads only an explicit permission of the agency (异地经办), and only what its holder is
granted at home. A program does what its token's scopes say, in the token's region: a partner's on its own, an
operator's no more than the operator.

Invariant: ``may(a, o, r)`` is true exactly for the regions of ``visible_regions(a, o)``; whatever is not granted is
not allowed. What the actor was told to be is not trusted: posts, agency and standing are read anew.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.org import operations
from renshe.core.org.actor import Actor, cuts_now
from renshe.core.org.models import ApiToken, CrossRegion, Grant, Holding, Operator, Region
from renshe.core.org.operations import PARTNER_KINDS, TEMPORARY_KINDS, Operation
from renshe.core.org.validity import in_force


def may(actor: Actor, operation: str, region: Region | str) -> bool:
    """Whether ``actor`` may do ``operation`` in ``region`` now."""
    if isinstance(region, str):
        found = None if "\x00" in region else Region.objects.filter(pk=region).first()
        if found is None:
            return False
        region = found
    paths = powers(actor, operation)[operation]
    return any(holds_path(path, region.path) for path in paths)


def require(actor: Actor, operation: str, region: Region | str) -> None:
    """Refuse with BusinessError what ``actor`` may not do in ``region``."""
    if not may(actor, operation, region):
        raise BusinessError("org.not_granted", operation=operations.operation(operation).label, region=_named(region))


def visible_regions(actor: Actor, operation: str) -> QuerySet[Region]:
    """Return the regions in which ``actor`` may do ``operation`` now, merged and abolished ones included."""
    prefixes = powers(actor, operation)[operation]
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


def powers(actor: Actor, *names: str) -> dict[str, list[str]]:
    """Return by operation the paths of the subtrees in which ``actor`` may do it now, none below another."""
    asked = {name: operations.operation(name) for name in names}
    found: dict[str, set[str]] = {name: set() for name in asked}
    if actor.token is not None:
        token = _token(actor.token)
        if token is None:
            return {name: [] for name in asked}
        if token.partner is not None:
            mine = {name for name in token.scopes if name in asked and asked[name].kind in PARTNER_KINDS}
            return {name: [token.region.path] if name in mine else [] for name in asked}
    who = _standing(actor)
    if who is not None:
        own = who.agency.region
        for name, kind, path in _granted(who, asked):
            if _fits(who, own, asked[name]) and asked[name].kind == kind and _meet(own.path, path):
                # The deeper of the grant's region and the agency's, where one holds the other.
                found[name].add(own.path if holds_path(path, own.path) else path)
        if granted := [name for name, paths in found.items() if paths]:
            permitted = CrossRegion.objects.filter(in_force(), agency=who.agency, operation__in=granted)
            for name, path in permitted.values_list("operation", "region__path"):
                found[name].add(path)
    if actor.token is not None and token is not None:
        found = {name: _through(token, name, paths) for name, paths in found.items()}
    return {name: _outermost(paths) for name, paths in found.items()}


def _token(key: int) -> ApiToken | None:
    """Return the token by which a program acts, as it stands; None where it opens nothing any more."""
    found = ApiToken.objects.select_related("region").filter(pk=key, revoked_at=None)
    return found.filter(expires_at__gt=timezone.now()).first()


def _through(token: ApiToken, name: str, paths: set[str]) -> set[str]:
    """Return what of ``paths`` is left where only ``token`` is shown."""
    if name not in token.scopes:
        return set()
    own = token.region.path
    return {own if holds_path(path, own) else path for path in paths if _meet(own, path)}


def _standing(actor: Actor) -> Operator | None:
    """Return who the actor is today; None for who has left or is cut off, or whose agency is another by now."""
    cut = cuts_now().filter(Q(operator=OuterRef("pk")) | Q(agency=OuterRef("agency")))
    found = Operator.objects.select_related("agency__region").filter(in_force(), ~Exists(cut), number=actor.operator)
    return found.filter(agency__number=actor.agency).first()


def _granted(who: Operator, names: Iterable[str]) -> list[tuple[str, str, str]]:
    """Return operation, its kind then, and path of what the posts held today are granted today."""
    held = Holding.objects.filter(in_force(), operator=who).values("post")
    # What the group may not have is not had, though a row said so.
    possible = Grant.objects.filter(post__group__kinds__contains=[F("kind")])
    grants = possible.filter(in_force(), operation__in=list(names), post__in=held)
    return list(grants.values_list("operation", "kind", "region__path").distinct())


def _fits(who: Operator, own: Region, asked: Operation) -> bool:
    temporary = who.kind == Operator.Kind.TEMPORARY and asked.kind not in TEMPORARY_KINDS
    return own.level in asked.levels and not temporary


def _outermost(paths: set[str]) -> list[str]:
    return [path for path in sorted(paths) if not any(path != other and holds_path(other, path) for other in paths)]


def _named(region: Region | str) -> str:
    return region if isinstance(region, str) else region.name


def _meet(one: str, other: str) -> bool:
    return holds_path(one, other) or holds_path(other, one)
