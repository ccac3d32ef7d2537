"""The manifest: what a package says of itself. It is signed; everything else in the package follows from it.

Rule (S2-4 每一批数据的发送、接收: direction, partner, count, checksum; S3-4: a message that breaks the declared version
is refused): who, to whom, under which version of which agreement, the how-manieth, how many rows, which sums, which
digests.

Invariant: what ``read`` returns keeps to this form to the last field; what it does not know it refuses.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, get_args

FORMAT = "renshe-package/1"
Kind = Literal["batch", "receipt", "answers", "correction", "amends"]
Media = Literal["parquet", "csv", "json", "xlsx", "xml"]
MOST_ROWS = 10_000_000

_DIGEST = re.compile(r"[0-9a-f]{64}")
_FINGERPRINT = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HEADER = re.compile(r"[^\x00-\x1f]{1,64}")
_PURPOSE = re.compile(r"[^\x00-\x1f]{0,200}")
_SUM = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,6})?")


class UnreadableManifest(Exception):
    """A manifest that does not keep to its form; the text says in Chinese which item."""


@dataclass(frozen=True, slots=True)
class Content:
    """What the package carries: ``size`` and ``digest`` of what it is when opened, ``stored`` the digest of what stands
    in the package; ``sums`` by field, as decimal numbers in text."""

    media: Media
    rows: int
    size: int
    digest: str
    stored: str
    sums: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """One package. ``sender`` and ``receiver`` are codes of partners; ``sequence`` counts by agreement, direction and
    kind from 1 on; ``about``: the sequence of what it answers (a batch by answers, a correction by amends);
    ``signed_by`` and ``sealed_for`` are fingerprints of keys (None: not sealed); ``purpose``: for what a query asks."""

    kind: Kind
    sender: str
    receiver: str
    agreement: str
    version: int
    sequence: int
    made_at: str
    suite: str
    signed_by: str
    sealed_for: str | None
    content: Content
    about: int | None = None
    purpose: str = ""

    @property
    def name(self) -> str:
        """How the file of this package is called, wherever it lies."""
        return f"{self.agreement}-{self.sender}-{self.kind}-{self.sequence:06d}.rsp"


def manifest_written(manifest: Manifest) -> bytes:
    """Return the bytes of ``manifest``: those that are signed."""
    told = {"format": FORMAT, **asdict(manifest)}
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def manifest_read(text: bytes) -> Manifest:
    """Return the manifest that ``text`` is; UnreadableManifest where it is none."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        raise UnreadableManifest("包说明不是 JSON") from None
    if not isinstance(told, dict) or told.pop("format", None) != FORMAT:
        raise UnreadableManifest(f"包说明的格式不是 {FORMAT}")
    content = told.pop("content", None)
    _complete(told, Manifest, {"content"})
    if not isinstance(content, dict):
        raise UnreadableManifest("包说明缺少“content”")
    _complete(content, Content, set())
    for name, right in {**_of_manifest(told), **_of_content(content)}.items():
        if not right:
            raise UnreadableManifest(f"包说明的“{name}”不对")
    return Manifest(**told, content=Content(**content))


def _complete(told: dict[str, Any], made: type, besides: set[str]) -> None:
    names = {one.name for one in fields(made)} - besides
    if wrong := sorted(names ^ set(told)):
        raise UnreadableManifest(f"包说明缺少或多出“{'”“'.join(wrong[:5])}”")


def _of_manifest(told: dict[str, Any]) -> dict[str, bool]:
    names = {one: _is(_NAME, told[one]) for one in ("sender", "receiver", "agreement")}
    return names | {
        "kind": told["kind"] in get_args(Kind),
        "version": _is_count(told["version"], 1, 10**6),
        "sequence": _is_count(told["sequence"], 1, 10**9),
        "about": told["about"] is None or _is_count(told["about"], 1, 10**9),
        "made_at": _is_moment(told["made_at"]),
        "suite": told["suite"] in ("sm", "intl"),
        "signed_by": _is(_FINGERPRINT, told["signed_by"]),
        "purpose": _is(_PURPOSE, told["purpose"]),
        "sealed_for": told["sealed_for"] is None or _is(_FINGERPRINT, told["sealed_for"]),
    }


def _of_content(told: dict[str, Any]) -> dict[str, bool]:
    sums = told["sums"]
    return {
        "media": told["media"] in get_args(Media),
        "rows": _is_count(told["rows"], 0, MOST_ROWS),
        "size": _is_count(told["size"], 0, 2**40),
        "digest": _is(_DIGEST, told["digest"]),
        "stored": _is(_DIGEST, told["stored"]),
        "sums": isinstance(sums, dict) and all(_is(_HEADER, name) and _is(_SUM, value) for name, value in sums.items()),
    }


def _is(form: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None


def _is_count(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_moment(value: object) -> bool:
    try:
        return isinstance(value, str) and dt.datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
