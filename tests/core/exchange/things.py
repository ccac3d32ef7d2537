"""What the county of the walks has of exchange: both sides, their keys, an agreement, batches in several states."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from django.utils import timezone
from tests.core.casework.conftest import HERE, Office
from tests.core.org.bureau import SETUP

from renshe.core.exchange.keys import own_key_draw
from renshe.core.exchange.models import Agreement, Key, Partner, Passage
from renshe.core.exchange.packages.content import content_written
from renshe.core.exchange.packages.manifest import Content, Manifest
from renshe.core.exchange.packages.package import Signer, package_write
from renshe.core.exchange.packages.suites import fingerprint, suite
from renshe.core.exchange.preparing import batch_prepare, batch_release
from renshe.core.journal.context import declared

NUMBER, BY_HAND, BROUGHT = "XY-2026-1", "XY-2026-2", "XY-2026-3"
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
        theirs = {}
        for purpose in ("sign", "seal"):
            ours = own_key_draw(own, now, suite="intl", purpose=purpose, case_no="JY-1")
            theirs[purpose] = suite("intl").draw(purpose)
            public = theirs[purpose][1]
            Key.objects.create(
                partner=other, suite="intl", purpose=purpose, public=public, fingerprint=fingerprint(public),
                valid_from=now, case_no="JY-1",
            )  # fmt: skip
        agreement = Agreement.objects.create(
            number=NUMBER, version=1, own=own, partner=other, title="参保人员", ground="社会保险法", owner="pension",
            text=_TERMS, case_no="XY-1", valid_from=today,
        )  # fmt: skip
        for number, text in ((BY_HAND, f"{_TERMS}channel: hand\n"), (BROUGHT, _TERMS.replace("out", "in"))):
            Agreement.objects.create(
                number=number, version=1, own=own, partner=other, title="参保人员", ground="社会保险法",
                owner="pension", text=text, case_no="XY-1", valid_from=today,
            )  # fmt: skip
        passage = Passage.objects.create(
            at=now,
            region=known["region"],
            direction="in",
            channel="hand",
            digest="0",
            outcome="refused",
            reason="没有加密",
            by="information-220822",
            receipt=b"receipt",
        )
    carried = batch_prepare(actor=office.maker, agreement=BY_HAND)
    keeper = office.bureau.at("information")
    batch_release(actor=keeper, number=carried.number, seen=carried.content)
    carried.refresh_from_db()
    return {
        "agreement": NUMBER,
        "agreement_key": agreement.pk,
        "partner_key": other.pk,
        "passage": passage.pk,
        "batch": batch_prepare(actor=office.maker, agreement=NUMBER),
        "carried": carried,
        "key": Key.objects.get(pk=ours.pk),
        "brought": _brought(theirs["sign"], bytes(ours.public)),
    }


def _brought(sign: tuple[bytes, bytes], sealed_for: bytes) -> bytes:
    """Return a package of the partner that somebody brings."""
    rows = pa.table({"证件号码": ["220802196503120173"], "姓名": ["王建国"]})
    manifest = Manifest(
        "batch", "tax-220822", "county-220822", BROUGHT, 1, 1, timezone.localtime().isoformat(), "intl", "0" * 32, None,
        Content("parquet", 1, 0, "", "", {}),
    )  # fmt: skip
    return package_write(manifest, content_written(rows, "parquet"), Signer("intl", *sign), sealed_for).file
