"""The bureau of ``renshe demo``: a province, a city, two counties, their townships, and somebody in every post.

Rule (服务延伸到区县、街道和乡镇、社区和行政村; 不相容岗位相互分离): it is built by what builds any bureau, with the
same refusals, so that whoever tries it meets the rules as they are.

Invariant: a demo never mixes with a bureau of somebody's: its password is known to everybody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import count
from pkgutil import walk_packages
from typing import Any

from django.apps import apps
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.journal.context import Context, declared
from renshe.core.org import totp
from renshe.core.org.access import place_of
from renshe.core.org.credentials import password_hash
from renshe.core.org.keeping import sealed, unsealed
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
    Terminal,
)
from renshe.core.org.operations import operations
from renshe.core.org.setting_up import agency_install, grant_install, groups_install, region_install, settled
from renshe.core.org.signing_in import SignedIn, session_begin

_LASTS = dt.timedelta(days=365)
_SETUP = Context(operator="setup", reason="建立示范局")


@dataclass(frozen=True, slots=True)
class Sample:
    """How to come in: the ``password`` of all, the telephones' ``secret`` of those who check, approve and administer,
    as text and as the ``address`` that a telephone reads; ``operators``: number, name, agency and post of each."""

    password: str
    secret: str
    address: str
    operators: tuple[tuple[str, str, str, str], ...]


def sample_install() -> Sample:
    """Put the sample bureau into the database, or find it there; BusinessError where another bureau stands."""
    require_no_other()
    told = settled("sample")
    with declared(_SETUP):
        if not Agency.objects.exists():
            _furnish(told)
        _grant(told)
    return _found(told)


def sample_agencies() -> list[str]:
    """Return the numbers that the agencies of the sample bureau have."""
    return [_agency_number(one["code"]) for one in settled("sample")["regions"]]


def sample_found() -> Sample:
    """Return how to come into the sample bureau, which stands."""
    return _found(settled("sample"))


def sample_sign_in(number: str, address: str) -> SignedIn:
    """Let somebody in as operator ``number`` of the sample bureau, who comes from ``address``, without password or
    code: everybody knows them. BusinessError where he may not come in, or where another bureau stands."""
    require_no_other()
    place = place_of(address, None)
    if place is None:
        raise BusinessError("org.place_refused")
    return session_begin(number, place, address)


def require_no_other() -> None:
    """Refuse with BusinessError where the database has agencies that are not the sample's."""
    other = Agency.objects.exclude(number__in=sample_agencies()).first()
    if other is not None:
        raise BusinessError("org.sample_elsewhere", agency=other.name)


def _furnish(told: dict[str, Any]) -> None:
    groups_install()
    agencies = _places(told)
    posts = {
        one["code"]: Post.objects.create(
            code=one["code"], name=one["name"], group_id=one["group"], department_kind=one["department"]
        )
        for one in told["posts"]
    }
    names = _names(told)
    for region, agency in agencies.items():
        for one in told["posts"]:
            _hire(f"{one['mark']}{region}", next(names), agency, posts[one["code"]])
    extra = told["temporary"]
    until = timezone.localdate() + _LASTS
    agency = agencies[extra["region"]]
    _hire(f"{extra['mark']}{extra['region']}", next(names), agency, posts[extra["post"]], kind="temporary", until=until)
    _credentials(told["password"])
    first = Region.objects.get(level=1)
    for cidr in ("127.0.0.1/32", "::1/128"):
        Network.objects.create(cidr=cidr, name="本机", region=first)
    Terminal.objects.create(number="demo-1", name="示范终端", agency=agencies[first.pk], region=first)


def _places(told: dict[str, Any]) -> dict[str, Agency]:
    """Make regions and agencies; return the agencies by region."""
    regions: dict[str, Region] = {}
    agencies: dict[str, Agency] = {}
    for one in told["regions"]:
        above = one.get("parent")
        region = region_install(code=one["code"], name=one["name"], parent=regions.get(above))
        regions[region.pk] = region
        if kind := told["agencies"].get(region.level):
            agencies[region.pk] = agency_install(
                number=_agency_number(region.pk),
                name=f"{region.name}{kind['name']}",
                kind=kind["kind"],
                region=region,
                parent=agencies.get(above),
            )
    return agencies


def _hire(
    number: str, name: str, agency: Agency, post: Post, *, kind: str = "regular", until: dt.date | None = None
) -> None:
    today = timezone.localdate()
    department = Department.objects.get(agency=agency, kind=post.department_kind)
    made = Operator.objects.create(
        number=number,
        name=name,
        agency=agency,
        department=department,
        kind=kind,
        valid_from=today,
        valid_until=until,
    )
    Holding.objects.create(operator=made, post=post, valid_from=today, valid_until=until)


def _credentials(password: str) -> None:
    """Give everybody the password, and one secret for one telephone to all who need a code besides."""
    secret = totp.secret_draw()
    coded = set(Holding.objects.filter(post__group__second_factor=True).values_list("operator_id", flat=True))
    kept, kept_secret = password_hash(password), sealed(secret)
    Credential.objects.bulk_create(
        Credential(operator=one, password_hash=kept, totp_secret=kept_secret if one.pk in coded else None)
        for one in Operator.objects.all()
    )


def _grant(told: dict[str, Any]) -> None:
    """Give every post the operations of its group's kinds that it has not; once rights are applied for here, those
    that come with a newer program must be too."""
    if GrantRequest.objects.filter(opened_at__isnull=False).exists():
        return
    _load_all()
    first, until = Region.objects.get(level=1), timezone.localdate() + _LASTS
    had = set(Grant.objects.filter(request=None).values_list("post__code", "operation"))
    for post in Post.objects.filter(code__in=[one["code"] for one in told["posts"]]).select_related("group"):
        for one in operations():
            if one.kind in post.group.kinds and (post.code, one.name) not in had:
                grant_install(post=post, operation_name=one.name, region=first, valid_until=until)


def _load_all() -> None:
    """Import every module of every room, so that all operations are declared."""
    for app in apps.get_app_configs():
        module = app.module
        if module is not None and app.name.startswith("renshe."):
            for one in walk_packages(module.__path__, f"{app.name}."):
                if ".migrations" not in one.name:
                    import_module(one.name)


def _found(told: dict[str, Any]) -> Sample:
    secret = Credential.objects.exclude(totp_secret=None).values_list("totp_secret", flat=True)[0] or ""
    secret = unsealed(secret)
    rows = Holding.objects.order_by("operator__agency__region__path", "pk").values_list(
        "operator__number", "operator__name", "operator__agency__name", "post__name"
    )
    return Sample(told["password"], secret, totp.enrolment(secret, "demo"), tuple(rows))


def _agency_number(region: str) -> str:
    return f"demo-{region}"


def _names(told: dict[str, Any]) -> Iterator[str]:
    surnames, given = told["surnames"], told["given"]
    for number in count():
        yield surnames[number % len(surnames)] + given[number % len(given)]
