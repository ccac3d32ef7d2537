"""A bureau begins: regions, agencies, posts, people, networks and the first rights, put in place at once.

Rule (不相容岗位相互分离; the first rights are given on paper, all later ones by the four steps): what a plan says is
what there is; every post has the operations of its group, for a year, where its agency is.

Invariant: all of a plan or nothing, and only where there is no bureau yet.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import walk_packages

from django.apps import apps
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.journal.context import Context, declared
from renshe.core.org import totp
from renshe.core.org.credentials import password_hash
from renshe.core.org.keeping import identity_digest, sealed
from renshe.core.org.models import (
    Agency,
    Credential,
    Department,
    Grant,
    GrantRequest,
    Holding,
    Network,
    Operator,
    Post,
    Region,
)
from renshe.core.org.operations import operations
from renshe.core.org.plan import Plan, Worker
from renshe.core.org.setting_up import agency_install, grant_install, groups_install, region_install

LASTS = dt.timedelta(days=365)
"""For how long the first rights are given."""

# Letters and digits that nobody takes for another.
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
_SETUP = Context(operator="setup", reason="建立机构")


@dataclass(frozen=True, slots=True)
class Key:
    """With what somebody comes in for the first time; ``telephone``: the address that his telephone reads, where his
    posts ask for a code besides."""

    worker: Worker
    password: str
    telephone: str | None


def bureau_found(plan: Plan, hand_out: Callable[[list[Key]], None]) -> None:
    """Put ``plan`` in place; ``hand_out`` gets how each of its people comes in, and where it fails nothing was done.
    BusinessError where there is a bureau already."""
    with declared(_SETUP):
        standing = Agency.objects.order_by("pk").first()
        if standing is not None:
            raise BusinessError("org.founded", agency=standing.name)
        furnish(plan)
        grants_give(one.code for one in plan.posts)
        hand_out([_key(one) for one in plan.people])


def furnish(plan: Plan) -> None:
    """Put regions, agencies, posts, people and networks in place, inside what is declared."""
    groups_install()
    regions: dict[str, Region] = {}
    for place in plan.regions:
        above = regions[place.parent] if place.parent else None
        regions[place.code] = region_install(code=place.code, name=place.name, parent=above)
    agencies: dict[str, Agency] = {}
    for one in plan.agencies:
        agencies[one.number] = agency_install(
            number=one.number, name=one.name, kind=one.kind, region=regions[one.region],
            parent=agencies[one.parent] if one.parent else None,
        )  # fmt: skip
    posts = {
        one.code: Post.objects.create(
            code=one.code, name=one.name, group_id=one.group, department_kind=one.department
        )
        for one in plan.posts
    }  # fmt: skip
    for worker in plan.people:
        _hire(worker, agencies[worker.agency], posts)
    for cidr, name, code in plan.networks:
        Network.objects.create(cidr=cidr, name=name, region=regions[code])


def grants_give(codes: Iterable[str]) -> None:
    """Give the posts ``codes`` the operations of their groups' kinds that they have not; once rights are applied for
    here, those that come with a newer program must be too."""
    if GrantRequest.objects.filter(opened_at__isnull=False).exists():
        return
    _load_all()
    first, until = Region.objects.get(level=1), timezone.localdate() + LASTS
    had = set(Grant.objects.filter(request=None).values_list("post__code", "operation"))
    for post in Post.objects.filter(code__in=list(codes)).select_related("group"):
        for one in operations():
            if one.kind in post.group.kinds and (post.code, one.name) not in had:
                grant_install(post=post, operation_name=one.name, region=first, valid_until=until)


def _hire(worker: Worker, agency: Agency, posts: Mapping[str, Post]) -> None:
    today = timezone.localdate()
    kinds = [worker.department, *(posts[code].department_kind for code in worker.posts)]
    kind = next((one for one in kinds if one), None)
    made = Operator.objects.create(
        number=worker.number,
        name=worker.name,
        agency=agency,
        department=Department.objects.get(agency=agency, kind=kind) if kind else None,
        kind=Operator.Kind.TEMPORARY if worker.until else Operator.Kind.REGULAR,
        valid_from=today,
        valid_until=worker.until,
        identity=identity_digest(worker.id_number) if worker.id_number else None,
    )
    for code in worker.posts:
        Holding.objects.create(operator=made, post=posts[code], valid_from=today, valid_until=worker.until)


def _key(worker: Worker) -> Key:
    """Draw what ``worker`` comes in with."""
    password = "-".join("".join(secrets.choice(_SIGNS) for _ in range(4)) for _ in range(3))
    coded = Post.objects.filter(code__in=worker.posts, group__second_factor=True).exists()
    secret = totp.secret_draw() if coded else None
    Credential.objects.create(
        operator=Operator.objects.get(number=worker.number),
        password_hash=password_hash(password),
        totp_secret=sealed(secret) if secret else None,
    )
    return Key(worker, password, totp.enrolment(secret, worker.number) if secret else None)


def _load_all() -> None:
    """Import every module of every room, so that all operations are declared."""
    for app in apps.get_app_configs():
        module = app.module
        if module is not None and app.name.startswith("renshe."):
            for one in walk_packages(module.__path__, f"{app.name}."):
                if ".migrations" not in one.name:
                    import_module(one.name)
