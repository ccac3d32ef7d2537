"""A county that exchanges with its province: agreements both ways; the other side knows packages and nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.conf import settings
from django.utils import timezone
from tests.core import conftest as ground
from tests.core.casework.conftest import HERE, Office, furnish
from tests.core.org.bureau import NEXT_YEAR, SETUP

from renshe.core.exchange import offering
from renshe.core.exchange.answering import COLUMNS
from renshe.core.exchange.keys import own_key_draw
from renshe.core.exchange.models import Agreement, Batch, Key, Partner
from renshe.core.exchange.offering import Offer
from renshe.core.exchange.packages.content import content_written
from renshe.core.exchange.packages.manifest import Content, Manifest
from renshe.core.exchange.packages.package import Opened, Packed, Signer, package_open, package_write
from renshe.core.exchange.packages.suites import fingerprint, suite
from renshe.core.filing import store
from renshe.core.journal.context import declared
from renshe.core.org.models import Grant
from renshe.core.org.setting_up import grant_install

logins, db, committed = ground.logins, ground.db, ground.committed
OUT, IN = "XY-OUT", "XY-IN"
FIELDS = """
fields:
  - {field: id_number, as: 证件号码, required: true}
  - {field: name, as: 姓名, required: true}
  - {field: sex, as: 性别, codes: {'1': 男, '2': 女}}
  - {as: 金额, type: money}
key: [证件号码]
sums: [金额]
media: csv
answers_within: 5
"""
HOLDS = frozenset({"id_number", "name", "sex", "金额"})
ROWS = [("220802196503120173", "王建国", "1", "12.50"), ("220802197001010024", "李秀英", "2", "-2.50")]


@dataclass
class Other:
    """The province: its keys, and ours as it knows them."""

    used: str
    sign: tuple[bytes, bytes]
    seal: tuple[bytes, bytes]
    ours: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    our_seal: bytes = b""

    def signer(self, fingerprint: str) -> tuple[str, bytes] | None:
        return self.ours.get(fingerprint)

    def opener(self, fingerprint_of: str) -> bytes | None:
        return self.seal[0] if fingerprint_of == fingerprint(self.seal[1]) else None

    def open(self, file: bytes) -> Opened:
        return package_open(file, self, receiver="province")

    def make(self, kind: str, agreement: str, sequence: int, content: bytes, rows: int, **more: Any) -> Packed:
        """Return a package to us."""
        media, sums = more.pop("media", "csv"), more.pop("sums", {})
        sealed, signer = more.pop("sealed", True), more.pop("signer", self.sign)
        told = {"sender": "province", "receiver": "county", "version": 1, "about": None, **more}
        manifest = Manifest(
            kind=kind, agreement=agreement, sequence=sequence, made_at=timezone.now().isoformat(), suite=self.used,
            signed_by="0" * 32, sealed_for=None, content=Content(media, rows, 0, "", "", sums), **told,
        )  # type: ignore[arg-type]  # fmt: skip
        return package_write(manifest, content, Signer(self.used, *signer), self.our_seal if sealed else None)

    def batch(self, sequence: int, rows: list[tuple[Any, ...]] = ROWS, **more: Any) -> Packed:
        """Return a batch to us."""
        told = [(number, name, {"1": "男", "2": "女"}.get(sex, sex), amount) for number, name, sex, amount in rows]
        sums = more.pop("sums", {"金额": f"{sum(float(row[3]) for row in rows):.2f}"})
        return self.make("batch", more.pop("agreement", IN), sequence, csv(told), len(rows), sums=sums, **more)

    def answers(self, sequence: int, about: int, rows: list[tuple[str, str, str, str]], **more: Any) -> Packed:
        """Return answers to a batch of ours: place, key, fate, reason."""
        made = {name: pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate(COLUMNS)}
        content = content_written(pa.table(made), "parquet")
        return self.make("answers", OUT, sequence, content, len(rows), media="parquet", about=about, **more)


def csv(rows: list[tuple[Any, ...]], headers: tuple[str, ...] = ("证件号码", "姓名", "性别", "金额")) -> bytes:
    return content_written(
        pa.table({name: pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate(headers)}), "csv"
    )


@dataclass
class Exchange:
    """The county's office, and the other side."""

    office: Office
    other: Other
    handed_out: list[tuple[Any, ...]]
    taken: list[dict[str, Any]]

    def package(self, batch: Batch) -> bytes:
        batch.refresh_from_db()
        assert batch.package is not None
        return store.read(batch.package)


@pytest.fixture
def papers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings, "PAPERS", tmp_path / "papers", raising=False)


@pytest.fixture(params=["sm"])
def exchange(
    request: pytest.FixtureRequest, db: None, papers: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Exchange]:
    """A county and a province with an agreement each way."""
    office = furnish()
    handed, took = list(ROWS), []
    monkeypatch.setattr(offering, "_OFFERS", {"person": Offer(lambda agreement, terms, only: rows_of(handed), HOLDS)})
    monkeypatch.setattr(offering, "_TAKERS", {})
    with declared(SETUP):
        other = sides(office, request.param)
        region = office.bureau.regions["220000"]
        for name, kind, group in (
            ("exchange.prepare", "entry", "entry"),
            ("exchange.release", "admin", "information"),
            ("exchange.query", "query", "check"),
        ):
            assert not Grant.objects.filter(operation=name).exists(), kind
            grant_install(post=office.bureau.posts[group], operation_name=name, region=region, valid_until=NEXT_YEAR)
    yield Exchange(office, other, handed, took)


def rows_of(handed: list[tuple[Any, ...]]) -> pa.Table:
    names = ("id_number", "name", "sex", "金额")
    return pa.table({name: pa.array([row[at] for row in handed], pa.string()) for at, name in enumerate(names)})


def sides(office: Office, used: str) -> Other:
    # All of it counts since a while, so that it can have ended meanwhile.
    now = timezone.now() - dt.timedelta(days=100)
    here, today = office.bureau.regions[HERE], now.date()
    known = {"region": here, "case_no": "JH-1", "valid_from": today}
    county = Partner.objects.create(code="county", name="河西县", sort="bureau", own=True, **known)
    province = Partner.objects.create(code="province", name="省厅", sort="province", **known)
    other = Other(used, suite(used).draw("sign"), suite(used).draw("seal"))
    for purpose, (_, public) in (("sign", other.sign), ("seal", other.seal)):
        Key.objects.create(
            partner=province, suite=used, purpose=purpose, public=public, fingerprint=fingerprint(public),
            valid_from=now, case_no="JY-1",
        )  # fmt: skip
    ours = {one: own_key_draw(county, now, suite=used, purpose=one, case_no="JY-2") for one in ("sign", "seal")}
    other.ours = {ours["sign"].fingerprint: ("county", bytes(ours["sign"].public))}
    other.our_seal = bytes(ours["seal"].public)
    for number, direction in ((OUT, "out"), (IN, "in")):
        Agreement.objects.create(
            number=number, version=1, own=county, partner=province, title="参保人员", ground="法", owner="pension",
            text=f"content: person\ndirection: {direction}\nsuite: {used}\n{FIELDS}", case_no="XY-1", valid_from=today,
        )  # fmt: skip
    return other
