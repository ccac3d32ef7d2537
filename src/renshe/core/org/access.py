"""From where people come in, and how they are cut off.

Rule (不得在非专用计算机上录入、传输、查询、保存信息数据; 必要时可以切断用户接入并向有关领导报告; 及时恢复): terminals
and networks are registered, down to the township's; whoever manages the database cuts off at once, with a reason, and
tells a leader; lifting is recorded and how long it lasted is told.

Invariant: what is cut off has no session left, and gets none until it is lifted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor, operator_of
from renshe.core.org.models import Agency, CutOff, Network, Operator, Region, Session, Terminal
from renshe.core.org.models.access import Status
from renshe.core.org.rights import require

MANAGE, CUT = "org.access.manage", "org.access.cut_off"


@dataclass(frozen=True, slots=True)
class Place:
    """From where somebody comes: a registered terminal (its key and its number), the key of a registered network, or
    both."""

    terminal: int | None
    number: str | None
    network: int | None


def terminal_register(
    *,
    actor: Actor,
    number: str,
    name: str,
    agency: Agency,
    region: Region,
    address: str | None = None,
    permitted_software: Sequence[str] = (),
) -> Terminal:
    """Return a new terminal of ``agency`` that stands in ``region``."""
    for one in (agency.region, region):
        require(actor, MANAGE, one)
    with declared(actor.context("登记终端")):
        if Terminal.objects.filter(number=number).exists():
            raise BusinessError("org.terminal_number", number=number)
        return Terminal.objects.create(
            number=number,
            name=name,
            agency=agency,
            region=region,
            address=address,
            permitted_software=list(permitted_software),
        )


def network_register(*, actor: Actor, cidr: str, name: str, region: Region) -> Network:
    """Return a new network of ``region``; BusinessError where ``cidr`` is none, or everybody's."""
    require(actor, MANAGE, region)
    try:
        if not ip_network(cidr).prefixlen:
            raise ValueError
    except ValueError:
        raise BusinessError("org.network_cidr", cidr=cidr) from None
    with declared(actor.context("登记网段")):
        if Network.objects.filter(cidr=cidr).exists():
            raise BusinessError("org.network_used", cidr=cidr)
        return Network.objects.create(cidr=cidr, name=name, region=region)


def place_stop(*, actor: Actor, place: Terminal | Network, reason: str) -> None:
    """Take a terminal or a network out of use; sessions from it end with their next request."""
    require(actor, MANAGE, place.region)
    with declared(actor.context(reason)):
        type(place)._default_manager.filter(pk=place.pk).update(status=Status.STOPPED)


def place_of(address: str, terminal: str | None = None) -> Place | None:
    """Return the registered place of somebody who comes from ``address`` and says to sit at ``terminal``; None where it
    is not registered, not in use, or cut off, or the terminal has another address."""
    try:
        coming = str(ip_address(address))
    except ValueError:
        return None
    if terminal is not None and "\x00" in terminal:
        return None
    # Asked with each request, so it is one question.
    with connection.cursor() as cursor:
        cursor.execute(_PLACE, {"address": coming, "terminal": terminal})
        network, machine, number, cut = cursor.fetchone()
    lacking = machine is None and (terminal is not None or network is None)
    return None if cut or lacking else Place(machine, number, network)


# A terminal without an address of its own is only known by the network that it stands in.
_PLACE = """
WITH network AS (
    SELECT id FROM org_network WHERE status = 'active' AND %(address)s::inet <<= cidr::inet ORDER BY id LIMIT 1
), machine AS (
    SELECT id, number FROM org_terminal
    WHERE status = 'active' AND (%(terminal)s::text IS NULL OR number = %(terminal)s) AND (address = %(address)s::inet
         OR %(terminal)s::text IS NOT NULL AND address IS NULL AND EXISTS (SELECT FROM network))
    ORDER BY id LIMIT 1
)
SELECT (SELECT id FROM network), (SELECT id FROM machine), (SELECT number FROM machine), EXISTS (
    SELECT FROM org_cutoff c LEFT JOIN org_network n ON n.id = c.network_id WHERE c.lifted_at IS NULL
    AND (c.terminal_id = (SELECT id FROM machine) OR %(address)s::inet <<= n.cidr::inet))
"""


def cut_off(
    *,
    actor: Actor,
    target: Operator | Agency | Terminal | Network,
    reason: str,
    leader: Operator,
) -> CutOff:
    """Cut ``target`` off at once and end its sessions; ``leader`` is told (``cut_offs_reported``)."""
    region = target.agency.region if isinstance(target, Operator) else target.region
    require(actor, CUT, region)
    if not reason.strip() or leader.number == actor.operator:
        raise BusinessError("org.cut_off_terms")
    now = timezone.now()
    kind = type(target).__name__.lower()
    with declared(actor.context(f"切断接入：{reason}")):
        made = CutOff.objects.create(
            **{kind: target}, region=region, reason=reason, by=operator_of(actor), at=now, leader=leader
        )
        sessions = Session.objects.filter(ended_at=None)
        match target:
            case Operator():
                sessions = sessions.filter(operator=target)
            case Agency():
                sessions = sessions.filter(operator__agency=target)
            case Terminal():
                sessions = sessions.filter(Q(terminal=target) | Q(address=target.address, address__isnull=False))
            case Network():
                within = ip_network(target.cidr)
                sessions = sessions.filter(pk__in=[one.pk for one in sessions if ip_address(one.address) in within])
        sessions.update(ended_at=now, ending="接入已被切断")
    return made


def cut_off_lift(*, actor: Actor, cut: CutOff, note: str) -> dt.timedelta:
    """Let the target of ``cut`` in again; return how long it was cut off."""
    require(actor, CUT, cut.region)
    with declared(actor.context(f"恢复接入：{note}")):
        found = CutOff.objects.select_for_update().get(pk=cut.pk)
        if found.lifted_at is not None or not note.strip():
            raise BusinessError("org.cut_off_lifted")
        if found.operator_id == operator_of(actor).pk:
            raise BusinessError("org.not_for_oneself")
        found.lifted_at, found.lifted_by, found.lifting = timezone.now(), operator_of(actor), note
        found.save()
    return found.lifted_at - found.at


def cut_offs_reported(actor: Actor) -> QuerySet[CutOff]:
    """Return the cut-offs that ``actor`` was told of as leader and has not read."""
    return CutOff.objects.filter(leader__number=actor.operator, seen_at=None).order_by("at")


def cut_off_reported(*, actor: Actor, cut: int) -> CutOff:
    """Return one of the cut-offs reported to ``actor``; BusinessError where there is none."""
    found = cut_offs_reported(actor).filter(pk=cut).first()
    if found is None:
        raise BusinessError("org.notice_not_there", number=cut)
    return found


def cut_off_read(*, actor: Actor, cut: CutOff) -> None:
    """Record that the leader has read of ``cut``."""
    with declared(actor.context("阅知切断接入报告")):
        if not cut_offs_reported(actor).filter(pk=cut.pk).update(seen_at=timezone.now()):
            raise BusinessError("org.out_of_scope")
