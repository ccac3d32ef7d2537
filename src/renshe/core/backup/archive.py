"""The archive of a backup: one file, by which what was saved can be told from what was altered.

Rule (不得因数据备份不及时、不完整造成工作损失): database, papers, keys and the journal's last seal lie in one file,
with the size and digest of each; a manifest tells what they were.

Invariant: an archive that is cut short or altered anywhere is never taken for a whole one. (It says nothing about who
wrote it: that is for the seals that were told to a second place.)
"""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Protocol

from renshe.core.errors import BusinessError

FORMAT = 1
DUMP, PAPERS, SECRETS = "database.dump", "papers", "secrets"
_MANIFEST, _DIGEST = "manifest.json", "manifest.sha256"


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds. ``migrations``: what had been migrated; ``tables``: how many rows each had; ``entries``:
    how many the journal had, of which ``block`` was the last sealed (0: none), ``chain`` its chain in hex; ``damaged``:
    papers that did not fit their names when they were saved."""

    program: str
    at: str
    server: str
    migrations: list[str]
    tables: dict[str, int]
    entries: int
    block: int
    chain: str
    damaged: list[str] = field(default_factory=list)
    members: dict[str, Member] = field(default_factory=dict)

    @property
    def told(self) -> dict[int, bytes]:
        """The chain as the journal's verification asks for it."""
        return {self.block: bytes.fromhex(self.chain)} if self.block else {}


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int = -1, /) -> bytes: ...


class Hashing:
    """Reads, and knows the digest of what was read."""

    def __init__(self, source: Readable) -> None:
        self._source, self._digest = source, sha256()

    def read(self, size: int = -1) -> bytes:
        """Return what the source gives."""
        read = self._source.read(size)
        self._digest.update(read)
        return read

    @property
    def sha256(self) -> str:
        """The digest so far."""
        return self._digest.hexdigest()


class Writer:
    """Puts files into an archive that is being written."""

    def __init__(self, target: IO[bytes]) -> None:
        self._tar = tarfile.TarFile(fileobj=target, mode="w", format=tarfile.PAX_FORMAT)
        self.members: dict[str, Member] = {}

    def add(self, name: str, file: Path) -> Member:
        """Put ``file`` in as ``name``."""
        with file.open("rb") as source:
            info = self._tar.gettarinfo(fileobj=source, arcname=name)
            info.mode, info.uid, info.gid, info.uname, info.gname = 0o600, 0, 0, "", ""
            hashing = Hashing(source)
            self._tar.addfile(info, hashing)
        self.members[name] = Member(info.size, hashing.sha256)
        return self.members[name]

    def close(self, manifest: Manifest) -> None:
        """End the archive with its manifest."""
        text = json.dumps({"format": FORMAT, **asdict(manifest)}, ensure_ascii=False, indent=1).encode()
        for name, content in ((_MANIFEST, text), (_DIGEST, sha256(text).hexdigest().encode())):
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.mtime = len(content), 0o600, time.time()
            self._tar.addfile(info, io.BytesIO(content))
        self._tar.close()


class Archive:
    """An archive that is open, its manifest read and found to fit what it holds."""

    def __init__(self, tar: tarfile.TarFile, path: Path) -> None:
        self._tar, self.path = tar, path
        self._found = {info.name: info for info in tar.getmembers()}
        self.manifest = self._read_manifest(len(tar.getmembers()))

    def digests_check(self) -> None:
        """Read everything; BusinessError where something is not what the manifest says."""
        for name in self.manifest.members:
            for _ in self._pieces(name):
                pass

    def extract(self, name: str, target: Path) -> None:
        """Write the member ``name`` to ``target``, which only its owner reads; BusinessError where it is altered."""
        for folder in (*reversed(target.parent.parents), target.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        target.touch(0o600)
        with target.open("wb") as written:
            for piece in self._pieces(name):
                written.write(piece)

    def names(self, folder: str) -> list[str]:
        """Return the members of ``folder``."""
        return [name for name in self.manifest.members if name.startswith(f"{folder}/")]

    def _pieces(self, name: str) -> Iterator[bytes]:
        source = self._tar.extractfile(self._found[name])
        if source is None:
            raise _not_whole(self.path, name)
        hashing = Hashing(source)
        try:
            while piece := hashing.read(1 << 20):
                yield piece
        except tarfile.TarError:
            raise _not_whole(self.path, name) from None
        if hashing.sha256 != self.manifest.members[name].sha256:
            raise _not_whole(self.path, name)

    def _read_manifest(self, count: int) -> Manifest:
        texts = []
        for name in (_MANIFEST, _DIGEST):
            source = self._tar.extractfile(self._found[name]) if name in self._found else None
            if source is None:
                raise _not_whole(self.path, name)
            texts.append(source.read())
        if sha256(texts[0]).hexdigest().encode() != texts[1]:
            raise _not_whole(self.path, _MANIFEST)
        told: dict[str, Any] = json.loads(texts[0])
        if told.pop("format") != FORMAT:
            raise BusinessError("backup.newer", archive=self.path.name, program=told.get("program"))
        members = {name: Member(**one) for name, one in told.pop("members").items()}
        sizes = {name: info.size for name, info in self._found.items() if info.isfile()}
        if DUMP not in members or count != len(members) + 2 or len(sizes) != count:
            raise _not_whole(self.path, _MANIFEST)
        for name, one in members.items():
            if sizes.get(name) != one.size or not _proper(name):
                raise _not_whole(self.path, name)
        return Manifest(**told, members=members)


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Open the archive ``path``; BusinessError where it is none or not whole."""
    try:
        tar = tarfile.TarFile(path)
    except (FileNotFoundError, IsADirectoryError):
        raise BusinessError("backup.no_such_archive", archive=path) from None
    except tarfile.TarError:
        raise _not_whole(path, path.name) from None
    with tar:
        try:
            archive = Archive(tar, path)
        except (tarfile.TarError, ValueError, TypeError, KeyError, AttributeError):
            raise _not_whole(path, path.name) from None
        yield archive


def _proper(name: str) -> bool:
    """Whether a member of this name may be written below a home."""
    first, *rest = name.split("/")
    return name == DUMP or (first in {PAPERS, SECRETS} and bool(rest) and not {"", ".", ".."} & set(rest))


def _not_whole(path: Path, what: str) -> BusinessError:
    return BusinessError("backup.not_whole", archive=path.name, member=what)
