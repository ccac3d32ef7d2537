"""A peer's folder: who it is, its keys, what it agreed on, how it behaves.

``peer.json`` is who it is, with its keys; ``agreements/`` holds what it was told of by the other side (its card);
``behaviour.yaml`` says how it behaves, and is read anew each time; ``held.csv`` is what it tells of whom it is asked
about; ``books.db`` are its books.

Invariant: what cannot be read is told with its file; a peer without a card of somebody talks to nobody.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from renshe.core.exchange.packages.content import ContentRefused, content_read
from renshe.core.exchange.packages.package import Signer
from renshe.core.exchange.packages.suites import fingerprint, suite
from renshe.core.exchange.packages.terms import Terms, TermsRefused, terms_read

SUITES = ("sm", "intl")
_WHO, _AGREEMENTS, _BEHAVIOUR, _HELD = "peer.json", "agreements", "behaviour.yaml", "held.csv"


class PeerError(Exception):
    """A peer that cannot run so; the text says in Chinese why and what to do."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a peer behaves. ``down``: it takes nothing; ``silent``: it takes and does not say so; ``refuse_batch``: why
    it refuses each batch; ``refuse``: which records it refuses (``column``, ``is``, ``said``); ``answer_after``:
    seconds until it answers; ``answer_twice``: it answers again, the other way round; ``corrects``: whether it grants
    what it is asked to correct; ``clock``: by how many seconds its clock is wrong."""

    down: bool = False
    silent: bool = False
    refuse_batch: str = ""
    refuse: tuple[dict[str, str], ...] = ()
    answer_after: float = 0
    answer_twice: bool = False
    corrects: bool = True
    clock: float = 0


@dataclass(frozen=True, slots=True)
class Agreed:
    """One version of an agreement, as the other side wrote it down: ``other`` is its code, ``sends`` whether it sends
    and we receive."""

    number: str
    version: int
    other: str
    terms: Terms

    @property
    def sends(self) -> bool:
        """Whether batches come from the other side."""
        return self.terms.direction == "out"


@dataclass
class Folder:
    """The folder of a peer."""

    path: Path
    who: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        try:
            self.who = json.loads((self.path / _WHO).read_text("utf-8"))
        except (OSError, ValueError):
            raise PeerError(f"{self.path} 不是交换对方的文件夹；请先运行 renshe peer begin") from None

    @property
    def code(self) -> str:
        """The code by which it is known."""
        return str(self.who["code"])

    @property
    def books(self) -> Path:
        """Where its books lie."""
        return self.path / "books.db"

    def signer_in(self, used: str) -> Signer:
        """Return with what it signs."""
        return Signer(used, *(bytes.fromhex(one) for one in self.who["keys"][used]["sign"]))

    def signer(self, fingerprint_of: str) -> tuple[str, bytes] | None:
        """Return whose key to sign with this is, as the cards say."""
        for code, keys in self._others.items():
            for one in keys:
                if one["purpose"] == "sign" and fingerprint(bytes.fromhex(one["public"])) == fingerprint_of:
                    return code, bytes.fromhex(one["public"])
        return None

    def opener(self, fingerprint_of: str) -> bytes | None:
        """Return our own private key to open with."""
        for used in SUITES:
            private, public = (bytes.fromhex(one) for one in self.who["keys"][used]["seal"])
            if fingerprint(public) == fingerprint_of:
                return private
        return None

    def seal_for(self, other: str, used: str) -> bytes:
        """Return for which key what goes to ``other`` is sealed: the newest that its card has."""
        keys = [one for one in self._others.get(other, ()) if one["purpose"] == "seal" and one["suite"] == used]
        if not keys:
            raise PeerError(f"没有 {other} 的加密公钥；请用 renshe peer meet 登记对方的名片")
        return bytes.fromhex(keys[-1]["public"])

    def agreed(self, number: str, version: int | None = None) -> Agreed | None:
        """Return a version of an agreement, the newest where none is asked for; None where there is none."""
        found = [one for one in self._agreements if one.number == number and version in (None, one.version)]
        return max(found, key=lambda one: one.version, default=None)

    @property
    def behaviour(self) -> Behaviour:
        """How it behaves now."""
        path = self.path / _BEHAVIOUR
        try:
            told = yaml.safe_load(path.read_text("utf-8")) if path.exists() else {}
            known = {one.name for one in fields(Behaviour)}
            if unknown := sorted(set(told or {}) - known):
                raise PeerError(f"{path.name} 中没有“{unknown[0]}”这一项")
            return Behaviour(**{**(told or {}), "refuse": tuple((told or {}).get("refuse", ()))})
        except (yaml.YAMLError, TypeError, AttributeError):
            raise PeerError(f"{path.name} 应为“名称: 值”的各行") from None

    def held(self, key: str, column: str, headers: list[str]) -> dict[str, str | None] | None:
        """Return what it tells of whom ``column`` calls ``key``; None where it knows of nobody."""
        path = self.path / _HELD
        if not path.exists():
            return None
        names = [column, *(one for one in headers if one != column)]
        try:
            rows = content_read(path.read_bytes(), "csv", names).to_pylist()
        except ContentRefused as refused:
            raise PeerError(f"{path.name}：{refused}") from None
        return next((row for row in rows if row[column] == key), None)

    def meet(self, card: dict[str, Any]) -> None:
        """Take in another's card: its keys and what was agreed on."""
        folder = self.path / _AGREEMENTS
        folder.mkdir(exist_ok=True)
        try:
            for one in card["agreements"]:
                terms_read(one["text"])
            (folder / f"{card['code']}.json").write_text(json.dumps(card, ensure_ascii=False, indent=1), "utf-8")
        except (KeyError, TypeError, TermsRefused) as error:
            raise PeerError(f"对方的名片不可读：{error}") from None
        vars(self).pop("_cards", None)

    @cached_property
    def _cards(self) -> list[dict[str, Any]]:
        folder = self.path / _AGREEMENTS
        return [json.loads(one.read_text("utf-8")) for one in sorted(folder.glob("*.json"))]

    @property
    def _others(self) -> dict[str, list[dict[str, str]]]:
        return {one["code"]: one["keys"] for one in self._cards}

    @property
    def _agreements(self) -> list[Agreed]:
        return [
            Agreed(one["number"], one["version"], card["code"], terms_read(one["text"]))
            for card in self._cards
            for one in card["agreements"]
        ]


def begun(path: Path, code: str, name: str) -> Folder:
    """Return a new peer in the folder ``path``, with keys of its own; PeerError where there is one already."""
    if (path / _WHO).exists():
        raise PeerError(f"{path} 中已有交换对方")
    path.mkdir(parents=True, exist_ok=True)
    keys = {
        used: {purpose: [half.hex() for half in suite(used).draw(purpose)] for purpose in ("sign", "seal")}
        for used in SUITES
    }
    who = path / _WHO
    who.touch(0o600)
    who.write_text(json.dumps({"code": code, "name": name, "keys": keys}, ensure_ascii=False, indent=1), "utf-8")
    return Folder(path)


def own_card(folder: Folder) -> list[tuple[str, str, str]]:
    """Return its public keys, as suite, purpose and hex: what the other side registers."""
    return [(used, purpose, folder.who["keys"][used][purpose][1]) for used in SUITES for purpose in ("sign", "seal")]


def rows_read(data: bytes, terms: Terms) -> pa.Table:
    """Return a batch that somebody wrote down as CSV, by the other side's words; PeerError where it is none."""
    try:
        return content_read(data, "csv", terms.headers)
    except ContentRefused as refused:
        raise PeerError(str(refused)) from None
