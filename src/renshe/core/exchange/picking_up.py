"""What partners fetch themselves, over the interface that we open to them.

Rule (S2-53: the receiver is told and acknowledges; S2-52): a partner sees what waits for it alone; what it fetched
waits no more, until its receipt is overdue.

Invariant: a program acts for the one partner whose code its token names, and in its region.
"""

from __future__ import annotations

import datetime as dt

from django.db.models import Q, QuerySet
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.exchange.models import Batch, Partner, Passage, Stage
from renshe.core.exchange.operating import DELIVER
from renshe.core.exchange.reaching import is_sent
from renshe.core.exchange.standing import agreement_version
from renshe.core.filing import store
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor
from renshe.core.org.rights import require

_AGAIN = dt.timedelta(hours=4)
"""What was fetched and not receipted so long after is shown again."""
_PREFIX = "partner:"


def partner_of(actor: Actor) -> Partner:
    """Return for whom a program acts; BusinessError where that is no partner that stands, or may not."""
    code = actor.operator.removeprefix(_PREFIX) if actor.operator.startswith(_PREFIX) else ""
    found = Partner.objects.select_related("region").filter(code=code, own=False, valid_until=None).first()
    if found is None:
        raise BusinessError("exchange.partner_unknown")
    require(actor, DELIVER, found.region)
    return found


def packages_waiting(*, actor: Actor) -> list[str]:
    """Return the names of the packages that wait for the partner for whom ``actor`` acts."""
    return [_name(one) for one in _waiting(partner_of(actor)).filter(_due())]


def package_give(*, actor: Actor, name: str) -> bytes:
    """Return a package that waits; BusinessError where there is none of this name for this partner."""
    batch = _named(partner_of(actor), name)
    assert batch.package is not None
    return store.read(batch.package)


def package_given(*, actor: Actor, name: str) -> None:
    """Write down that the partner has fetched a package; it waits again if no receipt comes."""
    partner = partner_of(actor)
    batch, now = _named(partner, name), timezone.now()
    with declared(actor.context("对方取走数据包", case=batch.number)):
        Batch.objects.filter(pk=batch.pk, stage__in=[Stage.RELEASED, Stage.SENT]).update(
            stage=Stage.SENT, sent_at=batch.sent_at or now, tries=batch.tries + 1, try_at=now + _AGAIN
        )
        Passage.objects.create(
            at=now, region_id=batch.region_id, direction="out", channel="https", partner=partner.code,
            agreement=batch.agreement_number, kind=batch.kind, sequence=batch.sequence, digest=batch.digest or "",
            outcome="sent", reason="对方取走",
        )  # fmt: skip


def _named(partner: Partner, name: str) -> Batch:
    found = next((one for one in _waiting(partner) if _name(one) == name), None)
    if found is None:
        raise BusinessError("exchange.no_package")
    return found


def _waiting(partner: Partner) -> QuerySet[Batch]:
    """Return what was let go for a partner that fetches it, and is not receipted."""
    rows = Batch.objects.select_related("agreement").filter(
        agreement__partner=partner, direction="out", stage__in=[Stage.RELEASED, Stage.SENT], package__isnull=False
    )
    picked = {
        pk: (standing := agreement_version(number, version)) is not None and not is_sent(standing)
        and standing.terms.channel == "https"
        for pk, number, version in rows.values_list("agreement", "agreement__number", "agreement__version").distinct()
    }  # fmt: skip
    return rows.filter(agreement__in=[pk for pk, is_picked in picked.items() if is_picked]).order_by("pk")


def _due() -> Q:
    return Q(try_at=None) | Q(try_at__lte=timezone.now())


def _name(batch: Batch) -> str:
    return f"{batch.agreement_number}-{batch.kind}-{batch.sequence:06d}.rsp"
