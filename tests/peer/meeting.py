"""A county and a ministry that have met: agreements both ways, each other's keys."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.utils import timezone
from tests.core.exchange.conftest import FIELDS, HERE, Exchange
from tests.core.org.bureau import SETUP

from renshe.core.exchange.cards import card_for
from renshe.core.exchange.dispatching import fetch, send_due
from renshe.core.exchange.keys import own_key_draw
from renshe.core.exchange.models import Agreement, Batch, Key, Partner, Record
from renshe.core.exchange.packages.suites import fingerprint
from renshe.core.exchange.preparing import batch_prepare, batch_release
from renshe.core.exchange.ways.directory import Directory
from renshe.core.journal.context import declared
from renshe.peer.folder import Folder, begun, own_card
from renshe.peer.side import Side

OUT, IN = "M-OUT", "M-IN"


def key_registered(partner: Partner, suite: str, purpose: str, public: str, since: dt.datetime) -> None:
    """Register a key, as its case does."""
    known = bytes.fromhex(public)
    Key.objects.filter(partner=partner, suite=suite, purpose=purpose, valid_until=None).update(valid_until=since)
    Key.objects.create(
        partner=partner, suite=suite, purpose=purpose, public=known, fingerprint=fingerprint(known), valid_from=since,
        case_no="JY-1",
    )  # fmt: skip


@dataclass
class Meeting:
    """Both sides, with a folder between them."""

    exchange: Exchange
    peer: Side
    between: Path

    @property
    def way(self) -> Directory:
        """The peer's way to us."""
        return Directory(self.between, "ministry", "county")

    def release(self, number: str = OUT, **more: Any) -> Batch:
        """Return a batch of ours that was let go."""
        office = self.exchange.office
        batch = batch_prepare(actor=office.maker, agreement=number, **more)
        return batch_release(actor=office.bureau.at("information"), number=batch.number, seen=batch.content)

    def send(self, rows: list[tuple[str, ...]], number: str = IN) -> int:
        """Let the peer send rows."""
        headers = ("证件号码", "姓名", "性别", "金额")
        return self.peer.send(
            number, pa.table({name: pa.array([row[at] for row in rows]) for at, name in enumerate(headers)})
        )

    def carry(self, turns: int = 1) -> None:
        """Let both sides do what is due, whatever time it is."""
        for _ in range(turns):
            with declared(SETUP):
                Batch.objects.exclude(try_at=None).update(try_at=timezone.now())
            with self.peer.books.writing():
                for one in self.peer.books.find(direction="out", state="waiting"):
                    self.peer.books.change(one.id, due=0)
            send_due()
            self.peer.turn(self.way)
            fetch()


def met(exchange: Exchange, tmp_path: Path, *, suite: str = "sm", **ways: str) -> Meeting:
    """Let the county and a ministry meet; ``ways``: the addresses of the ministry."""
    between = tmp_path / "between"
    between.mkdir()
    folder = begun(tmp_path / "ministry", "ministry", "部平台")
    now = timezone.now() - dt.timedelta(days=2)
    with declared(SETUP):
        county = Partner.objects.get(code="county")
        ministry = Partner.objects.create(
            code="ministry", name="部平台", sort="ministry", region=exchange.office.bureau.regions[HERE],
            case_no="JH-9", valid_from=now.date(), addresses=ways or {"directory": str(between)},
        )  # fmt: skip
        for purpose in ("sign", "seal"):
            if not Key.objects.filter(partner=county, suite=suite, purpose=purpose).exists():
                own_key_draw(county, now, suite=suite, purpose=purpose, case_no="JY-9")
        for used, purpose, public in own_card(folder):
            key_registered(ministry, used, purpose, public, now)
        for number, direction in ((OUT, "out"), (IN, "in")):
            Agreement.objects.create(
                number=number, version=1, own=county, partner=ministry, title="参保人员", ground="法", owner="pension",
                text=f"content: person\ndirection: {direction}\nsuite: {suite}\n{FIELDS}", case_no="XY-9",
                valid_from=now.date(),
            )  # fmt: skip
    folder.meet(card_for("ministry"))
    return Meeting(exchange, Side(Folder(folder.path), again=0), between)


def books_agree(meeting: Meeting) -> list[str]:
    """Return where the books of both sides say something else."""
    wrong = []
    ours = {
        (one.agreement_number, one.direction, one.kind, one.sequence): one
        for one in Batch.objects.filter(agreement__partner__code="ministry", sequence__isnull=False)
    }
    turned = {"in": "out", "out": "in"}
    theirs = {
        (one.agreement, turned[one.direction], one.kind, one.sequence): one
        for one in meeting.peer.books.find()
        if one.sequence is not None
    }
    wrong += [f"{key} is in one book alone" for key in sorted(set(ours) ^ set(theirs), key=str)]
    for key in sorted(set(ours) & set(theirs)):
        batch, entry = ours[key], theirs[key]
        if batch.digest != entry.digest:
            wrong.append(f"{key} is another package")
        if batch.stage not in ("received", "answered") or entry.state not in ("taken", "receipted"):
            wrong.append(f"{key} is {batch.stage} here and {entry.state} there")
        if batch.kind == "batch":
            here = list(Record.objects.filter(batch=batch).order_by("place").values_list("place", "key", "fate"))
            there = [(place, key, fate) for place, key, fate, _ in meeting.peer.books.records(entry.id)]
            if here != there:
                wrong.append(f"{key}: records are {here} here and {there} there")
            if any(fate is None for _, _, fate in here):
                wrong.append(f"{key}: of a record nobody knows what became of it")
    return wrong
