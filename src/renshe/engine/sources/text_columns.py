"""Columns of bytes made columns of text, and the rows among them that need a closer look.

Business rule: text is decoded strictly; a cell that is empty is null; an empty row is no row.

Invariant: decoding is exact or the row is flagged; rows flagged as odd include every row that ``furniture`` would call
blank, a drawn line or a footer, and every row with something in a column without a name.
"""

from __future__ import annotations

import re
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from renshe.engine.sources.furniture import BLANKS, FOOTER_BRACKETS, FOOTER_WORDS, LINE_CHARACTERS

Flags = npt.NDArray[np.bool_]

_REPLACEMENT = re.compile("\ufffd".encode())
_GUARD = b"\0\0\0"
_NOTHING_START = np.zeros(256, np.bool_)
_NOTHING_START[[char.encode()[0] for char in BLANKS + LINE_CHARACTERS]] = True
# Whatever ``furniture.is_footer`` may match begins so; the bytes that a cell of such a row may begin with.
_BLANK = "[" + "".join(f"\\x{{{ord(char):x}}}" for char in BLANKS) + "]*"
_FOOTER_LIKE = (
    f"^{_BLANK}[{re.escape(FOOTER_BRACKETS)}]?{_BLANK}(?:" + "|".join(_BLANK.join(word) for word in FOOTER_WORDS) + ")"
)
_BLANK_CELL = f"^{_BLANK}$"
_FOOTER_START = np.zeros(256, np.bool_)
_FOOTER_START[[text.encode()[0] for text in (*FOOTER_WORDS, *FOOTER_BRACKETS, *BLANKS)]] = True


def decoded_columns(table: pa.Table, encoding: Literal["utf-8", "gb18030"]) -> tuple[list[pa.Array], Flags]:
    """Return the columns (binary) as ``pa.string()`` arrays, and which rows hold bytes that cannot be decoded."""
    wrong = np.zeros(table.num_rows, np.bool_)
    columns = []
    for chunked in table.columns:
        column = chunked.chunk(0) if chunked.num_chunks == 1 else chunked.combine_chunks()
        if _is_ascii(column):
            columns.append(_as_string(column))
            continue
        if encoding == "utf-8":
            try:
                columns.append(column.cast(pa.string()))
                continue
            except pa.ArrowInvalid:
                pass
        distinct = column.dictionary_encode()
        texts, misfits = _decoded(distinct.dictionary, encoding)
        columns.append(texts.take(distinct.indices))
        if misfits.any():
            wrong |= misfits[distinct.indices.fill_null(0).to_numpy()] & _valid(column)
    return columns, wrong


def odd_rows(columns: list[pa.Array], named: int) -> Flags:
    """Return which rows may be blank, a drawn line or a footer, or have a value behind the ``named`` columns."""
    odd = np.zeros(len(columns[0]), np.bool_)
    if not odd.size:
        return odd
    for column in columns[named:]:
        odd |= _valid(column)
    odd[_blank_candidates(columns)] = True
    odd[_footer_candidates(columns)] = True
    return odd


def _is_ascii(column: pa.Array) -> bool:
    data = _data(column)
    return data.size == 0 or bool(data.max() < 0x80)


def _data(column: pa.Array) -> npt.NDArray[np.uint8]:
    """Return the bytes of all values, one after the other."""
    buffer = column.buffers()[2]
    return np.frombuffer(buffer, np.uint8) if buffer is not None else np.empty(0, np.uint8)


def _offsets(column: pa.Array) -> npt.NDArray[np.int32]:
    """Return where each value begins, and behind them where the last one ends."""
    return np.frombuffer(column.buffers()[1], np.int32)[column.offset : column.offset + len(column) + 1]


def _valid(column: pa.Array) -> Flags:
    return np.asarray(column.is_valid().to_numpy(zero_copy_only=False), np.bool_)


def _as_string(column: pa.Array) -> pa.Array:
    """Return a binary array of ASCII as text, without copying or checking it."""
    return pa.Array.from_buffers(pa.string(), len(column), column.buffers(), column.null_count, column.offset)


def _decoded(values: pa.Array, encoding: str) -> tuple[pa.Array, Flags]:
    """Return binary values (no nulls, no NUL bytes) as text, and flag those that are not surely what the bytes say.

    All values are decoded in one go, each closed by a NUL, which is never part of a character; those behind the last
    keep the decoder from taking its NUL for a missing part of a broken character.
    """
    closed = pc.binary_join_element_wise(values, pa.scalar(b"", pa.binary()), pa.scalar(b"\0", pa.binary()))
    raw = _data(closed)[: _offsets(closed)[-1]].tobytes() + _GUARD
    flags = np.zeros(len(values), np.bool_)
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode(encoding, "replace")
    data = text.encode().removesuffix(_GUARD)
    view = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(view == 0)
    if len(ends) != len(values):
        raise RuntimeError(f"{len(values)} values became {len(ends)} texts")
    flags[np.searchsorted(ends, [found.start() for found in _REPLACEMENT.finditer(data)])] = True
    offsets = np.zeros(len(values) + 1, np.int32)
    offsets[1:] = ends - np.arange(len(values))
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(view[view != 0])]
    return pa.Array.from_buffers(pa.string(), len(values), buffers), flags


def _blank_candidates(columns: list[pa.Array]) -> npt.NDArray[np.int64]:
    """Return the rows of which every cell is empty or begins with what may be a blank or a drawn line."""
    rows = np.arange(len(columns[0]))
    for at, column in enumerate(columns):
        cells = column if at == 0 else column.take(rows)
        begins = _offsets(cells)
        data = _data(cells)
        if data.size:
            first = data[np.minimum(begins[:-1], data.size - 1)]
            rows = rows[(np.diff(begins) == 0) | _NOTHING_START[first]]
        if not rows.size:
            break
    return rows


def _footer_candidates(columns: list[pa.Array]) -> npt.NDArray[np.int64]:
    """Return the rows whose first filled cell begins like the foot of a page."""
    rows = np.arange(len(columns[0]))
    found = [np.empty(0, np.int64)]
    for at, column in enumerate(columns):
        cells = column if at == 0 else column.take(rows)
        begins, data = _offsets(cells), _data(cells)
        blank = np.diff(begins) == 0
        if data.size:
            first = data[np.minimum(begins[:-1], data.size - 1)]
            near = np.flatnonzero(~blank & _FOOTER_START[first])
            texts = cells.take(near)
            found.append(rows[near[_matching(texts, _FOOTER_LIKE)]])
            # A cell of blanks is no filled cell: the label may stand behind it.
            blank[near[_matching(texts, _BLANK_CELL)]] = True
        rows = rows[blank]
        if not rows.size:
            break
    return np.concatenate(found)


def _matching(texts: pa.Array, pattern: str) -> Flags:
    return np.asarray(
        pc.match_substring_regex(texts, pattern).fill_null(False).to_numpy(zero_copy_only=False), np.bool_
    )
