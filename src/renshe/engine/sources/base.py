"""What every reader yields: raw rows, in blocks, with the rows that could not be read beside them.

Invariant: rows read = rows yielded + rejects; a reader never repairs, guesses or drops a row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
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

    Arrays are ``pa.string()`` (null = empty cell) or the native type of a typed source.
    """

    rows: npt.NDArray[np.int64]
    columns: list[pa.Array]
    rejects: list[Reject] = field(default_factory=list)


@dataclass(slots=True)
class Layout:
    """How the file was understood: shown by ``inspect``, kept in the manifest."""

    format: str
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header_row: int | None = None
    notes: list[str] = field(default_factory=list)


class Reader(Protocol):
    """A source opened for reading."""

    header: tuple[str, ...]
    layout: Layout

    def batches(self) -> Iterator[RawBatch]:
        """Yield the rows, each once, in file order."""
        ...


class SourceError(Exception):
    """A source cannot be read at all. The text is one Chinese line: file, place in it, remedy."""
