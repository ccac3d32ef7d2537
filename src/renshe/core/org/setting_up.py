"""How a bureau begins: groups of posts, regions, agencies with their departments, and the first rights.

Rule (1 综合计划管理科…审计内控科; 不相容岗位): what is the same everywhere stands in ``data/`` and is put in place by
the installer; the first rights are given on paper, all later ones by the four steps.

Invariant: everything here happens inside ``declared`` of whoever sets the bureau up; once a request was opened, no
right is given here any more (the database refuses it).
"""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from renshe.core.org.data import settled
from renshe.core.org.models import Agency, Department, Grant, Post, PostConflict, PostGroup, Region
from renshe.core.org.operations import operation


def groups_install() -> None:
    """Put the groups of posts and what must not combine in place; what is there already stays."""
    told = settled("groups")
    for group in told["groups"]:
        PostGroup.objects.get_or_create(code=group["code"], defaults=group)
    for conflict in told["conflicts"]:
        one, other = sorted(conflict["groups"])
        PostConflict.objects.get_or_create(one_id=one, other_id=other, defaults={"ground": conflict["ground"]})


def region_install(*, code: str, name: str, parent: Region | None = None, valid_from: dt.date | None = None) -> Region:
    """Return a new region of the first level, or of the level below ``parent``."""
    return Region.objects.create(
        code=code,
        name=name,
        level=parent.level + 1 if parent else 1,
        parent=parent,
        path=f"{parent.path}/{code}" if parent else code,
        valid_from=valid_from or timezone.localdate(),
    )


def agency_install(*, number: str, name: str, kind: str, region: Region, parent: Agency | None = None) -> Agency:
    """Return a new agency with the six departments."""
    made = Agency.objects.create(number=number, name=name, kind=kind, region=region, parent=parent)
    Department.objects.bulk_create(Department(agency=made, **one) for one in settled("departments"))
    return made


def grant_install(*, post: Post, operation_name: str, region: Region, valid_until: dt.date) -> Grant:
    """Return a first right, valid from today; DatabaseError once a right has gone through the four steps."""
    return Grant.objects.create(
        post=post,
        operation=operation_name,
        kind=operation(operation_name).kind,
        region=region,
        valid_from=timezone.localdate(),
        valid_until=valid_until,
    )
