"""Reading delimited text (csv, tsv, txt), damaged or not: the reader on which all trust hangs.

Business rule: agencies export GB18030, UTF-8 and UTF-16 with any delimiter, titles above the header, totals below, and
lines that broke on the way. Every line is loaded, rejected with line number, reason and text, or blank; nothing is
repaired, guessed or lost, and damage never spreads beyond its own line.

How: the file is read in blocks of whole lines (``text_lines``); rows that are plainly rows are parsed a block at a time
(``text_fast``), all other lines one by one (``text_slow``); both ways give the same rows. A line beyond 1 MiB is one
reject with its beginning: its whole text stays in the source, which is kept by digest, at the line named.

Invariant: the answer does not depend on the size of blocks, and memory does not depend on the size of the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from renshe.engine.sources.base import NO_ROWS_NOTE, Layout, RawBatch, SourceError
from renshe.engine.sources.encoding import (
    ByteStream,
    Encoding,
    find_encoding,
    open_stream,
    refuse_misfit,
    stream_encoding,
    take_sample,
)
from renshe.engine.sources.splitting import Dialect, Quoting, find_dialect, find_line_end, shown_delimiter
from renshe.engine.sources.text_fast import FastParser, Parsed, Plan
from renshe.engine.sources.text_head import Head, read_head
from renshe.engine.sources.text_lines import BLOCK_SIZE, LINE_LIMIT, Block, LineFeed
from renshe.engine.sources.text_slow import Judged, Shape, judge_lines

PADDED_NOTE = "文件末尾的空字节或 ^Z 不是数据，不读"

_FORMATS = ("csv", "tsv", "txt")
_HEAD_SIZE = 1 << 20


@dataclass(frozen=True, slots=True)
class _Form:
    """How the bytes of one file become rows."""

    encoding: Encoding
    line_end: bytes
    dialect: Dialect
    head: Head


class TextReader:
    """A text file opened for reading (``base.Reader``), by ``open_text``.

    ``rows_loaded``, ``rows_rejected`` and their sum ``rows_read`` count what ``batches`` has yielded so far.
    """

    def __init__(self, path: Path, form: _Form, layout: Layout, *, block_size: int, line_limit: int) -> None:
        self.header: tuple[str, ...] = form.head.names
        self.layout = layout
        self.rows_loaded = 0
        self.rows_rejected = 0
        self._path = path
        self._form = form
        self._block_size = block_size
        self._line_limit = line_limit

    @property
    def rows_read(self) -> int:
        """Rows yielded and rejected so far."""
        return self.rows_loaded + self.rows_rejected

    def batches(self) -> Iterator[RawBatch]:
        """Yield the rows in file order, each once, with the rejects among them; a batch may hold rejects only.

        Each call reads the file anew. SourceError where it cannot be read any more.
        """
        self.rows_loaded = self.rows_rejected = 0
        try:
            stream = open_stream(self._path, self._form.encoding)
            try:
                for batch in self._read(stream):
                    self.rows_loaded += len(batch.rows)
                    self.rows_rejected += len(batch.rejects)
                    yield batch
            finally:
                stream.close()
        except OSError as exc:
            raise SourceError(f"{self._path}：读取中断（{exc.strerror}）；请检查磁盘或网络共享后再试") from exc

    def _read(self, stream: ByteStream) -> Iterator[RawBatch]:
        form, head = self._form, self._form.head
        named, limit = len(head.names), self._line_limit
        shape = Shape(form.encoding, form.dialect, head.width, named, head.rows, form.line_end.decode(), limit)
        bare = stream_encoding(form.encoding)
        parser = FastParser(Plan(bare, form.dialect, head.width, named, form.line_end, _header_marks(head), limit))
        feed = LineFeed(stream, form.line_end, block_size=self._block_size, limit=limit)
        feed.skip_lines(head.lines)
        if head.rejects:
            yield RawBatch(np.empty(0, np.int64), [pa.array([], pa.string())] * named, list(head.rejects))
        while block := feed.take():
            parsed = parser.parse(block)
            judged = judge_lines(block, parsed.judge, shape)
            if judged.stop is not None:
                feed.give_back(block, judged.stop)
            batch = _merged(block, parsed, judged)
            if len(batch.rows) or batch.rejects:
                yield batch
        if not self.rows_read and NO_ROWS_NOTE not in self.layout.notes:
            self.layout.notes.append(NO_ROWS_NOTE)
        if feed.padded and PADDED_NOTE not in self.layout.notes:
            self.layout.notes.append(PADDED_NOTE)


def open_text(
    path: Path,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    known_names: frozenset[str] = frozenset(),
    quote: str | None = None,
    block_size: int = BLOCK_SIZE,
    line_limit: int = LINE_LIMIT,
) -> TextReader:
    """Open a delimited text file; what is not given is found out from a sample.

    ``known_names`` are the names (labels, codes, aliases) under which columns may appear, in any spelling; ``quote`` is
    '"' where the file quotes, "" where quotation marks are text; ``block_size`` and ``line_limit`` are in bytes.
    SourceError, in one line with a remedy, where the file is missing, empty, blank, or no text.
    """
    sample = take_sample(path)
    if not sample.size:
        raise SourceError(f"{path}：文件是空的（0 字节）；请由原系统重新导出")
    found = find_encoding(path, sample, encoding)
    if encoding is not None:
        refuse_misfit(path, b"".join(piece for _, piece in sample.pieces), found, encoding)
    stream = open_stream(path, found)
    try:
        start = stream.read(_HEAD_SIZE)
    finally:
        stream.close()
    line_end = find_line_end(start)
    block = _first_filled_block(path, found, line_end, line_limit)
    lines = sample.lines(found)
    quoting = None if quote is None else Quoting.YES if quote else Quoting.NO
    dialect, usual = find_dialect(lines, delimiter, quoting)
    head = read_head(block, stream_encoding(found), dialect, lines, usual, known_names)
    form = _Form(found, line_end, dialect, head)
    return TextReader(path, form, _layout(path, form), block_size=block_size, line_limit=line_limit)


def _first_filled_block(path: Path, encoding: Encoding, line_end: bytes, limit: int) -> Block:
    stream = open_stream(path, encoding)
    try:
        feed = LineFeed(stream, line_end, block_size=_HEAD_SIZE, limit=limit)
        while block := feed.take():
            if block.data.strip(b" \t\r\n\x1a"):
                return block
    finally:
        stream.close()
    raise SourceError(f"{path}：文件里只有空行；请由原系统重新导出")


def _layout(path: Path, form: _Form) -> Layout:
    suffix = path.suffix.lower().removeprefix(".")
    delimiter = shown_delimiter(form.dialect.delimiter)
    notes = list(form.head.notes)
    if delimiter is None:
        notes.append("没有分隔符，每行读作一列")
    if form.line_end == b"\r":
        notes.append("行尾是回车符（旧 Mac 格式）")
    return Layout(
        format=suffix if suffix in _FORMATS else "txt",
        encoding=form.encoding,
        delimiter=delimiter,
        header_row=form.head.header_row,
        notes=notes,
    )


def _header_marks(head: Head) -> tuple[str, ...]:
    """Return, for each header row, the longest stretch of a cell that stands in the file as it is."""
    parts = [re.split(r'["\r\n\ufffd]', "\n".join(row)) for row in head.rows]
    return tuple({mark for row in parts if (mark := max(row, key=len).strip())})


def _merged(block: Block, parsed: Parsed, judged: Judged) -> RawBatch:
    """Put the rows of both ways together, in file order."""
    keep = parsed.keep
    if judged.inner:
        keep = keep & ~np.isin(parsed.lines, judged.inner)
    if judged.stop is not None:
        keep = keep & (parsed.lines < judged.stop)
    lines, columns = parsed.lines, parsed.columns
    if judged.rows:
        own = np.fromiter(judged.rows, np.int64, len(judged.rows))
        places = np.concatenate((np.flatnonzero(keep), np.arange(len(own)) + len(lines)))
        lines = np.concatenate((lines, own))
        places = places[np.argsort(lines[places], kind="stable")]
        cells = list(zip(*judged.rows.values(), strict=True))
        columns = [
            pa.concat_arrays([column, pa.array(values, pa.string())]).take(pa.array(places))
            for column, values in zip(columns, cells, strict=True)
        ]
        lines = lines[places]
    elif not keep.all():
        columns = [column.filter(pa.array(keep)) for column in columns]
        lines = lines[keep]
    return RawBatch(lines + block.first, columns, judged.rejects)
