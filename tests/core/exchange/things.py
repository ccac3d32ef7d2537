"""What the county of the walks has of exchange: both sides, their keys, an agreement, batches in several states."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from tests.core.casework.conftest import HERE, Office
from tests.core.org.bureau import SETUP

from renshe.core.exchange.keys import own_key_draw
from renshe.core.exchange.models import Agreement, Key, Partner, Passage
from renshe.core.exchange.packages.suites import fingerprint, suite
from renshe.core.exchange.preparing import batch_prepare
from renshe.core.journal.context import declared

NUMBER = "XY-2026-1"
_TERMS = """
content: person
direction: out
fields:
  - {field: id_number, as: 证件号码, required: true}
  - {field: name, as: 姓名, required: true}
key: [证件号码]
suite: intl
"""


def exchange_things(office: Office) -> dict[str, Any]:
    """Return an agreement and a prepared batch, by the names that services ask for."""
    now, today = timezone.now(), timezone.localdate()
    with declared(SETUP):
        known = {"region": office.bureau.regions[HERE], "case_no": "JH-1", "valid_from": today}
        own = Partner.objects.create(code="county-220822", name="河西县", sort="bureau", own=True, **known)
        other = Partner.objects.create(code="tax-220822", name="河西县税务局", sort="tax", **known)
        for purpose in ("sign", "seal"):
            own_key_draw(own, now, suite="intl", purpose=purpose, case_no="JY-1")
            _, public = suite("intl").draw(purpose)
            Key.objects.create(
                partner=other, suite="intl", purpose=purpose, public=public, fingerprint=fingerprint(public),
                valid_from=now, case_no="JY-1",
            )  # fmt: skip
        agreement = Agreement.objects.create(
            number=NUMBER, version=1, own=own, partner=other, title="参保人员", ground="社会保险法", owner="pension",
            text=_TERMS, case_no="XY-1", valid_from=today,
        )  # fmt: skip
        passage = Passage.objects.create(
            at=now,
            region=known["region"],
            direction="in",
            channel="hand",
            digest="0",
            outcome="refused",
            reason="没有加密",
        )
    return {
        "agreement": NUMBER,
        "agreement_key": agreement.pk,
        "partner_key": other.pk,
        "passage": passage.pk,
        "batch": batch_prepare(actor=office.maker, agreement=NUMBER),
    }
