"""Blocks of whole lines out of a stream, however long its lines are."""

from __future__ import annotations

import io
import tracemalloc

from hypothesis import given, settings
from hypothesis import strategies as st

from renshe.engine.sources.text_lines import LineFeed

PIECES = st.sampled_from([b"a", b"bcd", b"\n", b"\r\n", b"\0", b"\x1a", b"x" * 30])


def read(data: bytes, size: int, limit: int = 1000, line_end: bytes = b"\n") -> tuple[list[bytes], bool, bool]:
    """All lines of the stream, whether the last is cut off and whether padding was left out."""
    feed = LineFeed(io.BytesIO(data), line_end, block_size=size, limit=limit)
    lines: list[bytes] = []
    cut = False
    while block := feed.take():
        assert block.first == len(lines) + 1
        lines.extend(block.line(at) for at in range(len(block)))
        cut = block.cut
    return lines, cut, feed.padded


@settings(deadline=None)
@given(st.lists(PIECES, max_size=40).map(b"".join), st.integers(1, 90), st.integers(0, 90))
def test_lines_are_those_of_the_stream_whatever_the_size(data: bytes, size: int, limit: int) -> None:
    whole = data.rstrip(b"\0\x1a")
    expected = [line[: limit + 1] if len(line) > limit else line for line in whole.split(b"\n")]
    if whole.endswith(b"\n") or not whole:
        expected.pop()
    lines, cut, padded = read(data, size, limit)
    assert [line[: limit + 1] for line in lines] == expected
    assert cut == (bool(whole) and not whole.endswith(b"\n"))
    assert padded == (whole != data)


def test_lines_given_back_come_again_with_more() -> None:
    feed = LineFeed(io.BytesIO(b"1\n2\n3\n4\n5"), b"\n", block_size=4)
    block = feed.take()
    assert block is not None and (len(block), block.first) == (2, 1)
    feed.give_back(block, 1)
    block = feed.take()
    assert block is not None
    assert (block.first, [block.line(at) for at in range(len(block))]) == (2, [b"2", b"3", b"4"])


@settings(deadline=None)
@given(st.integers(0, 12), st.integers(1, 9))
def test_skipped_lines_are_left_out_and_counted(count: int, size: int) -> None:
    feed = LineFeed(io.BytesIO(b"".join(b"%d\n" % at for at in range(10))), b"\n", block_size=size)
    feed.skip_lines(count)
    block = feed.take()
    if count >= 10:
        assert block is None
    else:
        assert block is not None and (block.first, block.line(0)) == (count + 1, b"%d" % count)


class Endless:
    """A line of many megabytes that is never in memory as a whole, then a short one."""

    def __init__(self, blocks: int) -> None:
        self._blocks = blocks

    def read(self, size: int, /) -> bytes:
        self._blocks -= 1
        if self._blocks < 0:
            return b""
        return b"\nshort" if self._blocks == 0 else b"y" * 65536

    def close(self) -> None:
        """Nothing is open."""


def test_line_without_end_does_not_fill_memory() -> None:
    feed = LineFeed(Endless(3000), b"\n", block_size=65536, limit=1 << 18)
    tracemalloc.start()
    try:
        blocks = []
        while block := feed.take():
            blocks.append(block)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [block.line(0)[:5] for block in blocks] == [b"yyyyy", b"short"]
    assert len(blocks[0].line(0)) == (1 << 18) + 1
    assert peak < 4 << 20
