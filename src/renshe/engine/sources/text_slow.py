"""What a single line of a damaged file is: a row, a reject with its reason, or nothing.

Business rule: every line that is not blank is loaded or rejected, with its physical line number, a reason that a clerk
understands and its text; a line of delimiters alone is a record that holds nothing, a reject. Damage stays in the line
where it happened and the good lines around it load.

Invariant: the verdict on a line depends on the line and at most the ``RECORD_LINES`` lines behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import numpy.typing as npt

from renshe.engine.sources.base import Reject
from renshe.engine.sources.encoding import Encoding, decode_line, original_bytes, stream_encoding
from renshe.engine.sources.furniture import EMPTY_ROW, REPEATED_HEADER, furniture, is_blank, is_repeated_header
from renshe.engine.sources.splitting import Dialect, Fault, assemble
from renshe.engine.sources.text_lines import Block

Row = list[str | None]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a row looks like: ``width`` cells, of which the first ``named`` have a column and the rest are empty.

    ``headers`` are the header rows as written, none where the file has no header.
    """

    encoding: Encoding
    dialect: Dialect
    width: int
    named: int
    headers: tuple[tuple[str, ...], ...]
    line_end: str
    limit: int


@dataclass(slots=True)
class Judged:
    """Rows by line index, rejects, and the lines that belong to a record which began in an earlier line.

    ``stop`` is the index of the line from which on the block has to be read again with more lines behind it.
    """

    rows: dict[int, Row] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    inner: list[int] = field(default_factory=list)
    stop: int | None = None


class _MoreLines(Exception):
    """The block ends inside a record."""


def judge_lines(block: Block, lines: npt.NDArray[np.int64], shape: Shape) -> Judged:
    """Judge the given lines of a block, in order."""
    judged = Judged()
    next_line = 0
    for index in lines.tolist():
        if index < next_line:
            continue
        try:
            next_line = index + _judge(block, index, shape, judged)
        except _MoreLines:
            judged.stop = index
            break
        judged.inner.extend(range(index + 1, next_line))
    return judged


def _judge(block: Block, index: int, shape: Shape, judged: Judged) -> int:
    """Judge the record that begins in a line; return how many lines it takes."""
    text, reason, original = _text(block.line(index), shape)
    lines = 1
    if reason is None:
        cells, lines = assemble(text, _following(block, index, shape), shape.dialect, shape.width)
        if isinstance(cells, Fault):
            reason = cells.value
        elif is_blank(cells) and len(cells) == 1:
            return lines
        elif (reason := _refusal(cells, shape)) is None:
            judged.rows[index] = [cell or None for cell in cells[: shape.named]]
            return lines
        text = "".join([text, *islice(_following(block, index, shape), lines - 1)])
    if block.cut and index + lines == len(block):
        reason = f"{reason}；末行没有换行符，文件可能被截断"
    judged.rejects.append(Reject(block.first + index, reason, text.rstrip("\r"), original))
    return lines


def _text(raw: bytes, shape: Shape) -> tuple[str, str | None, bytes | None]:
    """Return a line as text; where it cannot be one, also the reason and the original bytes."""
    if len(raw) > shape.limit:
        beginning = raw[: shape.limit].decode(stream_encoding(shape.encoding), "backslashreplace")
        return beginning, f"单行超过{shape.limit}字节，这里只有开头，全文见源文件的这一行", None
    text, reason = decode_line(raw, shape.encoding)
    if reason is None and (place := raw.find(b"\0")) >= 0:
        reason = f"含有空字节（第{len(original_bytes(raw[:place], shape.encoding)) + 1}字节）"
    if reason is None:
        return text, None, None
    return text.replace("\0", "\\x00"), reason, original_bytes(raw, shape.encoding)


def _following(block: Block, index: int, shape: Shape) -> Iterator[str]:
    """Yield the lines behind a line, each with the line end before it, as far as they are sound text."""
    for at in range(index + 1, len(block)):
        text, reason, _ = _text(block.line(at), shape)
        if reason is not None:
            return
        yield shape.line_end + text
    if not block.last:
        raise _MoreLines


def _refusal(cells: list[str], shape: Shape) -> str | None:
    """Return why cells are no row of the table, None where they are one."""
    if is_blank(cells):
        return EMPTY_ROW
    if any(is_repeated_header(cells, header) for header in shape.headers):
        return REPEATED_HEADER
    if (kind := furniture(cells, ())) is not None:
        return kind
    extra = shape.width - shape.named
    if len(cells) == shape.width:
        return None if is_blank(cells[shape.named :]) else f"没有列名的第{shape.named + 1}列有值"
    if extra and len(cells) == shape.named:
        return "列数不符：行尾缺少分隔符"
    found = len(cells) - extra if extra and is_blank(cells[-extra:]) else len(cells)
    return f"列数不符：应为{shape.named}列，实为{found}列"
