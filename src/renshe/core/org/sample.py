"""The bureau of ``renshe demo``: a province, a city, two counties, their townships, and somebody in every post.

Rule (服务延伸到区县、街道和乡镇、社区和行政村; 不相容岗位相互分离): it is built by what builds any bureau, with the
same refusals, so that whoever tries it meets the rules as they are.

Invariant: a demo never mixes with a bureau of somebody's: its password is known to everybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.journal.context import Context, declared
from renshe.core.org import totp
from renshe.core.org.access import place_of
from renshe.core.org.credentials import password_hash
from renshe.core.org.data import settled
from renshe.core.org.founding import LASTS, furnish, grants_give
from renshe.core.org.keeping import sealed, unsealed
from renshe.core.org.models import (
    Agency,
    Credential,
    Holding,
    Operator,
    Region,
    Terminal,
)
from renshe.core.org.plan import Duty, Office, Place, Plan, Worker
from renshe.core.org.signing_in import SignedIn, session_begin

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
            furnish(_plan(told))
            _credentials(told["password"])
            first = Region.objects.get(level=1)
            Terminal.objects.create(
                number="demo-1", name="示范终端", agency=Agency.objects.get(region=first), region=first
            )
        grants_give(one["code"] for one in told["posts"])
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


def _plan(told: dict[str, Any]) -> Plan:
    regions = tuple(Place(one["code"], one["name"], one.get("parent")) for one in told["regions"])
    levels: dict[str, int] = {}
    for one in regions:
        levels[one.code] = levels[one.parent] + 1 if one.parent else 1
    agencies = tuple(
        Office(
            _agency_number(one.code), f"{one.name}{kind['name']}", kind["kind"], one.code,
            _agency_number(one.parent) if one.parent else None,
        )
        for one in regions
        if (kind := told["agencies"].get(levels[one.code]))
    )  # fmt: skip
    posts = tuple(Duty(one["code"], one["name"], one["group"], one["department"]) for one in told["posts"])
    names = _names(told)
    people = [
        Worker(f"{one['mark']}{agency.region}", next(names), agency.number, (one["code"],))
        for agency in agencies
        for one in told["posts"]
    ]
    extra, until = told["temporary"], timezone.localdate() + LASTS
    number = f"{extra['mark']}{extra['region']}"
    people.append(Worker(number, next(names), _agency_number(extra["region"]), (extra["post"],), until=until))
    networks = tuple((cidr, "本机", regions[0].code) for cidr in ("127.0.0.1/32", "::1/128"))
    return Plan(regions, agencies, posts, tuple(people), networks)


def _credentials(password: str) -> None:
    """Give everybody the password, and one secret for one telephone to all who need a code besides."""
    secret = totp.secret_draw()
    coded = set(Holding.objects.filter(post__group__second_factor=True).values_list("operator_id", flat=True))
    kept, kept_secret = password_hash(password), sealed(secret)
    Credential.objects.bulk_create(
        Credential(operator=one, password_hash=kept, totp_secret=kept_secret if one.pk in coded else None)
        for one in Operator.objects.all()
    )


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
