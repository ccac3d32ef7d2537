"""The zip inside an XLSX or ODS file, opened with suspicion.

Agencies receive workbooks from everywhere; one that unfolds to more than a machine holds must be refused before it is
unfolded. Parts are streamed and never read beyond the size that the directory declares, so a directory that
understates a part cannot smuggle in more.

Invariant: every failure of the archive is a ``SourceError`` in one Chinese line.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from xml.etree import ElementTree
from xml.parsers import expat

from renshe.engine.sources.base import SourceError

MAX_ENTRIES = 20_000
MAX_BYTES = 4 << 30
# A million rows of one repeated value fold about 40 to 1; 200 to 1 is no table.
MAX_RATIO = 200
RATIO_FROM_BYTES = 200 << 20
# Parts that are held in memory rather than streamed.
MAX_HELD = 1 << 30

_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)


class Package:
    """The parts of a zipped workbook by name (case and slashes as writers please).

    Raises SourceError when the file is no zip, is damaged, or unfolds beyond the limits of this module.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except _DAMAGE as exc:
            raise self.damaged() from exc
        entries = self._zip.infolist()
        self._parts = {_part_name(entry.filename): entry for entry in entries}
        self._refuse_bomb(entries)

    def _refuse_bomb(self, entries: list[zipfile.ZipInfo]) -> None:
        unfolded = sum(entry.file_size for entry in entries)
        folded = max(self.path.stat().st_size, 1)
        dense = unfolded > RATIO_FROM_BYTES and unfolded > MAX_RATIO * folded
        if len(entries) > MAX_ENTRIES or unfolded > MAX_BYTES or dense:
            raise SourceError(
                f"{self.path}：压缩包 {_size(folded)}，解开后 {_size(unfolded)}、{len(entries)} 个部件，超出限度，"
                "疑为压缩炸弹，未打开；请核实来源，确为业务数据的另存为 CSV 后再导入"
            )

    def damaged(self, part: str = "", place: str = "") -> SourceError:
        """Return the error for a workbook that is broken at ``part``."""
        where = f"（{part}{place}）" if part else ""
        return SourceError(
            f"{self.path}：工作簿已损坏或不完整{where}；请用 Excel 或 WPS 打开修复后另存，或向提供方重新索取"
        )

    def __contains__(self, name: str) -> bool:
        return _part_name(name) in self._parts

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """Open one part for streaming; damage found while it is read becomes SourceError."""
        entry = self._parts.get(_part_name(name))
        if entry is None:
            raise self.damaged(name)
        try:
            with self._zip.open(entry) as stream:
                yield stream
        except expat.ExpatError as exc:
            raise self.damaged(name, f" 第 {exc.lineno} 行第 {exc.offset + 1} 列") from exc
        except _DAMAGE as exc:
            raise self.damaged(name) from exc

    def head(self, name: str, size: int) -> bytes:
        """Return the first ``size`` bytes of a part."""
        with self.open(name) as stream:
            return stream.read(size)

    def tree(self, name: str) -> ElementTree.Element:
        """Return a small part (workbook, styles, relations) as an XML tree."""
        self.refuse_large(name)
        with self.open(name) as stream:
            try:
                return ElementTree.parse(stream).getroot()
            except ElementTree.ParseError as exc:
                raise self.damaged(name) from exc

    def refuse_large(self, name: str) -> None:
        """Raise SourceError when a part that must be held in memory is too large for that."""
        entry = self._parts.get(_part_name(name))
        if entry is not None and entry.file_size > MAX_HELD:
            raise SourceError(
                f"{self.path}：{name} 解开后 {_size(entry.file_size)}，超出内存限度；请拆分工作表或另存为 CSV 后再导入"
            )

    def close(self) -> None:
        """Close the file."""
        self._zip.close()


def _part_name(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _size(count: int) -> str:
    return f"{count / (1 << 20):,.1f} MB"
