"""The fast way through a block of lines: everything that is plainly a row is parsed at once, the rest is pointed out.

Business rule: a reader never repairs or guesses. So this module decides nothing: whatever is not plainly a row with the
right number of cells and strictly decodable text (a damaged quote, a NUL, a word like 合计, an empty row …) goes, line
by line, to ``text_slow``, which alone judges. In clean text that is nothing, in damaged text only the damaged lines.

Bytes of GB18030 are parsed as they stand: line ends, quotes and most delimiters are never part of a character; where
the delimiter may be (0x7C ``|``, 0x5E ``^``), those inside characters are told apart first. Only columns with bytes
beyond ASCII are decoded, each distinct value once.

Invariant: a row that this module yields has exactly the cells that ``text_slow`` yields for its line.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv

from renshe.engine.sources.furniture import BLANKS, TOTAL_LEADS, TOTAL_MARK
from renshe.engine.sources.splitting import Dialect, Quoting
from renshe.engine.sources.text_columns import decoded_columns, odd_rows
from renshe.engine.sources.text_lines import Block

Flags = npt.NDArray[np.bool_]
Indexes = npt.NDArray[np.int64]

_QUOTE, _CR, _LF = 0x22, 0x0D, 0x0A
# A delimiter that GB18030 has inside characters is parsed under another name: one of these that the block lacks.
_SUBSTITUTES = (0x1F, 0x1E, 0x1D, 0x1C, 0x02, 0x03, 0x04, 0x05, 0x06)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known of a file: a row has ``width`` cells, of which the first ``named`` have a column.

    ``header_marks`` are texts of which a repeated header contains one; ``limit`` is the longest line in bytes.
    """

    encoding: Literal["utf-8", "gb18030"]
    dialect: Dialect
    width: int
    named: int
    line_end: bytes
    header_marks: tuple[str, ...]
    limit: int


@dataclass(frozen=True, slots=True)
class Parsed:
    """Rows of a block: ``lines`` has the line index of each, ``columns`` its cells, ``keep`` whether it counts.

    ``judge`` are the indexes of the lines, in order, that are left to be judged one by one.
    """

    lines: Indexes
    columns: list[pa.Array]
    keep: Flags
    judge: Indexes


class FastParser:
    """Parses the blocks of one file."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._leads = tuple(char.encode(plan.encoding) for char in TOTAL_LEADS + BLANKS)
        self._total = TOTAL_MARK.encode(plan.encoding)
        self._headers = [mark.encode(plan.encoding) for mark in plan.header_marks]

    def parse(self, block: Block) -> Parsed:
        """Return the rows of a block that are plain, and the lines that are to be judged one by one."""
        delimited = self._with_single_delimiter(block)
        empty = _empty_lines(block)
        if delimited is None:
            nothing = [pa.array([], pa.string())] * self._plan.named
            return Parsed(np.empty(0, np.int64), nothing, np.empty(0, np.bool_), np.flatnonzero(~empty))
        body, delimiter = delimited
        plain = ~(self._suspects(block, body, delimiter) | empty)
        try:
            table = self._table(body, block, plain, delimiter)
        except pa.ArrowInvalid:  # some line has a wrong number of cells: it is worth counting them
            plain &= self._cells_per_line(body, block, delimiter) == self._plan.width
            table = self._table(body, block, plain, delimiter)
        lines = np.flatnonzero(plain)
        columns, undecoded = decoded_columns(table, self._plan.encoding)
        odd = undecoded | odd_rows(columns, self._plan.named)
        plain[lines[odd]] = False
        return Parsed(lines, columns[: self._plan.named], ~odd, np.flatnonzero(~(plain | empty)))

    def _with_single_delimiter(self, block: Block) -> tuple[bytes, int] | None:
        """Return the block with a one-byte delimiter that is never part of a character; None where there is none."""
        delimiter = self._plan.dialect.delimiter.encode(self._plan.encoding)
        if len(delimiter) > 1:
            return None
        byte = delimiter[0]
        if self._plan.encoding != "gb18030" or byte < 0x40 or delimiter not in block.data:
            return block.data, byte
        substitute = next((other for other in _SUBSTITUTES if other not in block.data), None)
        if substitute is None:
            return None
        view = np.frombuffer(block.data, np.uint8)
        places = np.flatnonzero(_outside_characters(view, byte))
        if self._quoted(block.data):
            places = places[~_inside_quotes(np.flatnonzero(view == _QUOTE), places, block)]
        body = view.copy()
        body[places] = substitute
        return body.tobytes(), substitute

    def _suspects(self, block: Block, body: bytes, delimiter: int) -> Flags:
        """Flag the lines that may be anything but a row: too long, cut off, odd bytes, odd quotes, totals, headers."""
        data, line_end = block.data, self._plan.line_end[0]
        view = np.frombuffer(body, np.uint8)
        suspect = np.asarray(block.ends - block.starts > self._plan.limit)
        suspect[-1] |= block.cut
        totals = [at for at in _places(self._total, data, view) if data.endswith(self._leads, 0, at)]
        places = [np.flatnonzero(view == 0), _lone_line_ends(view, line_end), np.array(totals, np.int64)]
        places.extend(_places(mark, data, view) for mark in (codecs.BOM_UTF8, *self._headers))
        if self._quoted(data):
            quotes = np.flatnonzero(view == _QUOTE)
            places.append(_misplaced_quotes(view, quotes, block.starts, (delimiter, line_end)))
            suspect |= _per_line(quotes, block) % 2 == 1
        suspect[np.searchsorted(block.ends, np.concatenate(places))] = True
        return suspect

    def _cells_per_line(self, body: bytes, block: Block, delimiter: int) -> Indexes:
        view = np.frombuffer(body, np.uint8)
        delimiters = np.flatnonzero(view == delimiter)
        if self._quoted(body):
            delimiters = delimiters[~_inside_quotes(np.flatnonzero(view == _QUOTE), delimiters, block)]
        return _per_line(delimiters, block) + 1

    def _quoted(self, data: bytes) -> bool:
        return self._plan.dialect.quoting is not Quoting.NO and _QUOTE in data

    def _table(self, body: bytes, block: Block, plain: Flags, delimiter: int) -> pa.Table:
        """Parse the plain lines, each of which is one row, into a table of bytes.

        pa.ArrowInvalid where one of them has a wrong number of cells.
        """
        names = [str(at) for at in range(self._plan.width)]
        data = _lines_joined(block, body, plain)
        if not data:
            return pa.table({name: pa.array([], pa.binary()) for name in names})
        table = csv.read_csv(
            pa.py_buffer(data),
            csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names),
            csv.ParseOptions(delimiter=chr(delimiter), quote_char='"' if self._quoted(data) else False),
            csv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(names, pa.binary()),
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
        if table.num_rows != np.count_nonzero(plain):
            raise RuntimeError(f"{np.count_nonzero(plain)} lines became {table.num_rows} rows")
        return table


def _places(mark: bytes, data: bytes, view: npt.NDArray[np.uint8]) -> Indexes:
    """Return where a mark begins."""
    size = max(0, len(view) - len(mark) + 1)
    likely = np.ones(size, np.bool_)
    for at, byte in enumerate(mark[:3]):
        likely &= view[at : at + size] == byte
    return np.array([at for at in np.flatnonzero(likely).tolist() if data.startswith(mark, at)], np.int64)


def _empty_lines(block: Block) -> Flags:
    lengths = block.ends - block.starts
    first = np.frombuffer(block.data, np.uint8)[block.starts]
    return np.asarray((lengths == 0) | ((lengths == 1) & (first == _CR)))


def _lone_line_ends(view: npt.NDArray[np.uint8], line_end: int) -> Indexes:
    """Return where a carriage return, or in files that end lines so a line feed, is no part of a line end."""
    if line_end == _CR:
        return np.flatnonzero(view == _LF)
    returns = np.flatnonzero(view == _CR)
    lone: Indexes = returns[view[np.minimum(returns + 1, len(view) - 1)] != _LF]
    return lone


def _outside_characters(body: npt.NDArray[np.uint8], byte: int) -> Flags:
    """Flag the bytes equal to ``byte`` that are characters of their own in GB18030.

    A byte of 0x40 to 0x7E is the second of a character if the run of bytes from 0x80 up before it is of odd length.
    """
    flags = body == byte
    high = body >= 0x80
    begins = np.flatnonzero(high[1:] & ~high[:-1]) + 1
    begins = np.concatenate(([0], begins)) if high[0] else begins
    places = np.flatnonzero(flags[1:] & high[:-1]) + 1
    run = places - begins[np.searchsorted(begins, places) - 1]
    flags[places[run % 2 == 1]] = False
    return np.asarray(flags)


def _per_line(places: Indexes, block: Block) -> Indexes:
    """Return how many of the places are in each line."""
    counts: Indexes = np.diff(np.searchsorted(places, block.starts), append=len(places))
    return counts


def _misplaced_quotes(
    view: npt.NDArray[np.uint8], quotes: Indexes, starts: Indexes, borders: tuple[int, int]
) -> Indexes:
    """Return where quotes neither open nor close a cell nor are doubled.

    In each line quotes open and close by turns; ``borders`` are delimiter and line end.
    """
    before = np.searchsorted(quotes, starts)
    opening = (np.arange(len(quotes)) - np.repeat(before, np.diff(before, append=len(quotes)))) % 2 == 0
    adjacent = np.diff(quotes, prepend=-2) == 1
    previous, following = view[np.maximum(quotes - 1, 0)], view[np.minimum(quotes + 1, len(view) - 1)]
    opens = _is_any(previous, *borders) | (quotes == 0) | adjacent
    closes = _is_any(following, *borders, _CR) | (quotes == len(view) - 1) | np.append(adjacent[1:], False)
    misplaced: Indexes = quotes[~np.where(opening, opens, closes)]
    return misplaced


def _is_any(data: npt.NDArray[np.uint8], *values: int) -> Flags:
    return np.asarray(np.logical_or.reduce([data == value for value in values]))


def _inside_quotes(quotes: Indexes, places: Indexes, block: Block) -> Flags:
    """Flag the places that have an odd number of quotes before them in their line."""
    before = np.searchsorted(quotes, block.starts)
    counts = _per_line(places, block)
    near = np.repeat(np.diff(before, append=len(quotes)) > 0, counts)
    flags = np.zeros(len(places), np.bool_)
    flags[near] = (np.searchsorted(quotes, places[near]) - np.repeat(before, counts)[near]) % 2 == 1
    return flags


def _lines_joined(block: Block, body: bytes, wanted: Flags) -> bytes:
    """Return the wanted lines with their line ends."""
    if wanted.all():
        return body
    edges = np.flatnonzero(np.diff(wanted, prepend=False, append=False))
    begins = np.append(block.starts, len(body))
    view = memoryview(body)
    return b"".join(view[begins[a] : begins[b]] for a, b in edges.reshape(-1, 2))
