"""A text file as blocks of whole physical lines, each line with its number.

Business rule: a reject names the physical line, so that a clerk finds it in any editor; line ends inside quotes count.

Invariant: the lines of all blocks, joined by the line end, are the stream; only a line longer than ``limit`` is cut
to ``limit + 1`` bytes (enough to be known as too long), and padding (NUL, ^Z) behind the last character of the file is
left out and noted. Memory holds one block and at most one such line, however long the file or its lines are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from renshe.engine.sources.encoding import ByteStream

LINE_LIMIT = 1 << 20
BLOCK_SIZE = 8 << 20
_PADDING = b"\0\x1a"


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines: line ``i`` is ``data[starts[i]:ends[i]]`` without its line end; ``first`` numbers line 0.

    ``last``: nothing follows; ``cut``: the last line has no line end.
    """

    data: bytes
    first: int
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    last: bool
    cut: bool

    def __len__(self) -> int:
        return len(self.ends)

    def line(self, index: int) -> bytes:
        """Return the bytes of a line, without its line feed (a carriage return before it stays)."""
        return self.data[self.starts[index] : self.ends[index]]


class LineFeed:
    """Reads blocks from a stream whose line end is one byte.

    ``padded`` tells, at the end, that padding behind the last line was left out.
    """

    def __init__(
        self, stream: ByteStream, line_end: bytes, *, block_size: int = BLOCK_SIZE, limit: int = LINE_LIMIT
    ) -> None:
        self._stream = stream
        self._line_end = line_end
        self._size = block_size
        self._limit = limit
        self._held = b""
        self._line = 1
        self.padded = False

    def take(self) -> Block | None:
        """Return the next block, None at the end. After ``give_back`` it holds more lines than were given back."""
        data, searched = self._held, len(self._held)
        self._held = b""
        while chunk := self._stream.read(max(self._size, searched)):
            data += chunk
            end = data.rfind(self._line_end, searched) + 1
            begin = data.rfind(self._line_end) + 1
            if not end and len(data) - begin > self._limit:
                keep = begin + self._limit + 1
                rest = self._skip(data[keep:])
                if rest is None:
                    return self._block(data[:keep], last=True)
                data = data[:keep] + rest
                end = data.rfind(self._line_end, keep) + 1
            if end:
                self._held = data[end:]
                return self._block(data[:end], last=False)
            searched = len(data)
        bare = data.rstrip(_PADDING)
        self.padded = self.padded or len(bare) < len(data)
        return self._block(bare, last=True) if bare else None

    def give_back(self, block: Block, index: int) -> None:
        """Take the lines of ``block`` from ``index`` on back: the next block begins with them."""
        self._held = block.data[block.starts[index] :] + self._held
        self._line = block.first + index

    def skip_lines(self, count: int) -> None:
        """Leave the next ``count`` lines out."""
        while count and (block := self.take()):
            if len(block) > count:
                self.give_back(block, count)
            count -= min(count, len(block))

    def _skip(self, excess: bytes) -> bytes | None:
        """Read over the rest of a line that is too long; return what comes from its line end on.

        At the end of the file that is b"" where the rest was nothing but padding, else None.
        """
        padding, tail = not excess.translate(None, _PADDING), excess
        while chunk := self._stream.read(self._size):
            end = chunk.find(self._line_end)
            if end >= 0:
                return chunk[end:]
            padding, tail = padding and not chunk.translate(None, _PADDING), chunk
        self.padded = tail.rstrip(_PADDING) != tail
        return b"" if padding else None

    def _block(self, data: bytes, *, last: bool) -> Block:
        ends = np.flatnonzero(np.frombuffer(data, np.uint8) == self._line_end[0])
        cut = not data.endswith(self._line_end)
        if cut:
            ends = np.append(ends, len(data))
        starts = np.concatenate(([0], ends[:-1] + 1))
        block = Block(data, self._line, starts, ends, last, cut)
        self._line += len(block)
        return block
