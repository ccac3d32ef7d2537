"""What is to go, goes, until it is receipted.

Rule (S2-53; issue 7: re-send harmless): what was let go is put on its way again and again, later each time, until the
other side says that it has it; the same bytes each time, so that it knows them again.

Invariant: a batch is marked as sent only after its way took it; whoever is killed between sends it once more.
"""

from __future__ import annotations

import datetime as dt

from django.db.models import Q
from django.utils import timezone

from renshe.core.exchange.models import Agreement, Batch, Passage, Stage
from renshe.core.exchange.reaching import is_sent, way_to
from renshe.core.exchange.receiving import package_receive
from renshe.core.exchange.standing import Standing, agreement_standing, agreement_version
from renshe.core.exchange.ways.way import Unreachable, Way
from renshe.core.filing import store
from renshe.core.journal.context import Context, declared

AGAIN = (dt.timedelta(minutes=1), dt.timedelta(minutes=5), dt.timedelta(minutes=30), dt.timedelta(hours=4))
"""How long after each try it is sent again; the last, from then on."""
_SYSTEM = Context(operator="system", reason="数据交换发送")


def send_due(now: dt.datetime | None = None) -> int:
    """Send what is due; return how many batches were put on their way."""
    moment = now or timezone.now()
    due = Batch.objects.filter(Q(try_at__lte=moment), direction="out", stage__in=[Stage.RELEASED, Stage.SENT]).order_by(
        "try_at", "pk"
    )
    return sum(_send(pk, moment) for pk in due.values_list("pk", flat=True))


def _send(pk: int, moment: dt.datetime) -> bool:
    """Send one batch, which nobody else sends meanwhile; return whether its way took it."""
    with declared(_SYSTEM):
        batch = (
            Batch.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk, try_at__lte=moment).first()
        )
        if batch is None or batch.stage not in (Stage.RELEASED, Stage.SENT):
            return False
        standing = agreement_version(batch.agreement_number, batch.agreement.version)
        assert standing is not None and batch.package is not None and batch.sequence is not None
        if not is_sent(standing):
            # Somebody carries it, or the partner picks it up.
            Batch.objects.filter(pk=pk).update(try_at=None)
            return False
        outcome, reason, receipt = "sent", "", None
        try:
            receipt = way_to(standing).put(batch.file_name, store.read(batch.package))
        except Unreachable as refused:
            outcome, reason = "unreachable", str(refused)
        batch.tries += 1
        batch.try_at = moment + AGAIN[min(batch.tries, len(AGAIN)) - 1]
        if outcome == "sent":
            batch.stage, batch.sent_at = Stage.SENT, batch.sent_at or moment
        batch.reason = reason
        batch.save(update_fields=["tries", "try_at", "stage", "sent_at", "reason"])
        Passage.objects.create(
            at=moment, region_id=batch.region_id, direction="out", channel=standing.terms.channel,
            partner=standing.agreement.partner.code, agreement=batch.agreement_number, kind=batch.kind,
            sequence=batch.sequence, digest=batch.digest or "", outcome=outcome, reason=reason,
        )  # fmt: skip
    if receipt:
        package_receive(receipt, channel=standing.terms.channel)
    return outcome == "sent"


def fetch() -> int:
    """Take in what waits on the ways of agreements that count; return how many files were dealt with."""
    seen, many = set(), 0
    for number in Agreement.objects.filter(valid_until=None).values_list("number", flat=True):
        standing = agreement_standing(number)
        told = standing.agreement
        at = (told.own.code, told.partner.code, standing.terms.channel)
        if at in seen or not is_sent(standing):
            continue
        seen.add(at)
        try:
            many += _fetched(way_to(standing), standing)
        except Unreachable as refused:
            _unreached(standing, str(refused))
    return many


def _fetched(way: Way, standing: Standing) -> int:
    names = way.names()
    for name in names:
        reply = package_receive(way.get(name), channel=standing.terms.channel)
        if reply.receipt is not None:
            way.put(f"R-{name}"[-150:], reply.receipt)
        # Only once the receipt lies there: killed before, it is taken in again and gets the same.
        way.done(name)
    return len(names)


def _unreached(standing: Standing, reason: str) -> None:
    """Write down that a way is not open, once: it is tried every minute."""
    number, partner = standing.agreement.number, standing.agreement.partner.code
    before = Passage.objects.filter(direction="in", partner=partner, agreement=number).order_by("-pk").first()
    if before is not None and (before.outcome, before.reason) == ("unreachable", reason):
        return
    with declared(_SYSTEM):
        Passage.objects.create(
            at=timezone.now(), region_id=standing.agreement.own.region_id, direction="in",
            channel=standing.terms.channel, partner=partner, agreement=number, digest="", outcome="unreachable",
            reason=reason,
        )  # fmt: skip
