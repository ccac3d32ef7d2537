"""What a peer does with packages: its own gate, its own answers, and sending until it has a receipt.

Rule (issue 7: it receives, queries, refuses with reasons, answers late, answers twice, goes down): it keeps to what was
agreed, as its behaviour says; it shares nothing with the house but the form of packages.

Invariant: the same package gets the same receipt; what came too early waits; what is refused is not in the books.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pyarrow as pa

from renshe.core.exchange.packages.columns import keys_of, sums_of
from renshe.core.exchange.packages.content import ContentRefused, content_read, content_written
from renshe.core.exchange.packages.manifest import Content, Kind, Manifest, Media
from renshe.core.exchange.packages.package import (
    Opened,
    PackageRefused,
    Packed,
    manifest_of,
    package_open,
    package_write,
)
from renshe.core.exchange.packages.terms import ANSWERS
from renshe.core.exchange.ways.way import Unreachable, Way
from renshe.peer.books import Books, Entry
from renshe.peer.folder import Agreed, Behaviour, Folder, PeerError

_ANSWER_TO: Mapping[str, Kind] = {"batch": "answers", "correction": "amends"}
_CORRECTION = ("sequence", "place", "key", "column", "told", "held", "reason")
_AGAIN = 5.0
"""Seconds until what has no receipt is sent again."""


class Side:
    """One peer at work over its ``folder``; ``again``: seconds until what has no receipt is sent again."""

    def __init__(self, folder: Folder, *, again: float = _AGAIN) -> None:
        self.folder, self.books, self._again = folder, Books(folder.books), again

    def take(self, file: bytes) -> bytes | None:
        """Take a package; return the receipt, where there is one. ConnectionError while it is down."""
        behaviour = self.folder.behaviour
        if behaviour.down:
            raise ConnectionError
        told = manifest_of(file)
        opened: Opened | None = None
        try:
            opened = package_open(file, self.folder, receiver=self.folder.code, must_be_sealed=self._must_be_sealed)
            with self.books.writing():
                receipt = self._taken(file, opened, behaviour)
        except PackageRefused as refused:
            if opened is None or told is None or told.kind == "receipt":
                return None
            receipt = self._receipt(opened, "refused", str(refused))
        return None if behaviour.silent else receipt

    def send(self, number: str, rows: pa.Table, purpose: str = "") -> int:
        """Put a batch on its way, whose columns are called as agreed; return its number in the books."""
        agreed = self.folder.agreed(number)
        if agreed is None or agreed.sends:
            raise PeerError(f"没有由本方发送的协议 {number}")
        terms = agreed.terms
        with self.books.writing():
            content = content_written(rows, terms.media, terms.layout)
            made = self._put(
                agreed, "batch", content, terms.media, rows.num_rows, sums=sums_of(rows, terms), purpose=purpose
            )
            self.books.records_put(made, [str(one) for one in keys_of(rows, terms).to_pylist()])
            return made

    def correct(self, number: str, rows: list[dict[str, str]]) -> int:
        """Ask the other side to correct what it told: as sequence, place, key, column, told, held and reason."""
        agreed = self.folder.agreed(number)
        if agreed is None:
            raise PeerError(f"没有协议 {number}")
        table = pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in _CORRECTION})
        with self.books.writing():
            made = self._put(agreed, "correction", content_written(table, "parquet"), "parquet", len(rows))
            self.books.records_put(made, [row["key"] for row in rows])
            return made

    def turn(self, way: Way) -> int:
        """Fetch what waits on ``way`` and send what is due; return how many packages moved: none while it is down."""
        if self.folder.behaviour.down:
            return 0
        many = 0
        for name in way.names():
            with suppress(ConnectionError):
                receipt = self.take(way.get(name))
                if receipt is not None:
                    way.put(f"R-{name}"[-150:], receipt)
                way.done(name)
                many += 1
        for entry in self.books.find(direction="out", state="waiting"):
            if entry.due <= time.time():
                with suppress(Unreachable):
                    receipt = way.put(entry.name, entry.file)
                    many += 1
                    if receipt:
                        self.take(receipt)
                with self.books.writing():
                    self.books.change(entry.id, due=time.time() + self._again)
        return many

    # What the other side fetches itself (``http_server.Desk``).

    def waiting(self) -> list[str]:
        """Return the names of what is due for who fetches it."""
        now = time.time()
        return [one.name for one in self.books.find(direction="out", state="waiting") if one.due <= now]

    def give(self, name: str) -> bytes | None:
        """Return what waits under ``name``; None where nothing does."""
        return next((one.file for one in self.books.find(direction="out", state="waiting") if one.name == name), None)

    def given(self, name: str) -> bool:
        """Let what was fetched wait for its receipt; whether there was such."""
        for one in self.books.find(direction="out", state="waiting"):
            if one.name == name:
                with self.books.writing():
                    self.books.change(one.id, due=time.time() + self._again)
                return True
        return False

    def _must_be_sealed(self, manifest: Manifest) -> bool:
        agreed = self.folder.agreed(manifest.agreement, manifest.version)
        return agreed is None or agreed.terms.sealed

    def _taken(self, file: bytes, opened: Opened, behaviour: Behaviour) -> bytes | None:
        manifest = opened.manifest
        agreed = self.folder.agreed(manifest.agreement, manifest.version)
        if agreed is None or agreed.other != manifest.sender or agreed.terms.suite != manifest.suite:
            raise PackageRefused("agreement", f"没有这样的协议 {manifest.agreement} 第 {manifest.version} 版", manifest)
        if manifest.kind == "receipt":
            self._receipted(opened)
            return None
        about = {"agreement": manifest.agreement, "direction": "in", "kind": manifest.kind}
        before = self.books.find(**about, sequence=manifest.sequence)
        if before:
            if before[0].digest != opened.digest:
                raise PackageRefused("sequence", f"序号 {manifest.sequence} 已收到过内容不同的包", manifest)
            return before[0].receipt
        if behaviour.refuse_batch and manifest.kind == "batch":
            raise PackageRefused("refused", behaviour.refuse_batch, manifest)
        keys = self._keys(agreed, opened)
        expected = self.books.last(manifest.agreement, "in", manifest.kind, "taken") + 1
        held = manifest.sequence > expected
        receipt = self._receipt(opened, "held" if held else "taken", "")
        made = self.books.add(
            agreement=manifest.agreement, version=manifest.version, direction="in", kind=manifest.kind,
            sequence=manifest.sequence, digest=opened.digest, file=file, content=opened.content,
            state="held" if held else "taken", about=manifest.about, receipt=receipt, purpose=manifest.purpose,
        )  # fmt: skip
        self.books.records_put(made, keys)
        if not held:
            self._done(agreed, self.books.find(id=made)[0], behaviour)
            sequence = manifest.sequence
            while ready := self.books.find(**about, sequence=(sequence := sequence + 1), state="held"):
                self.books.change(ready[0].id, state="taken")
                self._done(agreed, ready[0], behaviour)
        return receipt

    def _keys(self, agreed: Agreed, opened: Opened) -> list[str]:
        """Return the keys of the records of a package; PackageRefused where its content is not as agreed."""
        manifest, terms = opened.manifest, agreed.terms
        try:
            if manifest.kind != "batch":
                return [str(one) for one in self._rows(agreed, manifest.kind, opened.content).column("key").to_pylist()]
            rows = content_read(opened.content, terms.media, terms.headers, terms.layout)
        except ContentRefused as refused:
            raise PackageRefused("content", str(refused), manifest) from None
        if rows.num_rows != manifest.content.rows or sums_of(rows, terms) != dict(manifest.content.sums):
            raise PackageRefused("count", "记录数或者合计与包说明不符", manifest)
        return [str(one) for one in keys_of(rows, terms).to_pylist()]

    def _rows(self, agreed: Agreed, kind: str, content: bytes) -> pa.Table:
        returned = [one.header for one in agreed.terms.returns] if kind == "answers" else []
        return content_read(content, "parquet", list(_CORRECTION) if kind == "correction" else [*ANSWERS, *returned])

    def _done(self, agreed: Agreed, entry: Entry, behaviour: Behaviour) -> None:
        """Do what a package asks for: answer it, or write down its answers."""
        if entry.kind in _ANSWER_TO.values():
            rows = self._rows(agreed, entry.kind, entry.content).to_pylist()
            kind = next(one for one, answers in _ANSWER_TO.items() if answers == entry.kind)
            for out in self.books.find(agreement=entry.agreement, direction="out", kind=kind, sequence=entry.about):
                self.books.answer(out.id, [(int(row["place"]), row["fate"], row["said"] or "") for row in rows])
            return
        if entry.kind == "batch" and not agreed.terms.answers_within:
            return
        told = self._answers(agreed, entry, behaviour)
        self.books.answer(entry.id, [(int(row["place"]), row["fate"], row["said"]) for row in told])
        due = time.time() + behaviour.answer_after
        self._answer(agreed, entry, told, due)
        if behaviour.answer_twice:
            turned = {"refused": "accepted", "applied": "refused", "accepted": "refused"}
            self._answer(agreed, entry, [{**row, "fate": turned[row["fate"]], "said": "再次答复"} for row in told], due)

    def _answers(self, agreed: Agreed, entry: Entry, behaviour: Behaviour) -> list[dict[str, Any]]:
        if entry.kind == "correction":
            fate, said = ("applied", "已更正") if behaviour.corrects else ("refused", "核实无误")
            records = self.books.records(entry.id)
            return [{"place": str(place), "key": key, "fate": fate, "said": said} for place, key, _, _ in records]
        terms, told = agreed.terms, []
        rows = content_read(entry.content, terms.media, terms.headers, terms.layout).to_pylist()
        for (place, key, _, _), row in zip(self.books.records(entry.id), rows, strict=True):
            why = next((one for one in behaviour.refuse if row.get(one.get("column", "")) == one.get("is")), None)
            answer: dict[str, Any] = {"place": str(place), "key": key, "fate": "applied", "said": ""}
            if why is not None:
                answer |= {"fate": "refused", "said": why.get("said", "不符")}
            elif terms.returns:
                headers = [one.header for one in terms.returns]
                held = self.folder.held(row[terms.key[0]], terms.key[0], headers)
                answer |= {"fate": "refused", "said": "查无此人"} if held is None else {"fate": "accepted"}
                answer |= {one: (held or {}).get(one) for one in headers}
            told.append(answer)
        return told

    def _answer(self, agreed: Agreed, entry: Entry, told: list[dict[str, Any]], due: float) -> None:
        returned = [one.header for one in agreed.terms.returns] if entry.kind == "batch" else []
        names = [*ANSWERS, *returned]
        table = pa.table({name: pa.array([row.get(name) for row in told], pa.string()) for name in names})
        self._put(
            agreed, _ANSWER_TO[entry.kind], content_written(table, "parquet"), "parquet", len(told),
            about=entry.sequence, due=due,
        )  # fmt: skip

    def _put(
        self, agreed: Agreed, kind: Kind, content: bytes, media: Media, rows: int, *, about: int | None = None,
        due: float = 0, sums: Mapping[str, str] | None = None, purpose: str = "",
    ) -> int:  # fmt: skip
        """Put a package of ours on its way; return its number in the books."""
        sequence = self.books.next(agreed.number, kind)
        manifest = self._manifest(agreed, kind, sequence, Content(media, rows, 0, "", "", sums or {}), about, purpose)
        made = self._packed(agreed, manifest, content)
        return self.books.add(
            agreement=agreed.number, version=agreed.version, direction="out", kind=kind, sequence=sequence,
            digest=made.digest, file=made.file, content=content, state="waiting", about=about, due=due, purpose=purpose,
        )  # fmt: skip

    def _manifest(
        self, agreed: Agreed, kind: Kind, sequence: int, content: Content, about: int | None, purpose: str = ""
    ) -> Manifest:
        now = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=self.folder.behaviour.clock)
        return Manifest(
            kind, self.folder.code, agreed.other, agreed.number, agreed.version, sequence,
            now.isoformat(timespec="seconds"), agreed.terms.suite, "0" * 32, None, content, about, purpose,
        )  # fmt: skip

    def _packed(self, agreed: Agreed, manifest: Manifest, content: bytes) -> Packed:
        used = agreed.terms.suite
        seal = self.folder.seal_for(agreed.other, used) if agreed.terms.sealed else None
        return package_write(manifest, content, self.folder.signer_in(used), seal)

    def _receipt(self, opened: Opened, outcome: str, reason: str) -> bytes | None:
        about = opened.manifest
        agreed = self.folder.agreed(about.agreement, about.version)
        if agreed is None:
            return None
        told = {"kind": about.kind, "digest": opened.digest, "outcome": outcome, "reason": reason}
        content = json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
        manifest = self._manifest(agreed, "receipt", about.sequence, Content("json", 1, 0, "", ""), about.sequence)
        return self._packed(agreed, manifest, content).file

    def _receipted(self, opened: Opened) -> None:
        """Write down what a receipt says of a package of ours: refused gives its sequence back."""
        try:
            told = json.loads(opened.content)
            digest, outcome, reason = (str(told[name]) for name in ("digest", "outcome", "reason"))
        except (ValueError, KeyError, TypeError):
            raise PackageRefused("content", "回执的内容不可读", opened.manifest) from None
        for one in self.books.find(digest=digest, direction="out", state="waiting"):
            if outcome == "refused":
                self.books.change(one.id, state="refused", reason=reason, sequence=None)
            else:
                self.books.change(one.id, state="receipted")
