"""A folder that both sides reach: what is for somebody lies in the folder of his code.

Invariant: a file appears by one rename, after its bytes are on the disk.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from renshe.core.exchange.ways.way import ENDING, Unreachable, is_name


class Directory:
    """The way between ``own`` and ``other`` through the folder ``base``."""

    def __init__(self, base: Path, own: str, other: str) -> None:
        self._into, self._from = base / other, base / own

    def put(self, name: str, file: bytes) -> None:
        """Put ``file`` into the other side's folder."""
        if not is_name(name):
            raise Unreachable(f"文件名 {name} 不能使用")
        partial = self._into / f".{name}.{os.getpid()}.tmp"
        try:
            self._into.mkdir(exist_ok=True)
            with partial.open("wb") as written:
                written.write(file)
                written.flush()
                os.fsync(written.fileno())
            partial.replace(self._into / name)
        except OSError as error:
            with suppress(OSError):
                partial.unlink()
            raise Unreachable(f"不能写入 {self._into}：{error.strerror}") from None

    def names(self) -> list[str]:
        """Return the names of the files that wait for us, in order."""
        try:
            found = [one.name for one in self._from.iterdir() if one.suffix == ENDING and is_name(one.name)]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise Unreachable(f"不能读取 {self._from}：{error.strerror}") from None
        return sorted(found)

    def get(self, name: str) -> bytes:
        """Return a file that waits for us."""
        if not is_name(name):
            raise Unreachable(f"文件名 {name} 不能使用")
        try:
            return (self._from / name).read_bytes()
        except OSError as error:
            raise Unreachable(f"不能读取 {name}：{error.strerror}") from None

    def done(self, name: str) -> None:
        """Take a file that was dealt with out of those that wait."""
        if is_name(name):
            (self._from / name).unlink(missing_ok=True)
