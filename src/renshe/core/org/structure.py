"""Regions and agencies as they change.

Rule: a region is never deleted; it is abolished on a day and merged into another, which answers for its rows from then
on. Rows keep the code of their time.

Invariant: paths of a subtree change together, so that nobody is left in between.
"""

from __future__ import annotations

from django.db.models import Value
from django.db.models.functions import Concat, Substr
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor
from renshe.core.org.kinds import AgencyKind
from renshe.core.org.models import Agency, Post, Region
from renshe.core.org.rights import holds_path, require, within
from renshe.core.org.setting_up import agency_install, region_install


def region_add(*, actor: Actor, code: str, name: str, parent: Region) -> Region:
    """Return a new region below ``parent``."""
    require(actor, "org.region.manage", parent)
    with declared(actor.context("新增行政区划")):
        if Region.objects.filter(pk=code).exists() or not code.isdigit() or len(code) > 12 or parent.level >= 5:
            raise BusinessError("org.region_code", region=code)
        return region_install(code=code, name=name, parent=parent)


def region_succeed(*, actor: Actor, region: Region, successor: Region) -> None:
    """Abolish ``region`` today and merge it, with what is below, into ``successor``; both must be the actor's."""
    for one in (region, successor):
        require(actor, "org.region.manage", one)
    with declared(actor.context("撤并行政区划")):
        rows = {one.pk: one for one in Region.objects.select_for_update().filter(pk__in=[region.pk, successor.pk])}
        old, new = rows[region.pk], rows[successor.pk]
        if old.successor_id or new.valid_to or holds_path(old.path, new.path):
            raise BusinessError("org.region_succession", region=old.name, successor=new.name)
        moved = Concat(Value(f"{new.path}/{old.pk}"), Substr("path", len(old.path) + 1))
        Region.objects.filter(within(old.path)).update(path=moved)
        Region.objects.filter(pk=old.pk).update(successor=new, valid_to=timezone.localdate())


def agency_add(*, actor: Actor, number: str, name: str, kind: str, region: Region) -> Agency:
    """Return a new agency of ``region``, with the six departments."""
    require(actor, "org.manage", region)
    if kind not in AgencyKind.values:
        raise BusinessError("org.agency_kind", kind=kind, known="、".join(AgencyKind.labels))
    with declared(actor.context("新增机构")):
        if region.valid_to or Agency.objects.filter(number=number).exists():
            raise BusinessError("org.agency_number", number=number)
        return agency_install(number=number, name=name, kind=kind, region=region)


def post_add(
    *, actor: Actor, code: str, name: str, group: str, agency: Agency, department_kind: str | None = None
) -> Post:
    """Return a new post of ``agency``."""
    require(actor, "org.manage", agency.region)
    with declared(actor.context("新增岗位")):
        if Post.objects.filter(code=code).exists():
            raise BusinessError("org.post_code", post=code)
        return Post.objects.create(code=code, name=name, group_id=group, agency=agency, department_kind=department_kind)
