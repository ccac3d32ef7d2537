"""Text columns taken apart into characters: what is done to each character is done to a whole column at once.

Names are mostly distinct, so going from one distinct name to the next is no gain; their characters are few, so a table
by code point answers for all of them. A block of a column becomes one vector of code points and the places where rows
begin; functions of this package look code points up and put the answer together again.

Invariant: ``characters(texts).text()`` equals ``texts`` with "" for null, whatever layout the column has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from renshe.standards.bulk import Mask, blocks, bytes_of

# One more than the last code point: the length of a table by code point.
CODE_POINTS = 0x110000

_HAN = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x3007, 0x3007), (0x20000, 0x323AF))


@dataclass(frozen=True, slots=True)
class Characters:
    """The characters of some rows, one behind the other: row ``i`` has ``codes[starts[i]:starts[i + 1]]``."""

    codes: NDArray[np.uint32]
    starts: NDArray[np.int64]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Characters of each row."""
        return np.diff(self.starts)

    def only(self, keep: Mask) -> Characters:
        """Return the rows with those characters alone that ``keep`` marks."""
        before = np.concatenate((np.zeros(1, np.int64), np.cumsum(keep, dtype=np.int64)))
        return Characters(self.codes[keep], before[self.starts])

    def all_in(self, marked: Mask) -> Mask:
        """Return the rows of which every character is marked (true for a row without any)."""
        if marked.all():
            return np.ones(len(self.starts) - 1, np.bool_)
        before = np.concatenate((np.zeros(1, np.int64), np.cumsum(marked, dtype=np.int64)))
        whole: Mask = np.diff(before[self.starts]) == self.lengths
        return whole

    def text(self) -> pa.StringArray:
        """Return the rows as text; a row without characters is ""."""
        data = self.codes.astype("<u4", copy=False).tobytes().decode("utf-32-le").encode()
        if _three_bytes_each(self.codes):
            starts = self.starts * 3
        else:
            widths = 1 + sum((self.codes >= least).astype(np.int64) for least in (0x80, 0x800, 0x10000))
            starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(widths)))[self.starts]
        buffers = [None, pa.py_buffer(starts.astype(np.int32)), pa.py_buffer(data)]
        return pa.Array.from_buffers(pa.string(), len(starts) - 1, buffers)


def characters(texts: pa.StringArray) -> Characters:
    """Return the characters of a block of text; a null row has none. At most two thousand million bytes."""
    offsets, data = bytes_of(pc.fill_null(texts, "") if texts.null_count else texts)
    part = data[offsets[0] : offsets[-1]]
    starts = offsets.astype(np.int64) - offsets[0]
    codes = np.frombuffer(part.tobytes().decode().encode("utf-32-le"), np.uint32)
    if len(codes) * 3 == len(part) and _three_bytes_each(codes):
        return Characters(codes, starts // 3)
    first = (part & 0xC0) != 0x80
    before = np.concatenate((np.zeros(1, np.int64), np.cumsum(first, dtype=np.int64)))
    return Characters(codes, before[starts])


def parts(texts: pa.StringArray) -> Iterator[tuple[pa.StringArray, Characters]]:
    """Yield the rows of a column block by block, with their characters."""
    for low, high in blocks(len(texts)):
        part = texts.slice(low, high - low)
        yield part, characters(part)


def joined(pieces: list[pa.StringArray]) -> pa.StringArray:
    """Return the blocks of a column as one."""
    return pa.concat_arrays(pieces) if pieces else pa.array([], pa.string())


def is_han(char: str) -> bool:
    """Whether ``char`` is a Chinese character (〇 is one)."""
    return any(low <= ord(char) <= high for low, high in _HAN)


def han(codes: NDArray[np.uint32]) -> Mask:
    """Bulk twin of ``is_han``."""
    found = np.zeros(len(codes), np.bool_)
    for low, high in _HAN:
        found |= (codes >= low) & (codes <= high)
    return found


def _three_bytes_each(codes: NDArray[np.uint32]) -> bool:
    return len(codes) == 0 or (int(codes.min()) >= 0x800 and int(codes.max()) < 0x10000)
