"""A package: one file with the manifest, its signature, and the content, sealed or not.

The file is a ZIP whose three entries stand as they are, so that anybody's tools open it: ``manifest.json``,
``manifest.sig`` and ``content``.

Rule (S2-52 违反网络安全有关规定或存在安全隐患的应拒绝): whoever opens one learns first whose it is, then whether it was
altered, then what it says; what fails is refused with the reason, and of its content nothing is looked at.

Invariant: what ``package_open`` returns was signed by the key that it names, for whom it names, and is the content of
which the manifest speaks.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Protocol

from renshe.core.exchange.packages.manifest import (
    Content,
    Manifest,
    UnreadableManifest,
    manifest_read,
    manifest_written,
)
from renshe.core.exchange.packages.suites import Suite, Unopened, fingerprint, suite

MOST_BYTES = 2 * 2**30
_MANIFEST, _SIGNATURE, _CONTENT = "manifest.json", "manifest.sig", "content"
_MOST_MANIFEST = 2**16


class PackageRefused(Exception):
    """A package that is not taken: ``code`` for programs, the text in Chinese for people; ``manifest`` where it could
    be read, though nobody vouches for it."""

    def __init__(self, code: str, text: str, manifest: Manifest | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.manifest = manifest


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody's key to sign with."""

    suite: str
    private: bytes
    public: bytes

    @property
    def fingerprint(self) -> str:
        """How the key is named."""
        return fingerprint(self.public)


class Keys(Protocol):
    """What whoever opens packages knows of keys, at the moment in question."""

    def signer(self, fingerprint: str) -> tuple[str, bytes] | None:
        """Return whose key to sign with this is, and the public key; None where it is nobody's that counts now."""

    def opener(self, fingerprint: str) -> bytes | None:
        """Return one's own private key to open with; None where it is not one's own."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A package that was opened; ``digest``: of its manifest, by which it is told from every other."""

    manifest: Manifest
    content: bytes
    digest: str


@dataclass(frozen=True, slots=True)
class Packed:
    """A package that was made: the ``file``, its whole manifest, and the digest of that."""

    file: bytes
    manifest: Manifest
    digest: str


def package_write(manifest: Manifest, content: bytes, signer: Signer, sealed_for: bytes | None) -> Packed:
    """Return the package of ``content`` under ``manifest``, whose digests, keys and size are filled in here; sealed for
    the public key ``sealed_for`` where there is one."""
    used = suite(signer.suite)
    told = replace(
        manifest,
        suite=signer.suite,
        signed_by=signer.fingerprint,
        sealed_for=fingerprint(sealed_for) if sealed_for else None,
    )
    stored = used.seal(sealed_for, content, _bound(told)) if sealed_for else content
    inside = replace(
        told.content, size=len(content), digest=used.digest(content).hex(), stored=used.digest(stored).hex()
    )
    whole = replace(told, content=inside)
    text = manifest_written(whole)
    # What nobody could read is never sent.
    manifest_read(text)
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as made:
        for name, data in (
            (_MANIFEST, text),
            (_SIGNATURE, used.sign(signer.private, text)),
            (_CONTENT, stored),
        ):
            made.writestr(zipfile.ZipInfo(name), data)
    return Packed(file.getvalue(), whole, used.digest(text).hex())


def package_open(
    file: bytes, keys: Keys, *, receiver: str, must_be_sealed: Callable[[Manifest], bool] = lambda _: True
) -> Opened:
    """Return what ``file``, which came to ``receiver``, is; PackageRefused where it is not to be taken.
    ``must_be_sealed``: whether a package with such a manifest has to be."""
    text, signature, stored = _entries(file)
    try:
        manifest = manifest_read(text)
    except UnreadableManifest as error:
        raise PackageRefused("manifest", str(error)) from None
    used = suite(manifest.suite)
    _require_signed(manifest, text, signature, used, keys)
    if manifest.receiver != receiver:
        raise PackageRefused("receiver", f"不是发给本机构的包（收件方 {manifest.receiver}）", manifest)
    if used.digest(stored).hex() != manifest.content.stored:
        raise PackageRefused("digest", "内容与包说明的摘要不符，传输中损坏或者被改动", manifest)
    content = _unsealed(manifest, stored, used, keys, must_be_sealed(manifest))
    if len(content) != manifest.content.size or used.digest(content).hex() != manifest.content.digest:
        raise PackageRefused("digest", "解密后的内容与包说明的摘要不符", manifest)
    return Opened(manifest, content, used.digest(text).hex())


def manifest_of(file: bytes) -> Manifest | None:
    """Return what ``file`` says of itself, for which nobody vouches; None where it cannot be read."""
    try:
        return manifest_read(_entries(file)[0])
    except (PackageRefused, UnreadableManifest):
        return None


def _entries(file: bytes) -> tuple[bytes, bytes, bytes]:
    if len(file) > MOST_BYTES:
        raise PackageRefused("size", f"包超过 {MOST_BYTES >> 30} GB")
    try:
        with zipfile.ZipFile(BytesIO(file)) as found:
            entries = found.infolist()
            if [one.filename for one in entries] != [_MANIFEST, _SIGNATURE, _CONTENT]:
                raise PackageRefused("form", "不是交换包：应当恰有包说明、签名和内容三项")
            if any(one.compress_type != zipfile.ZIP_STORED for one in entries) or entries[0].file_size > _MOST_MANIFEST:
                raise PackageRefused("form", "不是交换包：包内各项不应压缩，包说明不应过大")
            text, signature, stored = (found.read(one) for one in entries)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError, ValueError):
        raise PackageRefused("damaged", "包不完整或者已损坏，请重新发送") from None
    return text, signature, stored


def _require_signed(manifest: Manifest, text: bytes, signature: bytes, used: Suite, keys: Keys) -> None:
    known = keys.signer(manifest.signed_by)
    if known is None:
        raise PackageRefused("signer", "签名所用的密钥没有登记，或者不在有效期内", manifest)
    whose, public = known
    if whose != manifest.sender:
        raise PackageRefused("signer", f"签名的密钥不是发件方 {manifest.sender} 的", manifest)
    if not used.verify(public, text, signature):
        raise PackageRefused("signature", "签名不符，包说明被改动或者不是发件方所签", manifest)


def _unsealed(manifest: Manifest, stored: bytes, used: Suite, keys: Keys, must_be: bool) -> bytes:
    if manifest.sealed_for is None:
        if must_be:
            raise PackageRefused("unsealed", "内容没有加密，按协议应当加密", manifest)
        return stored
    own = keys.opener(manifest.sealed_for)
    if own is None:
        raise PackageRefused("key", "加密所用的不是本机构在用的密钥", manifest)
    try:
        return used.open(own, stored, _bound(manifest))
    except Unopened:
        raise PackageRefused("key", "内容不能解密", manifest) from None


def _bound(manifest: Manifest) -> bytes:
    """Return to what sealed content is bound: all of its manifest but what is known only once it is sealed."""
    unknown = Content(manifest.content.media, manifest.content.rows, 0, "", "", manifest.content.sums)
    return manifest_written(replace(manifest, content=unknown))
