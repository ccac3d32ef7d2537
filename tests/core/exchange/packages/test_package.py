"""A package is taken whole and unaltered from whom it says it is from, or refused with the reason."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass, field, replace
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renshe.core.exchange.packages.manifest import (
    Content,
    Manifest,
    UnreadableManifest,
    manifest_read,
    manifest_written,
)
from renshe.core.exchange.packages.package import PackageRefused, Signer, manifest_of, package_open, package_write
from renshe.core.exchange.packages.suites import fingerprint, suite

ROWS = "编号,金额\n1,2.50\n".encode()


@dataclass
class Ring:
    """Keys as one side knows them."""

    signers: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    openers: dict[str, bytes] = field(default_factory=dict)

    def signer(self, fingerprint: str) -> tuple[str, bytes] | None:
        return self.signers.get(fingerprint)

    def opener(self, fingerprint: str) -> bytes | None:
        return self.openers.get(fingerprint)


@dataclass
class Sides:
    """Somebody who sends, and the keys of whom it goes to."""

    signer: Signer
    seal: bytes
    ring: Ring


def sides(name: str) -> Sides:
    used = suite(name)
    private, public = used.draw("sign")
    own, seal = used.draw("seal")
    ring = Ring({fingerprint(public): ("tax", public)}, {fingerprint(seal): own})
    return Sides(Signer(name, private, public), seal, ring)


@pytest.fixture(params=["sm", "intl"])
def two(request: pytest.FixtureRequest) -> Sides:
    return sides(request.param)


def manifest(**more: object) -> Manifest:
    told: dict[str, object] = {
        "kind": "batch",
        "sender": "tax",
        "receiver": "bureau",
        "agreement": "XY-1",
        "version": 1,
        "sequence": 7,
        "made_at": "2026-11-23T09:00:00+08:00",
        "suite": "sm",
        "signed_by": "0" * 32,
        "sealed_for": None,
        "content": Content("csv", 1, 0, "0" * 64, "0" * 64, {"amount": "2.50"}),
    }
    return Manifest(**{**told, **more})  # type: ignore[arg-type]


def refused(file: bytes, ring: Ring, receiver: str = "bureau") -> str:
    with pytest.raises(PackageRefused) as told:
        package_open(file, ring, receiver=receiver)
    assert str(told.value)
    return told.value.code


def entries(file: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(file)) as found:
        return {one.filename: found.read(one) for one in found.infolist()}


def packed(parts: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", compression) as made:
        for name, data in parts.items():
            made.writestr(name, data)
    return file.getvalue()


def test_what_was_packed_is_opened(two: Sides) -> None:
    file = package_write(manifest(), ROWS, two.signer, two.seal).file
    assert ROWS not in file
    opened = package_open(file, two.ring, receiver="bureau")
    assert opened.content == ROWS
    assert (opened.manifest.content.rows, opened.manifest.content.sums) == (1, {"amount": "2.50"})
    assert manifest_of(file) == opened.manifest and manifest_of(b"x") is None
    # What somebody hangs on to the file makes no other package of it.
    assert package_open(packed(entries(file)), two.ring, receiver="bureau").digest == opened.digest


def test_what_is_not_sealed_is_taken_only_where_that_was_agreed_on(two: Sides) -> None:
    file = package_write(manifest(), ROWS, two.signer, None).file
    assert refused(file, two.ring) == "unsealed"
    assert package_open(file, two.ring, receiver="bureau", must_be_sealed=lambda _: False).content == ROWS


def test_foreign_packages_are_refused(two: Sides) -> None:
    file = package_write(manifest(), ROWS, two.signer, two.seal).file
    assert refused(file, two.ring, "other") == "receiver"
    assert refused(file, Ring({}, two.ring.openers)) == "signer"
    assert refused(file, Ring(two.ring.signers, {})) == "key"
    assert refused(package_write(manifest(sender="bank"), ROWS, two.signer, two.seal).file, two.ring) == "signer"
    stranger = sides(two.signer.suite)
    assert refused(package_write(manifest(), ROWS, stranger.signer, two.seal).file, two.ring) == "signer"


def test_whatever_is_altered_is_refused(two: Sides) -> None:
    parts = entries(package_write(manifest(), ROWS, two.signer, two.seal).file)
    other = entries(package_write(manifest(sequence=8), ROWS + ROWS, two.signer, two.seal).file)
    told = json.loads(parts["manifest.json"])
    told["content"]["rows"] = 2
    rows = json.dumps(told).encode()
    assert refused(packed({**parts, "manifest.json": rows}), two.ring) == "signature"
    assert refused(packed({**parts, "manifest.sig": other["manifest.sig"]}), two.ring) == "signature"
    assert refused(packed({**parts, "content": other["content"]}), two.ring) == "digest"
    assert refused(packed({**parts, "content": parts["content"] + b"x"}), two.ring) == "digest"
    assert refused(packed({**parts, "more": b""}), two.ring) == "form"
    assert refused(packed(parts, zipfile.ZIP_DEFLATED), two.ring) == "form"
    assert refused(packed({**parts, "manifest.json": b"{"}), two.ring) == "manifest"


def test_content_of_one_package_does_not_open_under_another(two: Sides) -> None:
    """Even by who may sign: what is sealed is bound to what was said of it."""
    parts = entries(package_write(manifest(), ROWS, two.signer, two.seal).file)
    moved = replace(manifest_read(parts["manifest.json"]), sequence=8)
    text = manifest_written(moved)
    signature = suite(two.signer.suite).sign(two.signer.private, text)
    assert refused(packed({**parts, "manifest.json": text, "manifest.sig": signature}), two.ring) == "key"


@settings(max_examples=60)
@given(cut=st.integers(0, 10**6))
def test_wherever_a_package_is_cut_it_is_damaged(cut: int) -> None:
    two = SIDES
    file = FILE
    assert refused(file[: cut % len(file)], two.ring) in ("damaged", "form")


SIDES = sides("intl")
FILE = package_write(manifest(), ROWS * 50, SIDES.signer, SIDES.seal).file


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "x"}, {"sender": "a b"}, {"sequence": 0}, {"sequence": True}, {"version": "1"}, {"about": -1},
        {"made_at": "2026-11-23T09:00:00"}, {"made_at": "today"}, {"suite": "none"}, {"signed_by": "x"},
        {"sealed_for": ""}, {"format": "renshe-package/2"}, {"more": 1}, {"content": []}, {"agreement": "../x"},
    ],
    ids=str,
)  # fmt: skip
def test_a_manifest_keeps_to_its_form(change: dict[str, object]) -> None:
    told = json.loads(manifest_written(manifest()))
    assert manifest_read(json.dumps(told).encode()) == manifest()
    with pytest.raises(UnreadableManifest):
        manifest_read(json.dumps({**told, **change}).encode())


@pytest.mark.parametrize(
    "change",
    [
        {"rows": -1},
        {"rows": 1.0},
        {"media": "exe"},
        {"digest": "0"},
        {"sums": {"a": "1e5"}},
        {"sums": {"a\nb": "1"}},
        {"x": 1},
    ],
    ids=str,
)
def test_what_it_says_of_its_content_keeps_to_its_form(change: dict[str, object]) -> None:
    told = json.loads(manifest_written(manifest()))
    with pytest.raises(UnreadableManifest):
        manifest_read(json.dumps({**told, "content": {**told["content"], **change}}).encode())


@given(st.binary(max_size=200))
def test_no_text_makes_reading_fail_otherwise(text: bytes) -> None:
    with pytest.raises(UnreadableManifest):
        manifest_read(text)
