"""What is carried by hand: packages taken out for a partner, and what somebody brought registered.

Rule (002 七 (五); S2-52, S2-63; S2-67 按照本规定第六条办理): each time a package is taken out is a row in the register
of bulk work; what is brought goes through the gate that everything goes through, and whoever brought it gets the
receipt.

Invariant: nothing is taken out that was not let go, nor unsealed where it tells who people are; once the partner's
receipt is there, nothing is taken out again.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.exchange.emergency import designated, require_or_designated
from renshe.core.exchange.keeping import package_of
from renshe.core.exchange.models import Batch, Passage, Stage
from renshe.core.exchange.operating import RELEASE, TAKE_IN
from renshe.core.exchange.packages.package import manifest_of
from renshe.core.exchange.packages.terms import Terms, terms_read
from renshe.core.exchange.receiving import Brought, Reply, own_side, package_receive
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor
from renshe.core.org.operations import Operation, declare
from renshe.core.org.rights import anywhere, require
from renshe.core.org.scope import Scope
from renshe.core.registers.bulk import bulk
from renshe.standards.data_sets import data_sets

CHANNEL = "hand"
CARRY = "exchange.carry"
declare(Operation(CARRY, "取出手工传递的数据包", "export"))
_STAGES = (Stage.RELEASED, Stage.SENT)
_PEOPLE = "pension_file"
"""In which data set counts what no table of the dictionary is: what is exchanged is about people."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A package that somebody carries: how its file is called, and what it is."""

    name: str
    file: bytes


def is_carried(batch: Batch) -> bool:
    """Whether the package of ``batch`` waits for somebody to carry it, or for its receipt."""
    return batch.direction == "out" and batch.stage in _STAGES and _terms(batch).channel == CHANNEL


def batch_export(*, actor: Actor, number: str, reason: str) -> Carried:
    """Return the package of a batch that was let go under an agreement by hand; from then on the batch counts as sent.

    Call it with no transaction open around. BusinessError where the actor may neither let it go nor take it out, where
    it goes another way or is not let go, and, told in the log, where it is not sealed as it has to be.
    """
    batch = _found(number)
    plan = require_or_designated(actor, RELEASE, batch.region)
    _require_carried(batch, plan)
    file = package_of(batch, actor.context("取出数据包", case=number))
    told = manifest_of(file)
    if _terms(batch).personal and (told is None or told.sealed_for is None):
        refused = BusinessError("exchange.unsealed", number=batch.agreement_number)
        with declared(actor.context("拒绝取出数据包", case=number)):
            _log(batch, actor, "refused", str(refused))
        raise refused
    asked = {"batch": batch.number}
    with bulk(
        actor=actor, operation=CARRY, region=batch.region, data_set=_data_set(batch), filter=asked, reason=reason,
        plan=plan,
    ) as work:  # fmt: skip
        with declared(actor.context(f"取出数据包：{reason}", case=number)):
            held = Batch.objects.select_for_update(of=("self",)).select_related("agreement").get(pk=batch.pk)
            # Its receipt may have come meanwhile.
            _require_carried(held, plan)
            held.emergency = plan or held.emergency
            held.stage, held.sent_at, held.try_at = Stage.SENT, held.sent_at or timezone.now(), None
            held.tries += 1
            held.save(update_fields=["stage", "sent_at", "try_at", "tries", "emergency"])
            _log(held, actor, "sent", "")
        work.count = held.rows
    return Carried(batch.file_name, file)


def may_register(actor: Actor) -> bool:
    """Whether ``actor`` may register what somebody brought, of any side of ours."""
    return anywhere(actor, TAKE_IN) or designated(actor)


def package_register(*, actor: Actor, file: bytes) -> Reply:
    """Take in, or refuse, the package ``file`` that somebody brought; the log keeps the receipt to be handed back.

    BusinessError where the actor may not register what comes to that side of ours.
    """
    side = own_side(manifest_of(file))
    if side is not None:
        require_or_designated(actor, TAKE_IN, side.region)
    elif not may_register(actor):
        require(actor, TAKE_IN, actor.region)
    context = actor.context("登记收到的数据包")
    return package_receive(file, channel=CHANNEL, brought=Brought(context, actor.region, by=actor.operator))


def brought(actor: Actor) -> QuerySet[Passage]:
    """Return what was brought by hand, the last first."""
    return Scope(actor, TAKE_IN).filter(Passage.objects.filter(direction="in", channel=CHANNEL)).order_by("-pk")


def receipt_get(actor: Actor, line: int) -> Passage:
    """Return a line of the log with the receipt for what was brought; BusinessError where the actor sees none, who
    registers what comes there, or registered it himself."""
    rows = Passage.objects.filter(pk=line, direction="in", channel=CHANNEL, receipt__isnull=False)
    found = Scope(actor, TAKE_IN).filter(rows).first() or rows.filter(by=actor.operator).first()
    if found is None:
        raise BusinessError("exchange.no_receipt", number=line)
    return found


def _found(number: str) -> Batch:
    rows = Batch.objects.select_related("region", "agreement__partner")
    found = None if "\x00" in number else rows.filter(number=number).first()
    if found is None:
        raise BusinessError("exchange.no_batch", number=number.replace("\x00", ""))
    return found


def _require_carried(batch: Batch, plan: str | None) -> None:
    if batch.direction != "out" or batch.stage not in _STAGES:
        raise BusinessError("exchange.wrong_stage", number=batch.number, stage=Stage(batch.stage).label)
    if plan is None and _terms(batch).channel != CHANNEL:
        raise BusinessError("exchange.not_by_hand", number=batch.number)


def _terms(batch: Batch) -> Terms:
    return terms_read(batch.agreement.text)


def _data_set(batch: Batch) -> str:
    content = _terms(batch).content
    return next((one.code for one in data_sets().values() if content in one.tables), _PEOPLE)


def _log(batch: Batch, actor: Actor, outcome: str, reason: str) -> None:
    Passage.objects.create(
        at=timezone.now(), region_id=batch.region_id, direction="out", channel=CHANNEL, kind=batch.kind,
        partner=batch.agreement.partner.code, agreement=batch.agreement_number, sequence=batch.sequence,
        digest=batch.digest or "", outcome=outcome, reason=reason, by=actor.operator,
    )  # fmt: skip
