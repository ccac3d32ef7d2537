"""A project's folder on disk: its lock, its kept sources, its rounds.

Invariant: a round is a folder ``rounds/NNNN`` that appears by one rename and is never changed; ``rounds`` never holds
anything else. What a killed run leaves behind ends in ``.tmp`` and is swept by the next run. Everything is readable by
its owner only.
"""

from __future__ import annotations

import errno
import glob
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import get_ident

from filelock import FileLock, Timeout

from renshe.engine.project import ProjectError
from renshe.engine.sources.base import unreadable

_ROUND = re.compile(r"[0-9]{4,}")
_BLOCK = 1 << 20


class BusyError(Exception):
    """Another run is at work on the project."""


class FullDiskError(Exception):
    """There is no room left for what a run writes. The text is one Chinese line with its remedy."""


_FULL = re.compile(
    r"No space left on device|Disk quota exceeded|disk is full|failed to offload data block|max_temp_directory_size"
)


def is_full_disk(error: BaseException) -> bool:
    """Whether an error says that the disk is full: the system's own, or that of an engine or writer above it."""
    return (isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)) or bool(
        _FULL.search(str(error))
    )


def full_disk(folder: Path) -> FullDiskError:
    """Return what to tell where the disk of ``folder`` is full: how much is free there, and what may go."""
    free = shutil.disk_usage(folder).free // (1 << 20)
    return FullDiskError(
        f"{folder}：磁盘已满（清除本次没写完的部分后剩 {free:,} MB）；请腾出空间后再运行："
        "cache 文件夹可以整个删去（会自动重建），rounds 中不再需要的旧轮次可以删去或移走"
    )


class Store:
    """The folders that renshe keeps inside a project."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.sources = project / "sources"
        self.rounds = project / "rounds"
        self.cache = project / "cache" / "staged"
        self.patched = project / "cache" / "patched"
        self.unfinished = project / "cache" / "unfinished"

    def require(self) -> None:
        """Raise ProjectError where the folder is no project: a mistyped path must not become one."""
        if (self.project / "project.toml").is_file() or self.numbers():
            return
        if self.project.exists() and not self.project.is_dir():
            raise ProjectError(f"{self.project}：不是文件夹；请写项目文件夹（里面有 project.toml）")
        what = "没有 project.toml，不是项目文件夹" if self.project.exists() else "没有这个文件夹"
        raise ProjectError(f"{self.project}：{what}；请核对路径")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the project; BusyError when another run does. The lock of a killed run is released by the system.

        ProjectError where the folder is no project, or nothing may be written there; then nothing was.
        """
        self.require()
        lock = FileLock(self.project / ".renshe.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise BusyError(f"{self.project}：另一个 renshe 正在处理这个项目；请等它结束后再运行") from None
        except OSError as error:
            raise self._closed(error) from error
        try:
            self._make_folders()
            yield
        except Exception as error:
            if is_full_disk(error):
                raise full_disk(self.project) from error
            raise
        finally:
            lock.release()

    def _make_folders(self) -> None:
        try:
            for folder in (self.sources, self.rounds, self.cache, self.patched, self.unfinished):
                folder.mkdir(parents=True, exist_ok=True)
                folder.chmod(0o700)
            self._sweep()
        except OSError as error:
            raise self._closed(error) from error

    def _closed(self, error: OSError) -> Exception:
        """Return what to tell where a project's folder cannot be written to; other errors as they are."""
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            return error
        return ProjectError(
            f"{self.project}：没有写入的权限，不能处理；请换有权限的用户运行，或把项目移到可以写入的地方"
        )

    def _sweep(self) -> None:
        """Remove what killed runs left: none of it was ever visible as a round, a source or a staged table."""
        for folder in (
            self.rounds,
            self.sources,
            self.cache,
            self.patched,
            self.unfinished,
            self.project / "decisions",
        ):
            for left in folder.glob("*.tmp"):
                if left.is_dir():
                    shutil.rmtree(left)
                else:
                    left.unlink()

    def keep(self, path: Path) -> tuple[str, Path]:
        """Keep a copy of ``path`` under its digest; return the digest and the copy.

        SourceError where ``path`` cannot be read (any more).
        """
        try:
            return self._keep(path)
        except OSError as error:
            if is_full_disk(error) or error.filename not in (None, path, str(path)):
                raise
            raise unreadable(path, error) from error

    def _keep(self, path: Path) -> tuple[str, Path]:
        kept = self.sources / file_digest(path)
        # What is kept is what every earlier round stands on: it is looked at, not trusted.
        while not (kept.is_file() and _same_content(path, kept)):
            partial = self.sources / f"{os.getpid()}.{get_ident()}.tmp"
            try:
                # The file may have been saved anew since it was read: what is kept decides its name.
                kept = self.sources / copy_digested(path, partial)
                partial.chmod(0o400)
                partial.replace(kept)
            finally:
                partial.unlink(missing_ok=True)
        _keep_memo(path, kept)
        return kept.name, kept

    def numbers(self) -> list[int]:
        """Return the numbers of the rounds that are there, in order; other folders are none."""
        return sorted(
            int(path.name)
            for path in self.rounds.glob("*")
            if _ROUND.fullmatch(path.name) and (path / "manifest.json").is_file()
        )

    def next_number(self) -> int:
        """Return a number that no round has and no folder stands in the way of."""
        taken = [int(path.name) for path in self.rounds.glob("*") if _ROUND.fullmatch(path.name)]
        return max(taken, default=0) + 1

    def folder(self, number: int) -> Path:
        """Return the folder of round ``number``."""
        return self.rounds / f"{number:04d}"

    @contextmanager
    def new_round(self) -> Iterator[tuple[int, Path]]:
        """Yield the next number and a folder to fill; it becomes the round when the block ends well."""
        number = self.next_number()
        partial = self._beside_rounds() / f".{number:04d}.{os.getpid()}.tmp"
        partial.mkdir(mode=0o700)
        try:
            yield number, partial
            _protect(partial)
            partial.rename(self.folder(number))
            _sync(self.rounds)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    @contextmanager
    def new_beside(self, number: int, name: str) -> Iterator[Path]:
        """Yield a folder to fill; it becomes ``rounds/NNNN/<name>`` when the block ends well, for an earlier one there.

        What is found out about a round afterwards stands beside its files and changes none of them. Killed between
        the two renames, neither the earlier nor the new folder is there, never half of one.
        """
        target = self.folder(number) / name
        partial = self._beside_rounds() / f".{number:04d}.{name.replace('/', '.')}.{os.getpid()}.tmp"
        before = partial.with_name(f"{partial.stem}.before.tmp")
        partial.mkdir(mode=0o700)
        try:
            yield partial
            _protect(partial)
            target.parent.mkdir(mode=0o700, exist_ok=True)
            if target.exists():
                target.rename(before)
            partial.rename(target)
            _sync(target.parent)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
            shutil.rmtree(before, ignore_errors=True)

    def _beside_rounds(self) -> Path:
        """Return where a round is filled: whoever looks through ``rounds`` for manifests must not come upon it.

        A rename stays on one file system; where ``cache`` is on another, only a hidden name is left.
        """
        same = self.unfinished.stat().st_dev == self.rounds.stat().st_dev
        return self.unfinished if same else self.rounds


def _keep_memo(path: Path, kept: Path) -> None:
    """A DBF keeps its long texts in a file beside it, under the same name."""
    if path.suffix.lower() != ".dbf":
        return
    for memo in path.parent.glob(f"{glob.escape(path.stem)}.*"):
        if memo.suffix.lower() in (".fpt", ".dbt"):
            beside = kept.with_name(kept.name + memo.suffix.lower())
            if not beside.exists():
                shutil.copyfile(memo, beside)
                beside.chmod(0o400)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file as hex, reading it in blocks."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _same_content(one: Path, other: Path) -> bool:
    """Whether two files hold the same bytes: comparing costs a tenth of a digest."""
    if one.stat().st_size != other.stat().st_size:
        return False
    # Two buffers for all blocks: asking for new ones costs more than comparing them.
    left, right = bytearray(_BLOCK), bytearray(_BLOCK)
    with one.open("rb", buffering=0) as first, other.open("rb", buffering=0) as second:
        while size := first.readinto(left):
            read = 0
            while read < size and (more := second.readinto(memoryview(right)[read:size])):
                read += more
            if read < size or (left != right if size == _BLOCK else left[:size] != right[:size]):
                return False
        return not second.read(1)


def copy_digested(source: Path, target: Path) -> str:
    """Copy a file; return the SHA-256 of what was copied as hex."""
    digest = hashlib.sha256()
    with source.open("rb") as stream, target.open("wb") as copy:
        while block := stream.read(_BLOCK):
            digest.update(block)
            copy.write(block)
    return digest.hexdigest()


def _protect(folder: Path) -> None:
    """Make everything in ``folder`` its owner's only, and be sure that it is on disk before it becomes visible."""
    for item in folder.rglob("*"):
        item.chmod(0o700 if item.is_dir() else 0o600)
        _sync(item)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
