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

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.org import operations
from renshe.core.org.actor import Actor
from renshe.core.org.models import ApiToken, Region
from renshe.core.org.operations import PARTNER_KINDS, TEMPORARY_KINDS


def may(actor: Actor, operation: str, region: Region | str) -> bool:
    """Whether ``actor`` may do ``operation`` in ``region`` now."""
    if isinstance(region, str):
        found = None if "\x00" in region else Region.objects.filter(pk=region).first()
        if found is None:
            return False
        region = found
    paths = powers(actor, operation)[operation]
    return any(holds_path(path, region.path) for path in paths)


def anywhere(actor: Actor, operation: str) -> bool:
    """Whether ``actor`` may do ``operation`` in any region now."""
    return bool(powers(actor, operation)[operation])


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
    for grant in _granted(actor, list(asked)):
        one = asked[grant.operation]
        temporary = grant.temporary and one.kind not in TEMPORARY_KINDS
        if temporary or grant.level not in one.levels or grant.kind != one.kind or not _meet(grant.own, grant.path):
            continue
        # The deeper of the grant's region and the agency's, where one holds the other.
        found[one.name].add(grant.own if holds_path(grant.path, grant.own) else grant.path)
        found[one.name].update(grant.permitted)
    if actor.token is not None and token is not None:
        found = {name: _through(token, name, paths) for name, paths in found.items()}
    return {name: _outermost(paths) for name, paths in found.items()}


def granted_fields(actor: Actor, operation: str, region: Region) -> set[str] | None:
    """Return the fields ("table.field") that the grants of ``operation`` name, by which ``actor`` may do it in
    ``region``; None where one of them names none, and so leaves all."""
    found: set[str] = set()
    if not may(actor, operation, region):
        return found
    for grant in _granted(actor, [operation]):
        # A permission for another agency's region goes as far as what is granted at home.
        home = region.path if holds_path(grant.own, region.path) else grant.own
        if holds_path(grant.path, home) or home != region.path:
            if grant.fields is None:
                return None
            found.update(grant.fields)
    return found


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


class _Granted(NamedTuple):
    """A right of one who stands: of whom (temporary staff or not, the path and level of the agency), for what, where;
    ``permitted``: the paths into which the agency may reach for it; ``fields``: the only fields, where it names any."""

    temporary: bool
    own: str
    level: int
    operation: str
    kind: str
    path: str
    permitted: list[str]
    fields: list[str] | None


@contextmanager
def read_once() -> Iterator[None]:
    """Let rights be read once for a block that only shows: what is shown together is of one moment."""
    known = _READ.set({})
    try:
        yield
    finally:
        _READ.reset(known)


def _granted(actor: Actor, names: list[str]) -> list[_Granted]:
    """Return what the posts held today are granted today; nothing for who has left or is cut off, or whose agency is
    another by now. What a group may not have is not had, though a row said so."""
    known = _READ.get()
    if known is None:
        return _asked(actor, names)
    key = (actor.operator, actor.agency, *sorted(names))
    if key not in known:
        known[key] = _asked(actor, names)
    return known[key]


def _asked(actor: Actor, names: list[str]) -> list[_Granted]:
    asked: dict[str, Any] = {"number": actor.operator, "agency": actor.agency, "names": names}
    asked["today"] = timezone.localdate()
    # Asked with each request, often more than once, so it is one question.
    with connection.cursor() as cursor:
        cursor.execute(_GRANTED, asked)
        return [_Granted(*row) for row in cursor.fetchall()]


_READ: ContextVar[dict[tuple[str, ...], list[_Granted]] | None] = ContextVar("rights", default=None)
_GRANTED = """
SELECT DISTINCT o.kind = 'temporary', own.path, own.level, g.operation, g.kind, r.path,
    ARRAY(SELECT f.path FROM org_crossregion x JOIN org_region f ON f.code = x.region_id
          WHERE x.agency_id = o.agency_id AND x.operation = g.operation
          AND x.valid_from <= %(today)s AND (x.valid_until IS NULL OR x.valid_until >= %(today)s)),
    g.fields
FROM org_operator o
JOIN org_agency a ON a.id = o.agency_id AND a.number = %(agency)s
JOIN org_region own ON own.code = a.region_id
JOIN org_holding h ON h.operator_id = o.id
    AND h.valid_from <= %(today)s AND (h.valid_until IS NULL OR h.valid_until >= %(today)s)
JOIN org_post p ON p.id = h.post_id
JOIN org_postgroup q ON q.code = p.group_id
JOIN org_grant g ON g.post_id = p.id AND g.operation = ANY(%(names)s) AND g.kind = ANY(q.kinds)
    AND g.valid_from <= %(today)s AND (g.valid_until IS NULL OR g.valid_until >= %(today)s)
JOIN org_region r ON r.code = g.region_id
WHERE o.number = %(number)s
    AND o.valid_from <= %(today)s AND (o.valid_until IS NULL OR o.valid_until >= %(today)s)
    AND NOT EXISTS (SELECT FROM org_cutoff c
                    WHERE c.lifted_at IS NULL AND (c.operator_id = o.id OR c.agency_id = o.agency_id))
"""


def _outermost(paths: set[str]) -> list[str]:
    return [path for path in sorted(paths) if not any(path != other and holds_path(other, path) for other in paths)]


def _named(region: Region | str) -> str:
    return region if isinstance(region, str) else region.name


def _meet(one: str, other: str) -> bool:
    return holds_path(one, other) or holds_path(other, one)
