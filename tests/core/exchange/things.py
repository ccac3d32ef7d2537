"""What the county of the walks has of exchange: both sides, their keys, agreements, batches in several states."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from django.utils import timezone
from tests.core.casework.conftest import HERE, Office
from tests.core.org.bureau import SETUP

from renshe.core.exchange.answering import COLUMNS_OF
from renshe.core.exchange.keeping import kept
from renshe.core.exchange.keys import own_key_draw
from renshe.core.exchange.models import Agreement, Batch, Difference, Key, Missed, Partner, Passage, Returned, Stage
from renshe.core.exchange.packages.content import content_written
from renshe.core.exchange.packages.manifest import Content, Manifest
from renshe.core.exchange.packages.package import Signer, package_write
from renshe.core.exchange.packages.suites import fingerprint, suite
from renshe.core.exchange.preparing import batch_prepare, batch_release
from renshe.core.exchange.records import records_put
from renshe.core.journal.context import declared
from renshe.modules.registry.models import Person

NUMBER, BARE = "XY-2026-1", "XY-2026-4"
LIST = "证件号码,姓名\n220822198001010016,张丽华\n".encode()
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
            own_key = own_key_draw(own, now, suite="intl", purpose=purpose, case_no="JY-1")
            private, public = suite("intl").draw(purpose)
            theirs[purpose] = (private, public)
            Key.objects.create(
                partner=other, suite="intl", purpose=purpose, public=public, fingerprint=fingerprint(public),
                valid_from=now, case_no="JY-1",
            )  # fmt: skip
        agreement, hand, coming, _ = (
            Agreement.objects.create(
                number=number, version=1, own=own, partner=other, title="参保人员", ground="社会保险法",
                owner="pension", text=text, case_no="XY-1", valid_from=today,
            )
            for number, text in (
                (NUMBER, _TERMS),
                ("XY-2026-2", _TERMS + "channel: hand\n"),
                ("XY-2026-3", _TERMS.replace("direction: out", "direction: in") + "media: csv\n"),
                (BARE, _TERMS.replace("direction: out", "direction: in") + "media: csv\nchannel: hand\nbare: on\n"),
            )
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
    carried = batch_prepare(actor=office.maker, agreement=hand.number)
    carried = batch_release(actor=office.bureau.at("information"), number=carried.number, seen=carried.content)
    signer = Signer("intl", *theirs["sign"])
    content = Content("csv", 1, 0, "", "", {})
    manifest = Manifest(
        "batch", other.code, own.code, coming.number, 1, 1, now.isoformat(), "intl", "0" * 32, None, content
    )
    return {
        "key": Key.objects.get(pk=own_key.pk),
        "carried": carried,
        "brought": package_write(manifest, LIST, signer, bytes(own_key.public)).file,
        **_differences(office, agreement, carried),
        "agreement": NUMBER,
        "agreement_key": agreement.pk,
        "partner_key": other.pk,
        "passage": passage.pk,
        "batch": batch_prepare(actor=office.maker, agreement=NUMBER),
    }


def _differences(office: Office, agreement: Agreement, batch: Batch) -> dict[str, Any]:
    """Return a difference that nobody looked at, one that is doubted, and a record that we are asked to correct."""
    person, now = Person.objects.order_by("pk").first(), timezone.now()
    assert person is not None
    known = {"batch": batch, "place": 1, "subject": person.pk, "label": "姓名", "column": "name", "ours": "张丽华"}
    row = ["1", "1", batch.records.get(place=1).key, "姓名", "张丽华", "张立华", "户籍"]
    content = pa.table({name: [value] for name, value in zip(COLUMNS_OF["correction"], row, strict=True)})
    with declared(SETUP):
        Returned.objects.create(batch=batch, place=1, subject=person.pk, values={"name": "张立华"})
        found = Difference.objects.create(**known, theirs="张立华", found_at=now)
        Difference.objects.create(
            **known, theirs="张力华", found_at=now, state="doubted", decided_by="entry-220822", decided_at=now
        )
        asked = Batch.objects.create(
            number="PR-220822-2026-000099", agreement=batch.agreement, agreement_number=batch.agreement_number,
            region=batch.region, direction="in", kind="correction", sequence=1, stage=Stage.RECEIVED, rows=1,
            content=kept(content_written(content, "parquet")), digest="0", made_at=now,
        )  # fmt: skip
        records_put(asked, content.column("key"))
        missed = Missed.objects.create(agreement=agreement, number=agreement.number, due_on=timezone.localdate())
    return {
        "other_held": found.pk,
        "doubting": batch.agreement_number,
        "asked_of_us": asked.records.get().pk,
        "missed": missed.pk,
    }
