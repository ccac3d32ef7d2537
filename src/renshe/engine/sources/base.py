"""What every reader yields: raw rows, in blocks, with the rows that could not be read beside them.

Invariant: rows read = rows yielded + rejects; a reader never repairs, guesses or drops a row.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Reject:
    """One input row that could not be loaded.

    ``raw`` is its text; where bytes could not be decoded, they stand there as ``\\xNN`` and ``raw_bytes`` keeps the
    original.
    """

    source_row: int
    reason: str
    raw: str
    raw_bytes: bytes | None = None


@dataclass(slots=True)
class RawBatch:
    """A block of rows: ``rows`` numbers them as the contract counts, ``columns`` hold one array per header column.

    Arrays are ``pa.string()`` (null = empty cell) or the native type of a typed source. ``unsure`` marks, by place of
    the column, texts of numbers whose digits may not be those that were written (``cells.Unsure``).
    """

    rows: npt.NDArray[np.int64]
    columns: list[pa.Array]
    rejects: list[Reject] = field(default_factory=list)
    unsure: dict[int, npt.NDArray[np.bool_]] = field(default_factory=dict)


@dataclass(slots=True)
class Layout:
    """How the file was understood: shown by ``inspect``, kept in the manifest."""

    format: str
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header_row: int | None = None
    notes: list[str] = field(default_factory=list)


NO_ROWS_NOTE = "没有数据行，只有表头；请核对是否导出成功"
"""Note on a source in which nothing follows the header."""


class Reader(Protocol):
    """A source opened for reading."""

    header: tuple[str, ...]
    layout: Layout

    def batches(self) -> Iterator[RawBatch]:
        """Yield the rows, each once, in file order."""
        ...


class SourceError(Exception):
    """A source cannot be read at all. The text is one Chinese line: file, place in it, remedy."""


_REASONS = {
    errno.ENOENT: "文件不存在，可能刚被移走或改名",
    errno.EACCES: "没有读取权限",
    errno.EPERM: "没有读取权限",
    errno.EISDIR: "是文件夹，不是文件",
    errno.ENOTDIR: "路径中有一段不是文件夹",
    errno.ELOOP: "符号链接循环",
    errno.EIO: "磁盘或网络盘读取出错",
    errno.ESTALE: "网络盘已断开",
}


def reason(error: OSError) -> str:
    """Return in Chinese why the system would not open or read a file."""
    return _REASONS.get(error.errno or 0, f"无法读取（{error.strerror or error}）")


def unreadable(path: Path, error: OSError) -> SourceError:
    """Return what to tell where the system would not let us read ``path``."""
    return SourceError(f"{path}：{reason(error)}；请检查该文件及其权限后再运行")
