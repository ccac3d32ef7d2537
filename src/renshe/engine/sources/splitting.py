"""How a line of text is cut into cells, and how a file shows which delimiter and quotes it uses.

Business rule: RFC 4180 where a file quotes (doubled quotes, delimiters and line ends inside quotes), plain cutting
where it does not and a quotation mark is just a character of a name. A mark in the middle of an unquoted cell is text.
A quoted cell that does not close soon is damage of its own line: it must never swallow the rows behind it.

Invariant: a record never reaches over a line that is a whole row by itself, nor over more than ``RECORD_LINES`` lines
or ``RECORD_SIZE`` characters; so what a line becomes depends on these lines only, never on how the file was read.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

RECORD_LINES = 20
RECORD_SIZE = 64 << 10

_SINGLE = (",", "\t", "|", ";", "^", "\x01", "~", "\x1f", "¦")
_MULTIPLE = ("||", "|+|", "|@|", "@@", "^^", "^|^", "~~", "~|~", "#|#", "$$", "!@#", "##", "|#|", "&&", ";;")
_NONE = "\x1e"


class Fault(Enum):
    """Why a line is no row; the value is what the user reads."""

    UNCLOSED = "引号未闭合"
    MISPLACED = "引号位置不对：结束引号之后还有文字"


class Quoting(Enum):
    """What a quotation mark at the beginning of a cell means: ``MAYBE`` where the sample shows neither use."""

    YES = "quoted"
    NO = "plain"
    MAYBE = "maybe"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the lines of a file are cut."""

    delimiter: str
    quoting: Quoting = Quoting.MAYBE


def split(text: str, dialect: Dialect) -> list[str] | Fault:
    """Cut one record (without its last line end) into cells; a fault where quotes do not come out even."""
    delimiter = dialect.delimiter
    if dialect.quoting is Quoting.NO or '"' not in text:
        return text.split(delimiter)
    cells: list[str] = []
    at, size = 0, len(text)
    while True:
        if text.startswith('"', at):
            end = _closing(text, at + 1)
            if end < 0:
                return Fault.UNCLOSED
            cells.append(text[at + 1 : end].replace('""', '"'))
            at = end + 1
            if at == size:
                return cells
            if not text.startswith(delimiter, at):
                return Fault.MISPLACED
        else:
            end = text.find(delimiter, at)
            if end < 0:
                cells.append(text[at:])
                return cells
            cells.append(text[at:end])
            at = end
        at += len(delimiter)


def assemble(first: str, following: Iterable[str], dialect: Dialect, width: int) -> tuple[list[str] | Fault, int]:
    """Return the cells of the record that begins in line ``first``, and how many lines it takes.

    ``following`` yields the next lines, each with the line end before it; ``width`` is the number of cells of a row, 0
    where it is not known yet. Where the record does not close, or closes with another number of cells, the fault is
    that of the first line alone.
    """
    cells = split(first.rstrip("\r"), dialect)
    if isinstance(cells, list) and (len(cells) == width or not width):
        return cells, 1
    if cells is Fault.UNCLOSED:
        joined, lines = _joined(first, following, dialect, width)
        if joined:
            return joined, lines
    if dialect.quoting is Quoting.MAYBE and width:
        plain = first.rstrip("\r").split(dialect.delimiter)
        if len(plain) == width:
            return plain, 1
    return cells, 1


def find_dialect(lines: Sequence[str], delimiter: str | None, quoting: Quoting | None) -> tuple[Dialect, int]:
    """Return how a file is cut and its usual number of cells, from some of its filled lines; what is given is kept."""
    if delimiter is None:
        delimiter = _best_delimiter(lines)
    if quoting is None:
        quoting = _quoting(lines, delimiter)
    dialect = Dialect(delimiter, quoting)
    return dialect, _usual(_widths(lines, dialect))


def find_line_end(data: bytes) -> bytes:
    """Return b"\\r" for files of old Macintosh programs, else b"\\n" (which covers "\\r\\n" too)."""
    lone = data.count(b"\r") - data.count(b"\r\n")
    return b"\r" if lone > 4 * data.count(b"\n") else b"\n"


def shown_delimiter(delimiter: str) -> str | None:
    """Return the delimiter for people, None where every line is one cell."""
    return None if delimiter == _NONE else delimiter


def _closing(text: str, at: int) -> int:
    """Return where the quoted cell whose content begins at ``at`` closes, -1 where it does not."""
    while True:
        end = text.find('"', at)
        if end < 0 or not text.startswith('"', end + 1):
            return end
        at = end + 2


def _joined(first: str, following: Iterable[str], dialect: Dialect, width: int) -> tuple[list[str] | None, int]:
    """Join lines until the open quote closes; None where it does not, or where a row of its own comes first."""
    text = first
    for lines, line in enumerate(following, 2):
        text += line
        if _is_row(line[1:].rstrip("\r"), dialect, width) or len(text) > RECORD_SIZE:
            return None, 1
        cells = split(text.rstrip("\r"), dialect)
        if isinstance(cells, list) and (len(cells) == width or not width):
            return cells, lines
        if cells is not Fault.UNCLOSED or lines == RECORD_LINES:
            return None, 1
    return None, 1


def _is_row(line: str, dialect: Dialect, width: int) -> bool:
    """Tell whether a line is a whole row by itself (tables of one or two columns show too little to say so)."""
    if width < 3 or ('"' in line and dialect.quoting is Quoting.YES):
        return False
    return line.count(dialect.delimiter) == width - 1


def _best_delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter that cuts most lines into the same, largest number of cells."""
    text = "\n".join(lines)
    for several in _MULTIPLE:
        if several in text and _stands_alone(lines, several):
            return several
    scores = {single: _score(lines, single) for single in _SINGLE if single in text}
    best = max(scores, key=lambda single: scores[single], default=_NONE)
    return best if scores.get(best, 0) > 0 else _NONE


def _stands_alone(lines: Sequence[str], several: str) -> bool:
    """Tell whether a delimiter of several characters is one, rather than single delimiters around empty cells.

    In the header every delimiter is then a whole one, and in most lines, quoted text and cut lines aside.
    """
    single, share = several[0], several.count(several[0])
    alone = [line.count(single) == line.count(several) * share for line in lines if single in line]
    return alone[0] and 2 * sum(alone) > len(alone) and _score(lines, several) > 0.5


def _score(lines: Sequence[str], delimiter: str) -> float:
    widths = _widths(lines, Dialect(delimiter))
    usual = _usual(widths)
    return widths[usual] / max(1, widths.total()) * math.log2(usual) if usual else 0.0


def _widths(lines: Sequence[str], dialect: Dialect) -> Counter[int]:
    return Counter(_width(line, dialect) for line in lines)


def _width(line: str, dialect: Dialect) -> int:
    cells = split(line, dialect)
    return len(cells) if isinstance(cells, list) else line.count(dialect.delimiter) + 1


def _usual(widths: Counter[int]) -> int:
    """Return the most frequent width beyond one cell (titles have one), 1 where there is no other."""
    several = {width: count for width, count in widths.items() if width > 1}
    return max(several, key=lambda width: (several[width], width), default=min(1, len(widths)))


def _quoting(lines: Sequence[str], delimiter: str) -> Quoting:
    """Count lines whose quotes enclose cells against those in which they can only be text.

    A program that quotes would have quoted a cell with a mark in it. A quote that does not close says nothing: it may
    close in the next line, which need not be in the sample.
    """
    quoted = Dialect(delimiter, Quoting.YES)
    width = _usual(_widths(lines, quoted))
    other = f'[^"{re.escape(delimiter)}]'
    amid = re.compile(f'{other}"{other}')
    enclosing = text = 0
    for line in lines:
        cells = split(line, quoted) if '"' in line else Fault.UNCLOSED
        if cells is Fault.MISPLACED:
            text += line.count(delimiter) == width - 1
        elif isinstance(cells, list) and len(cells) == width:
            encloses = line.startswith('"') or f'{delimiter}"' in line
            enclosing += encloses
            text += not encloses and amid.search(line) is not None
    if enclosing == text == 0:
        return Quoting.MAYBE
    return Quoting.YES if enclosing >= text else Quoting.NO
