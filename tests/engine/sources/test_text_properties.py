"""The reader of damaged text, against files that nobody wrote by hand."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from renshe.engine.sources.base import Reject
from renshe.engine.sources.furniture import BLANKS
from renshe.engine.sources.text import TextReader, open_text
from renshe.engine.sources.text_fast import FastParser, Parsed
from renshe.engine.sources.text_lines import Block

LABELS = ("个人编号", "姓名", "单位名称", "缴费基数", "险种", "备注")
HANZI = "张王李赵诸葛长春市公司丨〇䶮龘皘锘女联通"
RARE = "\U00020bb7\U0002a6d6\ue000\uf8ff€㐂·é"
MARKS = " \u3000-=.%|^;,~&'\\合计:"
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16-le", "utf-16-be")
DELIMITERS = (",", "\t", "|", ";", "^", "\x01", "||")
MARKS_OF = {"utf-8-sig": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}

Outcome = tuple[list[tuple[int, tuple[str | None, ...]]], list[Reject], tuple[str, ...]]


@dataclass(frozen=True)
class Written:
    """A file as written: ``data`` behind the mark, and the rows in it."""

    header: tuple[str, ...]
    rows: list[tuple[str, ...]]
    lines: list[str]
    encoding: str
    delimiter: str
    quote: str
    line_end: str

    @property
    def mark(self) -> bytes:
        return MARKS_OF.get(self.encoding, b"")

    @property
    def data(self) -> bytes:
        return self.mark + self.encoded(self.line_end.join(self.lines))

    def encoded(self, text: str) -> bytes:
        return text.encode(self.encoding.removesuffix("-sig"))

    def decoded(self, data: bytes, errors: str = "strict") -> str:
        return data.decode(self.encoding.removesuffix("-sig"), errors)

    def physical_lines(self, data: bytes) -> list[bytes]:
        """The lines of the bytes, without padding behind the last one."""
        size = len(self.encoded("\n"))
        units = [data[at : at + size] for at in range(len(self.mark), len(data), size)]
        while units and units[-1] in (self.encoded("\0"), self.encoded("\x1a")):
            units.pop()
        lines = [b""]
        for unit in units:
            if unit == self.encoded("\n"):
                lines.append(b"")
            else:
                lines[-1] += unit
        return lines

    def open(self, path: Path, data: bytes | None = None, *, told: bool = True, **sizes: int) -> TextReader:
        """Open the file, or other bytes in its place; ``told`` whether it quotes."""
        path.write_bytes(self.data if data is None else data)
        quote = self.quote if told else None
        names = frozenset(LABELS)
        return open_text(
            path, encoding=self.encoding, delimiter=self.delimiter, quote=quote, known_names=names, **sizes
        )


@st.composite
def files(draw: st.DrawFn, line_ends: tuple[str, ...] = ("\n", "\r\n", "\r")):
    width = draw(st.integers(2, len(LABELS)))
    delimiter = draw(st.sampled_from(DELIMITERS))
    quote = draw(st.sampled_from(["", '"']))
    line_end = draw(st.sampled_from(line_ends))
    alphabet = string.ascii_letters + string.digits + HANZI + RARE + MARKS + '"'
    cell = st.text(st.sampled_from(alphabet), max_size=8)
    if quote:
        cell = cell | st.lists(st.text(st.sampled_from(HANZI + '"'), max_size=3), max_size=3).map(line_end[-1].join)
    else:
        cell = cell.filter(lambda text: delimiter not in text and delimiter[0] != text[-1:] != delimiter[-1])
    rows = draw(st.lists(st.tuples(*[cell] * (width - 1)), max_size=12))
    numbered = [(f"R{at:05d}", *row) for at, row in enumerate(rows)]
    every = draw(st.booleans())
    lines = [delimiter.join(LABELS[:width])]
    for row in numbered:
        lines.append(delimiter.join(_quoted(text, delimiter, every) if quote else text for text in row))
    lines.append("") if draw(st.booleans()) else None
    return Written(LABELS[:width], numbered, lines, draw(st.sampled_from(ENCODINGS)), delimiter, quote, line_end)


def _quoted(text: str, delimiter: str, every: bool) -> str:
    if every or delimiter[0] in text or any(char in text for char in '"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def outcome(reader: TextReader) -> Outcome:
    """Everything that a reader says, in file order."""
    rows: list[tuple[int, tuple[str | None, ...]]] = []
    rejects: list[Reject] = []
    for batch in reader.batches():
        assert all(column.type == pa.string() and len(column) == len(batch.rows) for column in batch.columns)
        for column in batch.columns:
            column.validate(full=True)
        cells = zip(*[column.to_pylist() for column in batch.columns], strict=True)
        rows.extend(zip(batch.rows.tolist(), cells, strict=True))
        rejects.extend(batch.rejects)
    assert (reader.rows_loaded, reader.rows_rejected) == (len(rows), len(rejects))
    return rows, rejects, reader.header


@contextmanager
def every_line_judged() -> Iterator[None]:
    """Take the fast way away: all lines are judged one by one."""

    def parse(parser: FastParser, block: Block) -> Parsed:
        nothing = [pa.array([], pa.string())] * parser._plan.named
        return Parsed(np.empty(0, np.int64), nothing, np.empty(0, np.bool_), np.arange(len(block)))

    with patch.object(FastParser, "parse", parse):
        yield


@st.composite
def damaged(draw: st.DrawFn):
    """A file and its bytes after damage below the header."""
    file = draw(files(("\n", "\r\n")).filter(lambda made: len(made.rows) > 1))
    data = bytearray(file.data)
    begin = len(file.mark) + len(file.encoded(file.lines[0] + file.line_end))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(begin, max(begin, len(data) - 1)))
        kind = draw(st.sampled_from(["flip", "insert", "delete", "cut", "join"]))
        if kind == "flip" and at < len(data):
            data[at] = draw(st.integers(0, 255))
        elif kind == "insert":
            data[at:at] = draw(st.sampled_from([b'"', file.delimiter.encode(), b"\xff", b"\x81", b"\0", b"\r", b"\n"]))
        elif kind == "delete":
            del data[at : at + draw(st.integers(1, 3))]
        elif kind == "cut" and draw(st.booleans()):
            del data[at:]
        elif kind == "join" and (end := data.find(b"\n", at)) >= 0:
            del data[end]
    return file, bytes(data)


Damaged = tuple[Written, bytes]

PLENTY = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@PLENTY
@given(file=files())
def test_undamaged_file_loads_exactly(tmp_path: Path, file: Written) -> None:
    rows, rejects, header = outcome(file.open(tmp_path / "a.csv"))
    assert rejects == []
    assert header == file.header
    assert [cells for _, cells in rows] == [tuple(text or None for text in row) for row in file.rows]
    line, expected = 2, []
    for text in file.lines[1 : len(file.rows) + 1]:
        expected.append(line)
        line += 1 + text.count(file.line_end[-1])
    assert [row for row, _ in rows] == expected


@PLENTY
@given(made=damaged(), size=st.sampled_from([1, 7, 64, 300]), told=st.booleans())
def test_size_of_blocks_does_not_matter(tmp_path: Path, made: Damaged, size: int, told: bool) -> None:
    file, data = made
    whole = outcome(file.open(tmp_path / "a.csv", data, told=told, line_limit=60))
    assert outcome(file.open(tmp_path / "a.csv", data, told=told, line_limit=60, block_size=size)) == whole


@PLENTY
@given(made=damaged(), told=st.booleans())
def test_fast_way_gives_what_judging_every_line_gives(tmp_path: Path, made: Damaged, told: bool) -> None:
    file, data = made
    fast = outcome(file.open(tmp_path / "a.csv", data, told=told))
    with every_line_judged():
        assert outcome(file.open(tmp_path / "a.csv", data, told=told)) == fast


@PLENTY
@given(made=damaged())
def test_loaded_and_rejected_put_together_are_the_file(tmp_path: Path, made: Damaged) -> None:
    file, data = made
    rows, rejects, _ = outcome(file.open(tmp_path / "a.csv", data))
    lines = file.physical_lines(data)
    line_end = file.encoded("\n")
    covered: dict[int, str] = {}

    def cover(first: int, count: int) -> list[bytes]:
        for line in range(first, first + count):
            assert line not in covered, f"line {line} twice"
            covered[line] = "row"
        return lines[first - 1 : first - 1 + count]

    for first, cells in rows:
        taken = cover(first, 1 + sum((cell or "").count("\n") for cell in cells))
        text = file.decoded(line_end.join(taken)).rstrip("\r")
        assert _written(cells, file).fullmatch(text)
    for reject in rejects:
        taken = cover(reject.source_row, 1 + reject.raw.count("\n"))
        if reject.raw_bytes is not None:
            assert reject.raw_bytes == line_end.join(taken)
        else:
            assert reject.raw == file.decoded(line_end.join(taken)).rstrip("\r")
    nothing = BLANKS + file.delimiter + '"'
    for at, line in enumerate(lines[1:], 2):
        assert at in covered or not file.decoded(line, "replace").strip(nothing), f"line {at} lost"
    for source_rows in ([row for row, _ in rows], [reject.source_row for reject in rejects]):
        assert source_rows == sorted(source_rows)


def _written(cells: tuple[str | None, ...], file: Written) -> re.Pattern[str]:
    """Every lawful way to write the cells as a line; an empty cell more at its end is a habit of some programs."""
    parts = []
    for cell in cells:
        text = cell or ""
        quoted = re.escape('"' + text.replace('"', '""') + '"')
        parts.append(f"(?:{re.escape(text)}|{quoted})" if file.quote else re.escape(text))
    delimiter = re.escape(file.delimiter)
    return re.compile(delimiter.join(parts) + f'(?:{delimiter}(?:"")?)?', re.S)
