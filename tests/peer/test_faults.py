"""Whatever breaks between two sides: no record is lost, doubled or in an unknown state, and both books agree.

Lines are cut at any byte, packages come twice, out of order, altered, under keys that changed meanwhile, from a clock
an hour off; either side is killed while it works, and the disk is full while something is received.
"""

from __future__ import annotations

import datetime as dt
import errno
import json
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from tests.core.exchange.conftest import ROWS, Exchange
from tests.core.org.bureau import SETUP
from tests.peer.meeting import OUT, Meeting, books_agree, key_registered, met

from renshe.core.exchange import dispatching, keeping, receiving, taking
from renshe.core.exchange.cards import card_for
from renshe.core.exchange.dispatching import fetch, send_due
from renshe.core.exchange.keys import own_key_draw
from renshe.core.exchange.models import Batch, Key, Partner, Passage, Record
from renshe.core.exchange.packages.suites import suite
from renshe.core.exchange.receiving import package_receive
from renshe.core.exchange.ways.https import Https
from renshe.core.exchange.ways.way import Unreachable, Way
from renshe.core.journal.context import declared
from renshe.peer.http_server import http_served
from renshe.peer.side import Side

TOKEN, CUTS, STEPS = "t" * 40, 500, 80
TOLD = [(ROWS[0][0], "王建国", "男", "12.50"), (ROWS[1][0], "李秀英", "女", "7.50"), ("", "无", "未知", "1")]


class Killed(BaseException):
    """A process that was killed: nothing catches it."""


@contextmanager
def cut_after(port: int, ours: int, theirs: int) -> Iterator[int]:
    """Stand between us and ``port``; cut both lines after so many bytes of ours, or of theirs."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def carry() -> None:
            near, _ = listening.accept()
            with near, socket.create_connection(("127.0.0.1", port)) as far:
                back = threading.Thread(target=_carried, args=(far, near, theirs), daemon=True)
                back.start()
                _carried(near, far, ours)
                back.join(5)

        thread = threading.Thread(target=carry, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(5)


def _carried(one: socket.socket, other: socket.socket, many: int) -> None:
    with suppress(OSError):
        while many > 0 and (block := one.recv(min(many, 4096))):
            other.sendall(block)
            many -= len(block)
    for line in (one, other):
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)


@pytest.mark.req("S3-7", part="cut at any byte")
def test_a_line_that_is_cut_at_any_byte_loses_and_doubles_nothing(exchange: Exchange, tmp_path: Path) -> None:
    meeting, chance = met(exchange, tmp_path), random.Random(7)
    batch = meeting.release()
    file = exchange.package(batch)
    with http_served(meeting.peer, TOKEN) as port:
        whole, came = len(file) + 300, 0
        for at in range(CUTS):
            ours = chance.randrange(whole) if at % 2 else whole * 2
            theirs = 10**6 if at % 2 else chance.randrange(2000)
            with cut_after(port, ours, theirs) as through:
                try:
                    receipt = Https(f"http://127.0.0.1:{through}", TOKEN).put("x.rsp", file)
                except Unreachable:
                    continue
                came += 1
                # What says that it came, came whole.
                assert receipt is not None and package_receive(receipt, channel="https").outcome in ("taken", "again")
        receipt = Https(f"http://127.0.0.1:{port}", TOKEN).put("x.rsp", file)
    assert receipt is not None and 0 < came < CUTS
    assert package_receive(receipt, channel="https").outcome == "taken"
    assert len(meeting.peer.books.find(direction="in")) == 1
    meeting.carry(3)
    assert books_agree(meeting) == []


class Bad:
    """A way on which everything happens: it fails before and after, hands things twice and altered, in any order."""

    def __init__(self, way: Way, chance: random.Random) -> None:
        self._way, self._chance = way, chance
        self.bad = True

    def _happens(self, often: float) -> bool:
        return self.bad and self._chance.random() < often

    def _cut(self, often: float = 0.15) -> None:
        if self._happens(often):
            raise Unreachable("断线")
        if self._happens(0.05):
            raise Killed

    def put(self, name: str, file: bytes) -> bytes | None:
        self._cut()
        if self._happens(0.15):
            at = self._chance.randrange(len(file))
            altered = file[:at] + bytes([file[at] ^ 1]) + file[at + 1 :]
            self._way.put(f"X{self._chance.randrange(10**6)}-{name}", altered)
        if self._happens(0.3):
            self._way.put(f"Y{self._chance.randrange(10**6)}-{name}", file)
        found = self._way.put(name, file)
        self._cut()
        return found

    def names(self) -> list[str]:
        self._cut()
        found = self._way.names()
        if self.bad:
            self._chance.shuffle(found)
        return found

    def get(self, name: str) -> bytes:
        self._cut(0.05)
        return self._way.get(name)

    def done(self, name: str) -> None:
        self._cut(0.05)
        if not self._happens(0.2):
            self._way.done(name)


class Trouble:
    """What goes wrong on our own machine, when it is ``on``."""

    def __init__(self, chance: random.Random, monkeypatch: pytest.MonkeyPatch) -> None:
        self.on, self._chance = False, chance
        self.hours = 0.0
        now = timezone.now
        monkeypatch.setattr(timezone, "now", lambda: now() + dt.timedelta(hours=self.hours))
        self._break(monkeypatch, receiving, "records_put", Killed, 0.08)
        self._break(monkeypatch, receiving, "package_logged", Killed, 0.05)
        self._break(monkeypatch, taking, "answers_written", Killed, 0.08)
        full = OSError(errno.ENOSPC, "No space left on device")
        self._break(monkeypatch, keeping.store, "put", full, 0.08)

    def _break(self, monkeypatch: pytest.MonkeyPatch, room: Any, name: str, error: Any, often: float) -> None:
        plain = getattr(room, name)

        def broken(*args: Any, **more: Any) -> Any:
            if self.on and self._chance.random() < often:
                raise error
            made = plain(*args, **more)
            if self.on and self._chance.random() < often:
                raise error
            return made

        monkeypatch.setattr(room, name, broken)


def step(meeting: Meeting, trouble: Trouble, chance: random.Random) -> None:
    """Do one thing that happens between two sides."""
    what = chance.choice(("release", "send", "send", "ours", "theirs", "theirs", "key", "theirs key", "clock", "again"))
    if what == "release" and Batch.objects.filter(agreement_number=OUT, kind="batch").count() < 6:
        meeting.release()
    elif what == "send" and len(meeting.peer.books.find(direction="out", kind="batch")) < 6:
        meeting.send(TOLD[: chance.randrange(1, 4)])
    elif what == "ours":
        with declared(SETUP):
            Batch.objects.exclude(try_at=None).update(try_at=timezone.now() - dt.timedelta(hours=3))
        send_due()
        fetch()
    elif what == "theirs":
        for one in meeting.peer.books.find(direction="out", state="waiting"):
            with meeting.peer.books.writing():
                meeting.peer.books.change(one.id, due=0)
        meeting.peer.turn(meeting.bad)  # type: ignore[attr-defined]
    elif what == "key":
        _our_key(meeting)
    elif what == "theirs key":
        _their_key(meeting)
    elif what == "clock":
        trouble.hours = chance.choice((-0.9, 0, 0.9))
    else:
        # A process of ours begins anew: what it knew is gone, what it wrote is there.
        meeting.peer.books.close()
        meeting.peer = Side(type(meeting.peer.folder)(meeting.peer.folder.path), again=0)


def _our_key(meeting: Meeting) -> None:
    """We change our keys; the ministry learns of it from our new card."""
    with declared(SETUP):
        county, now = Partner.objects.get(code="county"), timezone.now()
        for purpose in ("sign", "seal"):
            Key.objects.filter(partner=county, suite="intl", purpose=purpose, valid_until=None).update(
                valid_until=now + dt.timedelta(days=30)
            )
            own_key_draw(county, now, suite="intl", purpose=purpose, case_no="JY-5")
    card = card_for("ministry")
    meeting.peer.folder.meet(card)


def _their_key(meeting: Meeting) -> None:
    """The ministry changes its key to sign with; we register it, and let the old one count on."""
    private, public = suite("intl").draw("sign")
    keys = meeting.peer.folder.who["keys"]["intl"]
    keys["sign"] = [private.hex(), public.hex()]
    (meeting.peer.folder.path / "peer.json").write_text(json.dumps(meeting.peer.folder.who), "utf-8")
    with declared(SETUP):
        ministry = Partner.objects.get(code="ministry")
        Key.objects.filter(partner=ministry, suite="intl", purpose="sign", valid_until=None).update(
            valid_until=timezone.now() + dt.timedelta(days=30)
        )
        key_registered(ministry, "intl", "sign", public.hex(), timezone.now())


@pytest.mark.req("S3-7")
@pytest.mark.parametrize("seed", range(12))
def test_whatever_breaks_both_books_agree_at_the_end(
    exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    meeting = met(exchange, tmp_path, suite="intl")
    trouble = Trouble(chance, monkeypatch)
    plain = dispatching.way_to
    ways: list[Bad] = [Bad(meeting.way, chance)]
    meeting.bad = ways[0]  # type: ignore[attr-defined]

    def way_to(standing: Any) -> Way:
        ways.append(Bad(plain(standing), chance))
        ways[-1].bad = trouble.on
        return ways[-1]

    monkeypatch.setattr(dispatching, "way_to", way_to)
    trouble.on, killed = True, 0
    for _ in range(STEPS):
        try:
            # What a process that is killed had begun, the database takes back; what it had done stays.
            step(meeting, trouble, chance)
        except (Killed, OSError, Unreachable):
            killed += 1
    assert killed > 3
    trouble.on, trouble.hours, meeting.bad.bad = False, 0, False  # type: ignore[attr-defined]
    for way in ways:
        way.bad = False
    meeting.carry(12)
    assert books_agree(meeting) == []
    assert Batch.objects.filter(direction="out", kind="batch").exists()
    # What was prepared when its maker was killed was not let go, and waits for whoever looks.
    assert set(Record.objects.filter(fate=None).values_list("batch__stage", flat=True)) <= {"prepared"}
    assert Passage.objects.filter(direction="in", outcome="taken").count() > 3
