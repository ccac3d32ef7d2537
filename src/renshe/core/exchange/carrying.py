"""What goes and comes by hand: sealed packages on a stick, and lists as a province issues them.

Rule (S2-67: by hand through the same gate; S1-50 接收…下发…问题数据: each file is registered once; S2-63: what is taken
out in bulk is registered; S2-55): who takes a package out says why; who brings one in gets its receipt to carry back.

Invariant: what is carried out is sealed as agreed; a list is a batch like every other, taken once.
"""

from __future__ import annotations

from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.exchange.emergency import plan_for
from renshe.core.exchange.keeping import kept
from renshe.core.exchange.models import Agreement, Batch, Partner, Passage, Stage
from renshe.core.exchange.operating import CARRY, QUERY, TAKE_IN
from renshe.core.exchange.packages.columns import keys_of, sums_of
from renshe.core.exchange.packages.content import ContentRefused, content_read
from renshe.core.exchange.packages.package import manifest_of
from renshe.core.exchange.packages.suites import suite
from renshe.core.exchange.reaching import is_sent
from renshe.core.exchange.receiving import NUMBERS, Reply, package_receive
from renshe.core.exchange.records import records_put
from renshe.core.exchange.standing import agreement_standing, agreement_version, hold, reached
from renshe.core.exchange.taking import batch_take
from renshe.core.filing import store
from renshe.core.filing.numbering import draw
from renshe.core.journal.context import declared, say
from renshe.core.org.actor import Actor
from renshe.core.org.models import Region
from renshe.core.org.rights import require
from renshe.core.org.scope import Scope
from renshe.core.registers.bulk import bulk
from renshe.standards.data_sets import data_sets

MOST = 512
"""Megabytes of one file."""
_GRAVE = "pension_file"
"""What is not the table of a data set of its own is kept like people's files."""


def to_carry(actor: Actor) -> list[Batch]:
    """Return the batches that wait to be carried out: those that we do not send, and, for whom a plan designates, all
    that wait."""
    rows = Scope(actor, QUERY).filter(Batch.objects.select_related("agreement__partner", "agreement__own__region"))
    waiting = rows.filter(direction="out", stage__in=[Stage.RELEASED, Stage.SENT]).order_by("pk")[:200]
    return [one for one in waiting if not _sent(one) or plan_for(actor, one.agreement.own.region)]


def package_carry(*, actor: Actor, number: str, reason: str) -> tuple[str, bytes]:
    """Return the package of a batch that was let go, and how it is called, to be carried to the other side."""
    try:
        batch = Scope(actor, QUERY).get(
            Batch.objects.select_related("agreement__partner", "agreement__own__region"), number=number
        )
    except Batch.DoesNotExist:
        raise BusinessError("exchange.no_batch", number=number.replace("\x00", "")) from None
    if batch.direction != "out" or batch.package is None or batch.stage not in (Stage.RELEASED, Stage.SENT):
        raise BusinessError("exchange.wrong_stage", number=number, stage=Stage(batch.stage).label)
    region, plan = batch.agreement.own.region, None
    if _sent(batch) and (plan := plan_for(actor, region)) is None:
        raise BusinessError("exchange.not_carried", number=number)
    told = {"batch": number, "partner": batch.agreement.partner.code}
    with bulk(
        actor=actor, operation=CARRY, region=region, data_set=_data_set(batch.agreement), filter=told, reason=reason,
        plan=plan,
    ) as work:  # fmt: skip
        file, now = store.read(batch.package), timezone.now()
        with declared(actor.context(f"手工送出：{reason}", case=number)):
            Batch.objects.filter(pk=batch.pk, stage__in=[Stage.RELEASED, Stage.SENT]).update(
                stage=Stage.SENT, sent_at=batch.sent_at or now, tries=batch.tries + 1, emergency=plan or batch.emergency
            )
            Passage.objects.create(
                at=now, region=region, direction="out", channel="hand", partner=batch.agreement.partner.code,
                agreement=batch.agreement_number, kind=batch.kind, sequence=batch.sequence,
                digest=batch.digest or "", outcome="carried", reason=reason,
            )  # fmt: skip
        work.count = batch.rows
    return f"{batch.agreement_number}-{batch.kind}-{batch.sequence:06d}.rsp", file


def package_bring(*, actor: Actor, file: bytes) -> Reply:
    """Take in a package that somebody brought; the reply has the receipt to be carried back."""
    told = manifest_of(file)
    side = Partner.objects.select_related("region").filter(code=told.receiver, own=True).first() if told else None
    region = side.region if side else Region.objects.get(pk=actor.region)
    _require_size(file)
    with bulk(
        actor=actor, operation=TAKE_IN, region=region, data_set=_GRAVE, reason="登记手工收到的数据包",
        filter={"partner": told.sender if told else "", "agreement": told.agreement if told else ""},
        plan=plan_for(actor, region),
    ) as work:  # fmt: skip
        reply = package_receive(file, channel="hand", carried=True)
        work.count = told.content.rows if told and reply.outcome == "taken" else 0
    return reply


def receipt_carry(*, actor: Actor, passage: int) -> tuple[str, bytes]:
    """Return our receipt for a package that was brought, and how it is called, to be carried back."""
    try:
        found = Scope(actor, QUERY).get(Passage.objects.exclude(receipt=None), pk=passage)
    except Passage.DoesNotExist:
        raise BusinessError("registers.not_there", number=passage) from None
    region = found.region or Region.objects.get(pk=actor.region)
    if plan_for(actor, region) is None:
        require(actor, TAKE_IN, region)
    return f"R-{found.agreement}-{found.kind}-{found.sequence:06d}.rsp", store.read(str(found.receipt))


def list_bring(*, actor: Actor, agreement: str, file: bytes) -> Batch:
    """Take in a list as it was issued, under an agreement that says so; return its batch. BusinessError where it is
    not in the agreement's layout, or was registered before."""
    standing = agreement_standing(agreement)
    terms, own = standing.terms, standing.agreement.own
    _require_size(file)
    if not terms.bare:
        raise BusinessError("exchange.not_bare", number=agreement)
    with bulk(
        actor=actor, operation=TAKE_IN, region=own.region, data_set=_data_set(standing.agreement),
        reason="登记手工收到的名单", filter={"agreement": agreement}, plan=plan_for(actor, own.region),
    ) as work:  # fmt: skip
        try:
            rows = content_read(file, terms.media, terms.headers, terms.layout)
        except ContentRefused as refused:
            raise BusinessError("exchange.unreadable", told=str(refused)) from None
        digest, now = suite("sm").digest(file).hex(), timezone.now()
        with declared(actor.context("登记手工收到的名单")):
            hold(agreement)
            if (before := Batch.objects.filter(agreement_number=agreement, direction="in", digest=digest)).exists():
                raise BusinessError("exchange.there_already", number=before[0].number)
            number = draw(NUMBERS, own.region_id, timezone.localdate().year)
            say(actor.context("登记手工收到的名单", case=number))
            batch = Batch.objects.create(
                number=number, agreement=standing.agreement, agreement_number=agreement, region=own.region,
                direction="in", kind="batch", sequence=reached(agreement, "batch") + 1, stage=Stage.RECEIVED,
                rows=rows.num_rows, sums=sums_of(rows, terms), content=kept(file), digest=digest,
                prepared_by=actor.operator, made_at=now, sent_at=now,
            )  # fmt: skip
            records_put(batch, keys_of(rows, terms))
            batch_take(batch, standing)
            Passage.objects.create(
                at=now, region=own.region, direction="in", channel="hand", partner=standing.agreement.partner.code,
                agreement=agreement, kind="batch", sequence=batch.sequence, digest=digest, outcome="taken",
            )  # fmt: skip
        work.count = rows.num_rows
    return batch


def _sent(batch: Batch) -> bool:
    standing = agreement_version(batch.agreement_number, batch.agreement.version)
    return standing is not None and is_sent(standing)


def _data_set(agreement: Agreement) -> str:
    content = agreement_version(agreement.number, agreement.version)
    tables = {table: code for code, one in data_sets().items() for table in one.tables}
    return tables.get(content.terms.content if content else "", _GRAVE)


def _require_size(file: bytes) -> None:
    if len(file) > MOST << 20:
        raise BusinessError("exchange.too_large", most=MOST)
