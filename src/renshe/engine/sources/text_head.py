"""The top of a text file: titles, header, and what a row below it looks like.

Business rule: extracts carry a title and a line 填报单位：… 日期：… above the header, or no header at all; the header
is searched for, never assumed (``headers``). A delimiter at the end of every line is a habit of exporting programs, no
column.

Invariant: a line above the first row is the header, a title that the layout's notes quote, or a reject.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from renshe.engine.sources.base import Reject
from renshe.engine.sources.furniture import is_blank
from renshe.engine.sources.headers import PREVIEW_ROWS, Header, clean_name, find_header, unique_names
from renshe.engine.sources.splitting import Dialect, assemble, split
from renshe.engine.sources.text_lines import Block
from renshe.standards.text import label_key

BEFORE_HEADER = "表头之前的行"

_HEAD_LINES = 200
_DATA_CELL = re.compile(r".*\d{6}.*|(?=.*\d)[-+\d.,%¥￥/年月日]+[Xx]?", re.S)
_NUMBERING = re.compile(r"[\d甲乙丙丁()（）]*")


@dataclass(frozen=True, slots=True)
class Head:
    """What the top of a file says.

    ``names`` are the columns, ``width`` the cells of a row (more where lines end with a delimiter); ``rows`` are what
    may be printed on every page, header and titles, as written; ``header_row`` is the physical line of the header's
    first row (None: no header), ``lines`` the number of lines above the first row; ``rejects`` are rows above the
    header, ``notes`` are for people.
    """

    names: tuple[str, ...]
    width: int
    rows: tuple[tuple[str, ...], ...]
    header_row: int | None
    lines: int
    rejects: tuple[Reject, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Record:
    first: int
    lines: int
    text: str
    cells: list[str]


def read_head(
    block: Block, encoding: str, dialect: Dialect, sample: Sequence[str], usual: int, known_names: frozenset[str]
) -> Head:
    """Find the header in the first block of a file that holds anything.

    ``sample`` are lines from all over the file, ``usual`` is the usual number of cells; ``known_names`` are the names
    under which columns of the expected table may appear, in any spelling.
    """
    records = _records(block, encoding, dialect)
    rows = [record.cells for record in records]
    header = _header(rows, known_names)
    if not header.found or (header.known < 2 and _is_data(rows, header)):
        names = tuple(f"列{at}" for at in range(1, usual + 1))
        return Head(names, usual, (), None, block.first - 1, (), ("没有找到表头，列名按列1、列2……编号",))
    own = rows[header.first : header.last + 1]
    columns = max(map(len, own))
    named = max((at for at, name in enumerate(header.names[:columns], 1) if name), default=columns)
    named, width = _shape(sample, dialect, named, columns, usual)
    names = unique_names([name or f"列{at}" for at, name in enumerate(header.names[:named], 1)])
    last = records[header.last]
    early = [record for record in records[: header.first] if _like_row(record, width)]
    titles = [record for record in records[: header.first] if not _like_row(record, width)]
    printed = [tuple(row) for row in own if not _is_numbering(row)]
    printed.extend(tuple(record.cells) for record in titles if len(record.cells) == width)
    return Head(
        names=names,
        width=width,
        rows=tuple(printed),
        header_row=records[header.first].first,
        lines=last.first + last.lines - 1,
        rejects=tuple(Reject(record.first, BEFORE_HEADER, record.text) for record in early),
        notes=_notes(titles, names, width),
    )


def _records(block: Block, encoding: str, dialect: Dialect) -> list[_Record]:
    """Return the first records that are not blank; a line that is none is cut at its delimiters all the same."""
    lines = [block.line(at).decode(encoding, "replace").lstrip("\ufeff") for at in range(min(len(block), _HEAD_LINES))]
    records: list[_Record] = []
    at = 0
    while at < len(lines) and len(records) < PREVIEW_ROWS:
        cells, taken = assemble(lines[at], ("\n" + line for line in lines[at + 1 :]), dialect, 0)
        text = lines[at].rstrip("\r")
        if not isinstance(cells, list):
            cells = text.split(dialect.delimiter)
        if not is_blank(cells):
            records.append(_Record(block.first + at, taken, text, cells))
        at += taken
    return records


def _header(rows: list[list[str]], known_names: frozenset[str]) -> Header:
    """Find the header; of a header of several rows keep those that name more columns, or say so themselves.

    Text has no merged cells: a row with gaps below the header is more likely damaged than a part of it.
    """
    header = find_header(rows, known_names)
    if not header.found:
        return header
    keys = frozenset(map(label_key, known_names))
    counts = [len({key for cell in row if (key := label_key(cell)) in keys}) for row in rows[: header.last + 1]]
    best = max(counts[header.first :])
    if header.first == header.last or header.known > best:
        return header
    first = last = counts.index(best, header.first)
    while last < header.last and (_is_numbering(rows[last + 1]) or counts[last + 1] >= max(2, best / 2)):
        last += 1
    return Header(first, last, tuple(map(clean_name, rows[first])), best)


def _is_numbering(row: Sequence[str]) -> bool:
    return _NUMBERING.fullmatch("".join(row)) is not None


def _is_data(rows: list[list[str]], header: Header) -> bool:
    """Tell whether a supposed header of unknown names is a row: it has numbers, or its words come again below it."""
    cells = rows[header.first]
    if any(_DATA_CELL.fullmatch(cell.strip()) for cell in cells):
        return True
    below = [row for row in rows[header.last + 1 :] if row != cells]
    return any(cell.strip() and cell == row[at] for at, cell in enumerate(cells) for row in below if at < len(row))


def _shape(sample: Sequence[str], dialect: Dialect, named: int, columns: int, usual: int) -> tuple[int, int]:
    """Return how many cells have a column and how many a row has, from the header's ``named`` and all ``columns``.

    Rows are one cell wider than the header where that is usual and the cell usually empty; a header cell without a name
    is no column where nothing in the sample stands below it.
    """
    rows = [cells for line in sample if isinstance(cells := split(line, dialect), list)]
    widths = Counter(map(len, rows))
    widths[columns] -= 1  # the header itself
    width = usual if named <= usual <= columns + 1 and widths[usual] > widths[columns] else columns
    behind = [is_blank(cells[named:]) for cells in rows if len(cells) == width]
    if all(behind) or (width > columns and 2 * sum(behind) > len(behind)):
        return named, width
    return (width, width) if width <= columns else (columns, columns)


def _like_row(record: _Record, width: int) -> bool:
    """Tell whether a line above the header has the cells of a row, most of them filled."""
    filled = sum(1 for cell in record.cells if cell.strip())
    return len(record.cells) == width > 1 and 10 * filled >= 6 * width


def _notes(titles: list[_Record], names: tuple[str, ...], width: int) -> tuple[str, ...]:
    notes = []
    if titles:
        notes.append(f"表头之前有{len(titles)}行标题：{'；'.join(record.text[:60] for record in titles[:3])}")
    if width > len(names):
        notes.append("每行末尾多出的空单元格不读")
    if any("\ufffd" in name for name in names):
        notes.append("表头有无法解码的字节，显示为�")
    return tuple(notes)
