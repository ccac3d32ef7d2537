"""Where papers lie: one file for each content, named by its digest, under ``RENSHE_HOME/papers``.

Rule (保存好数据修改依据, S1-66): a paper is kept as it was handed in or issued. Its name is its digest, so that whoever
alters it is found out, and the same paper in two matters lies there once.

Invariant: a file appears whole or not at all (written aside, then renamed); who is not the program's own user cannot
read it; what is read is compared with its name each time.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Literal, Protocol

from django.conf import settings

Found = Literal["whole", "missing", "altered"]
_DIGEST = re.compile(r"[0-9a-f]{64}")
_INCOMING = "incoming"


class Paper(Protocol):
    """A row that names a paper; ``told``: how a user knows it."""

    digest: str
    region_id: str

    @property
    def told(self) -> str: ...


class Lost(Exception):
    """A paper is not what it was: ``found`` says whether it is missing or altered."""

    def __init__(self, digest: str, found: Found) -> None:
        self.digest, self.found = digest, found
        super().__init__(f"{digest}: {found}")


def digest_of(content: bytes) -> str:
    """Return what stands for exactly this content."""
    return sha256(content).hexdigest()


@contextmanager
def aside(content: bytes) -> Iterator[Path]:
    """Yield a file with ``content`` that nobody else reads and that is gone afterwards, unless ``keep`` took it."""
    folder = _folder(_papers() / _INCOMING)
    file = folder / secrets.token_hex(16)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "wb") as written:
            written.write(content)
            written.flush()
            os.fsync(written.fileno())
        yield file
    finally:
        file.unlink(missing_ok=True)


def keep(file: Path, digest: str) -> None:
    """Put a file that stands ``aside`` in its place; inside the transaction that writes the row which names it."""
    place = place_of(digest)
    _folder(place.parent)
    # What lies there already is the same, or was altered and is made good by this.
    file.rename(place)
    _settle(place.parent)


def put(content: bytes) -> str:
    """Keep ``content``; return its digest."""
    digest = digest_of(content)
    with aside(content) as file:
        keep(file, digest)
    return digest


def read(digest: str) -> bytes:
    """Return a paper as it was kept; Lost where it is missing or altered."""
    try:
        # A pipe in its place would be waited for without end.
        handle = os.open(place_of(digest), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as kept:
            content = kept.read() or b""
    except FileNotFoundError:
        raise Lost(digest, "missing") from None
    except OSError:
        raise Lost(digest, "altered") from None
    if digest_of(content) != digest:
        raise Lost(digest, "altered")
    return content


def state(digest: str) -> Found:
    """Return how a paper is."""
    try:
        read(digest)
    except Lost as lost:
        return lost.found
    return "whole"


def kept() -> Iterator[tuple[str, float]]:
    """Yield the digests of all papers that lie there, and when each was put there."""
    for file in sorted(_papers().glob("[0-9a-f][0-9a-f]/*")):
        digest = file.parent.name + file.name
        if _DIGEST.fullmatch(digest):
            with suppress(FileNotFoundError):
                yield digest, file.lstat().st_mtime


def leftovers() -> Iterator[tuple[Path, float]]:
    """Yield what processes left aside that were killed, and since when."""
    for file in sorted((_papers() / _INCOMING).glob("*")):
        with suppress(FileNotFoundError):
            yield file, file.lstat().st_mtime


def remove(digest: str) -> None:
    """Take a paper out that nothing refers to."""
    place_of(digest).unlink(missing_ok=True)


def place_of(digest: str) -> Path:
    """Return where the paper of ``digest`` lies; ValueError where that is no digest."""
    if not _DIGEST.fullmatch(digest):
        raise ValueError(f"no digest: {digest!r}")
    return _papers() / digest[:2] / digest[2:]


def _papers() -> Path:
    if settings.PAPERS is None:
        raise RuntimeError("nobody said where papers lie")
    return Path(settings.PAPERS)


def _folder(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _settle(folder: Path) -> None:
    """Let the name be on the disk before the row that tells it is."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
