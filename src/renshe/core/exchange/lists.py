"""Lists as somebody issues them: brought by hand, registered once, taken in like every batch.

Rule (S1-50 接收…下发…问题数据: each file is registered once; S2-67: by the same gate): an agreement says which list it
is and in which layout; what comes without a package has no signature, so whoever registers it answers for it.

Invariant: the same file is a batch once; what cannot be read in its layout leaves nothing behind.
"""

from __future__ import annotations

from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.exchange.emergency import require_or_designated
from renshe.core.exchange.keeping import kept
from renshe.core.exchange.models import Batch, Passage, Stage
from renshe.core.exchange.operating import TAKE_IN
from renshe.core.exchange.packages.columns import keys_of, sums_of
from renshe.core.exchange.packages.content import ContentRefused, content_read
from renshe.core.exchange.packages.suites import suite
from renshe.core.exchange.receiving import NUMBERS
from renshe.core.exchange.records import records_put
from renshe.core.exchange.standing import agreement_standing, hold, reached
from renshe.core.exchange.taking import batch_take
from renshe.core.filing.numbering import draw
from renshe.core.journal.context import declared, say
from renshe.core.org.actor import Actor

_REASON = "登记收到的名单"


def list_register(*, actor: Actor, agreement: str, file: bytes) -> Batch:
    """Take in a list that was issued, under an agreement that says so (``bare``); return its batch. BusinessError where
    it is not in the agreement's layout, or was registered before."""
    standing = agreement_standing(agreement)
    terms, own = standing.terms, standing.agreement.own
    plan = require_or_designated(actor, TAKE_IN, own.region)
    if not terms.bare:
        raise BusinessError("exchange.not_bare", number=agreement)
    try:
        rows = content_read(file, terms.media, terms.headers, terms.layout)
    except ContentRefused as refused:
        raise BusinessError("exchange.unreadable", told=str(refused)) from None
    digest, now = suite("sm").digest(file).hex(), timezone.now()
    with declared(actor.context(_REASON)):
        hold(agreement)
        before = Batch.objects.filter(agreement_number=agreement, direction="in", digest=digest).first()
        if before is not None:
            raise BusinessError("exchange.there_already", number=before.number)
        number = draw(NUMBERS, own.region_id, timezone.localdate().year)
        say(actor.context(_REASON, case=number))
        batch = Batch.objects.create(
            number=number, agreement=standing.agreement, agreement_number=agreement, region=own.region,
            direction="in", kind="batch", sequence=reached(agreement, "batch") + 1, stage=Stage.RECEIVED,
            rows=rows.num_rows, sums=sums_of(rows, terms), content=kept(file), digest=digest, emergency=plan,
            prepared_by=actor.operator, made_at=now, sent_at=now,
        )  # fmt: skip
        records_put(batch, keys_of(rows, terms))
        batch_take(batch, standing)
        Passage.objects.create(
            at=now, region=own.region, direction="in", channel="hand", partner=standing.agreement.partner.code,
            agreement=agreement, kind="batch", sequence=batch.sequence, digest=digest, outcome="taken",
            by=actor.operator,
        )  # fmt: skip
        return batch
