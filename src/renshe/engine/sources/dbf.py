"""DBF tables in GBK, as FoxPro systems of the agencies left them.

Values come as they are written: numbers and dates as their text, logicals as 1 and 0. Records marked as deleted are
rejects, since nobody but the agency can say whether they were meant to go. Records of one width are cut into columns
in blocks, not one by one.

Invariant: records read = rows yielded + rejects + wholly blank records; a record number counts every record from 1.
"""

from __future__ import annotations

import datetime as dt
import os
import struct
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from dbfread.memo import BinaryMemo, MemoFile, find_memofile, open_memofile

from renshe.engine.sources.base import NO_ROWS_NOTE, Layout, RawBatch, Reject, SourceError
from renshe.engine.sources.cells import number_text, unsure_cells, value_text
from renshe.engine.sources.dbf_header import VISUAL_FOXPRO, DbfField, DbfHeader, read_header
from renshe.engine.sources.encoding import Encoding, Sample, decode_line, find_encoding, refuse_misfit
from renshe.engine.sources.headers import unique_names

Bytes: TypeAlias = npt.NDArray[np.uint8]
Mask: TypeAlias = npt.NDArray[np.bool_]

BLOCK_BYTES = 16 << 20
BATCH_ROWS = 50_000
_ACTIVE, _DELETED, _END = ord(" "), ord("*"), 0x1A
_LOGICAL: dict[int, str | None] = {
    **dict.fromkeys(b"TtYy", "1"),
    **dict.fromkeys(b"FfNn", "0"),
    **dict.fromkeys(b"? \0", None),
}
# From the Julian day number to Python's ordinal.
_JULIAN = 1_721_425


class DbfReader:
    """A DBF file as a source (see ``base.Reader``); the memo file is read when it lies beside.

    ``encoding`` wins over what the file says; without both it is GB18030 unless the text is UTF-8. Raises SourceError
    when the head is damaged.
    """

    header: tuple[str, ...]
    layout: Layout

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        self._path = path
        self._header = read_header(path)
        self._encoding = _encoding(path, self._header, encoding)
        names = [field.name.decode(self._encoding, "ignore").strip() for field in self._header.columns]
        self.header = unique_names([name or f"字段{place}" for place, name in enumerate(names, 1)])
        self.layout = Layout(format="dbf", encoding=self._encoding)
        self._memo_path = find_memofile(os.fspath(path))
        self._note_memos()
        whole = (path.stat().st_size - self._header.length) // self._header.record_length
        if whole < self._header.records:
            self.layout.notes.append(
                f"文件头记有 {self._header.records} 条记录，文件只够 {whole} 条，可能不完整；请向提供方核对条数"
            )

    def _note_memos(self) -> None:
        for field, name in zip(self._header.columns, self.header, strict=True):
            if _is_memo(field, self._header) and field.kind != "M":
                self.layout.notes.append(f"字段“{name}”是图片或其他二进制内容，未读取")
            elif _is_memo(field, self._header) and self._memo_path is None:
                self.layout.notes.append(f"备注文件（.fpt 或 .dbt）不在旁边，备注字段“{name}”未读取")

    def batches(self) -> Iterator[RawBatch]:
        """Yield the records in blocks of at most 50,000, each once, in file order."""
        width = self._header.record_length
        size = min(BATCH_ROWS, max(BLOCK_BYTES // width, 1))
        first = 1
        memo = open_memofile(self._memo_path, self._header.version) if self._memo_path else None
        try:
            with self._path.open("rb") as stream:
                stream.seek(self._header.length)
                while data := stream.read(size * width):
                    whole = len(data) // width
                    block = np.frombuffer(data, np.uint8, whole * width).reshape(whole, width)
                    last = self._last(block, first, len(data) % width)
                    batch = self._batch(block[:last], first, memo)
                    if last == whole:
                        batch.rejects.extend(self._partial(data[whole * width :], first + whole))
                    if len(batch.rows) or batch.rejects:
                        yield batch
                    first += last
                    if last < whole:
                        break
            self._note_surplus(first - 1)
            if first == 1 and NO_ROWS_NOTE not in self.layout.notes:
                self.layout.notes.append(NO_ROWS_NOTE)
        finally:
            if memo is not None:
                memo.file.close()

    def _note_surplus(self, read: int) -> None:
        surplus = f"文件头记有 {self._header.records} 条记录，实际读到 {read} 条，多出的也已读取"
        if read > self._header.records and surplus not in self.layout.notes:
            self.layout.notes.append(surplus)

    def _last(self, block: Bytes, first: int, rest: int) -> int:
        """Return how many records of the block are records: not what stands behind the end mark or the count."""
        flags = block[:, 0]
        beyond = np.arange(first, first + len(block)) > self._header.records
        ends = beyond & (flags != _ACTIVE) & (flags != _DELETED)
        if len(block) and rest == 0 and flags[-1] == _END and not block[-1, 1:].any():
            ends[-1] = True
        return int(np.argmax(ends)) if ends.any() else len(block)

    def _partial(self, data: bytes, number: int) -> list[Reject]:
        """Return the record that the end of the file cuts off, if there is one."""
        beyond = number > self._header.records and data[:1] not in (b" ", b"*")
        if not data or beyond or data.strip(b"\x1a\0 ") == b"":
            return []
        return [self._reject(number, "文件在这条记录中间截断", data, keep=True)]

    def _reject(self, number: int, reason: str, data: bytes, *, keep: bool) -> Reject:
        text, _ = decode_line(data[1:], self._encoding)
        return Reject(number, reason, text.rstrip(" \0"), data if keep else None)

    def _batch(self, block: Bytes, first: int, memo: MemoFile | None) -> RawBatch:
        flags = block[:, 0]
        reasons: dict[int, str] = {}
        for row in np.flatnonzero(flags != _ACTIVE).tolist():
            flag = int(flags[row])
            reasons[row] = "已删除标记" if flag == _DELETED else f"删除标志字节异常（0x{flag:02X}），记录可能已损坏"
        columns = []
        unsure: dict[int, Mask] = {}
        nulls = _null_bits(block, self._header)
        for place, (field, name) in enumerate(zip(self._header.columns, self.header, strict=True)):
            column, bad, doubtful = self._column(field, block, nulls, memo)
            if doubtful is not None:
                unsure[place] = doubtful
            for row, what in bad.items():
                reasons.setdefault(row, f"字段“{name}”{what}")
            columns.append(column)
        keep = np.ones(len(block), dtype=bool)
        keep[list(reasons)] = False
        keep &= ~_all_null(columns, len(block))
        rejects = [
            self._reject(first + row, reason, block[row].tobytes(), keep=flags[row] != _DELETED)
            for row, reason in sorted(reasons.items())
        ]
        if not keep.all():
            columns = [column.filter(pa.array(keep)) for column in columns]
            unsure = {place: doubtful[keep] for place, doubtful in unsure.items()}
        rows = np.arange(first, first + len(block), dtype=np.int64)[keep]
        return RawBatch(rows, columns, rejects, unsure)

    def _column(
        self, field: DbfField, block: Bytes, nulls: Bytes | None, memo: MemoFile | None
    ) -> tuple[pa.Array, dict[int, str], Mask | None]:
        """Return one field of all records of a block, what is wrong with it by row, and which numbers are unsure."""
        data = block[:, field.start : field.start + field.length]
        bad: dict[int, str] = {}
        unsure = None
        if _is_memo(field, self._header):
            column = self._memos(data, memo, bad) if field.kind == "M" else pa.nulls(len(block), pa.string())
        elif binary := _binary(field, self._header):
            texts = [binary(cell.tobytes()) for cell in data]
            column, unsure = pa.array(texts, pa.string()), unsure_cells(texts)
        elif field.kind == "L":
            column = pa.array([_LOGICAL.get(flag, chr(flag)) for flag in data[:, 0].tolist()], pa.string())
        else:
            data = _shortened(data, field, nulls)
            column = fixed_text(data, self._encoding, bad, strip_left=field.kind not in "CV")
        if nulls is not None and field.null_bit is not None:
            column = _masked(column, nulls[:, field.null_bit].astype(bool))
        return column, bad, unsure

    def _memos(self, data: Bytes, memo: MemoFile | None, bad: dict[int, str]) -> pa.Array:
        texts: list[str | None] = []
        for row, cell in enumerate(data):
            texts.append(None)
            try:
                content = memo[_memo_block(cell.tobytes())] if memo is not None else None
            except (OSError, ValueError, struct.error):
                bad[row] = "的备注内容读不出，备注文件可能已损坏"
                continue
            if not content or isinstance(content, BinaryMemo):
                continue
            text, wrong = decode_line(bytes(content), self._encoding)
            if wrong:
                bad[row] = wrong
            texts[-1] = text.rstrip(" \0\r\n") or None
        return pa.array(texts, pa.string())


def fixed_text(data: Bytes, encoding: Encoding, bad: dict[int, str], *, strip_left: bool) -> pa.Array:
    """Return fixed-width cells (rows x bytes) as text without the padding; ``bad`` takes rows that cannot be decoded.

    Blanks and zero bytes at the end are padding, at the beginning only with ``strip_left``; blank cells are null.
    """
    rows, width = data.shape
    filled = (data != 0x20) & (data != 0)
    any_filled = filled.any(axis=1)
    end = np.where(any_filled, width - np.argmax(filled[:, ::-1], axis=1), 0)
    start = np.where(any_filled, np.argmax(filled, axis=1), 0) if strip_left else np.zeros(rows, dtype=np.int64)
    places = np.arange(width)
    inside = (places >= start[:, None]) & (places < end[:, None])
    if not (data & 0x80).any():
        offsets = np.zeros(rows + 1, dtype=np.int32)
        np.cumsum(np.where(any_filled, end - start, 0), out=offsets[1:])
        validity = np.packbits(any_filled, bitorder="little")
        buffers = [pa.py_buffer(validity), pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(data[inside]))]
        return pa.Array.from_buffers(pa.string(), rows, buffers)
    return pa.array(_decoded(data, inside, start, end, encoding, bad), pa.string(), from_pandas=False)


def _decoded(
    data: Bytes,
    inside: Mask,
    start: npt.NDArray[np.int64],
    end: npt.NDArray[np.int64],
    encoding: Encoding,
    bad: dict[int, str],
) -> list[str | None]:
    """Decode cells all at once, one per line; where that fails, one by one."""
    rows = len(data)
    lines = np.hstack([data, np.full((rows, 1), 0x0A, np.uint8)])[np.hstack([inside, np.ones((rows, 1), bool)])]
    try:
        texts = lines.tobytes().decode(encoding).split("\n")
    except UnicodeDecodeError:
        texts = []
    if len(texts) == rows + 1:
        return [text or None for text in texts[:-1]]
    cells: list[str | None] = []
    for row in range(rows):
        text, wrong = decode_line(data[row, start[row] : end[row]].tobytes(), encoding)
        if wrong:
            bad[row] = wrong
        cells.append(text or None)
    return cells


def _broken(sample: bytes, encoding: str) -> int:
    return sample.decode(encoding, "replace").count("\ufffd")


def _encoding(path: Path, header: DbfHeader, given: str | None) -> Encoding:
    if given is not None:
        named = find_encoding(path, Sample(((0, b""),), 0), given)
        refuse_misfit(path, _sampled(path, header), named, given)
        return named
    if header.is_codepage_936:
        return "gb18030"
    sample = _sampled(path, header)
    if sample.isascii() or _broken(sample, "utf-8") > _broken(sample, "gb18030"):
        return "gb18030"
    try:
        return find_encoding(path, Sample(((0, sample),), len(sample)))
    except SourceError:
        return "gb18030"


def _sampled(path: Path, header: DbfHeader) -> bytes:
    """Return texts from the whole file."""
    texts = []
    with path.open("rb") as stream:
        for part in range(16):
            stream.seek(header.length + header.records * part // 16 * header.record_length)
            data = stream.read(128 * header.record_length)
            rows = len(data) // header.record_length
            block = np.frombuffer(data, np.uint8, rows * header.record_length).reshape(rows, header.record_length)
            texts += [
                block[:, field.start : field.start + field.length].tobytes()
                for field in header.columns
                if field.kind in "CV"
            ]
    return b"\n".join(texts).replace(b"\0", b" ")


def _is_memo(field: DbfField, header: DbfHeader) -> bool:
    return field.kind in "MGPW" or (field.kind == "B" and header.version not in VISUAL_FOXPRO)


def _memo_block(pointer: bytes) -> int:
    if len(pointer) == 4:
        return int.from_bytes(pointer, "little")
    digits = pointer.strip(b" \0")
    return int(digits) if digits else 0


def _binary(field: DbfField, header: DbfHeader) -> Callable[[bytes], str | None] | None:
    """Return how a field of bytes rather than characters is written as text; None for a field of characters."""
    if field.kind in "I+" and field.length == 4:
        return lambda data: str(int.from_bytes(data, "little", signed=True))
    if field.kind == "Y" and field.length == 8:
        return lambda data: f"{Decimal(int.from_bytes(data, 'little', signed=True)).scaleb(-4):f}"
    if field.kind in "BO" and field.length == 8:
        return lambda data: number_text(struct.unpack("<d", data)[0])
    if field.kind in "T@" and field.length == 8:
        return _moment
    return (lambda data: data.hex()) if field.kind == "Q" else None


def _moment(data: bytes) -> str | None:
    day, milliseconds = struct.unpack("<LL", data)
    if data.strip(b" \0") == b"":
        return None
    if not 1 <= day - _JULIAN <= dt.date.max.toordinal() or milliseconds > 86_400_000:
        return data.hex()
    midnight = dt.datetime.fromordinal(day - _JULIAN)
    return value_text(midnight + dt.timedelta(seconds=round(milliseconds / 1000)))


def _null_bits(block: Bytes, header: DbfHeader) -> Bytes | None:
    """Return the null flags of Visual FoxPro, one column per bit, or None."""
    for field in header.fields:
        if field.kind == "0" and field.name.lower() == b"_nullflags":
            return np.unpackbits(block[:, field.start : field.start + field.length], axis=1, bitorder="little")
    return None


def _shortened(data: Bytes, field: DbfField, nulls: Bytes | None) -> Bytes:
    """Return the cells of a varchar field without the byte that keeps their length."""
    if nulls is None or field.short_bit is None:
        return data
    data = data.copy()
    short = nulls[:, field.short_bit].astype(bool)
    data[short[:, None] & (np.arange(field.length) >= data[:, -1][:, None])] = 0
    return data


def _masked(column: pa.Array, null: Mask) -> pa.Array:
    return pa.compute.if_else(pa.array(null), pa.scalar(None, pa.string()), column)


def _all_null(columns: list[pa.Array], rows: int) -> Mask:
    blank = np.ones(rows, dtype=bool)
    for column in columns:
        blank &= np.asarray(column.is_null())
    return blank
