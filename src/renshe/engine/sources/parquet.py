"""Parquet files, streamed with their own types.

A typed source knows what its columns are, so nothing is turned into text that need not be. Arrow has many types for
the same thing; what comes out is one of eight, so that staging has eight to think of: text, int64, double,
decimal128, date32, timestamp[us] (local time, without zone), and as text: logicals ("1", "0") and all that is
nested or rare.

Invariant: a row's number is its place in the file from 1; wholly empty rows are no rows, and there are no rejects.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from renshe.engine.sources.base import NO_ROWS_NOTE, Layout, RawBatch, SourceError
from renshe.engine.sources.cells import CONTROL, UNREADABLE, bytes_text, value_text
from renshe.engine.sources.headers import unique_names

BATCH_ROWS = 50_000
# All of China keeps one time; an instant without its zone is shown as people there saw it on the clock.
LOCAL_ZONE = "Asia/Shanghai"
_DAMAGE = (pa.ArrowException, OSError)


class ParquetReader:
    """A Parquet file as a source (see ``base.Reader``); SourceError when it is damaged or encrypted."""

    header: tuple[str, ...]
    layout: Layout

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with pq.ParquetFile(path) as file:
                names = file.schema_arrow.names
        except _DAMAGE as exc:
            raise self._damaged() from exc
        self.header = unique_names([name or f"列{place}" for place, name in enumerate(names, 1)])
        self.layout = Layout(format="parquet")

    def _damaged(self) -> SourceError:
        return SourceError(f"{self._path}：Parquet 文件已损坏、不完整或已加密；请重新导出，或向提供方重新索取")

    def batches(self) -> Iterator[RawBatch]:
        """Yield the rows in blocks of at most 50,000, each once, in file order."""
        first = 1
        binary: Counter[str] = Counter()
        try:
            with pq.ParquetFile(self._path, pre_buffer=False) as file:
                for batch in file.iter_batches(BATCH_ROWS):
                    raw = _raw_batch(batch, first)
                    for name, column in zip(self.header, raw.columns, strict=True):
                        binary[name] += _unreadable(column)
                    yield raw
                    first += batch.num_rows
        except _DAMAGE as exc:
            raise self._damaged() from exc
        self.layout.notes = [NO_ROWS_NOTE] if first == 1 else _binary_notes(binary)


def _unreadable(column: pa.Array) -> int:
    """Return how many values are bytes that are no text."""
    if not pa.types.is_string(column.type) or not pc.any(pc.starts_with(column, "\\x")).as_py():
        return 0
    return int(pc.sum(pc.match_substring_regex(column, UNREADABLE)).as_py())


def _binary_notes(binary: Counter[str]) -> list[str]:
    return [
        f"列“{name}”有 {count} 个值是二进制内容，不是文字，以十六进制原样保留；请在查询或导出时转换为文字"
        for name, count in binary.items()
        if count
    ]


def _raw_batch(batch: pa.RecordBatch, first: int) -> RawBatch:
    columns = [plain(column) for column in batch.columns]
    rows = np.arange(first, first + batch.num_rows, dtype=np.int64)
    if columns and all(column.null_count for column in columns):
        empty = np.ones(batch.num_rows, dtype=bool)
        for column in columns:
            empty &= np.asarray(column.is_null())
        rows = rows[~empty]
        columns = [column.filter(pa.array(~empty)) for column in columns]
    return RawBatch(rows, columns)


def plain(column: pa.Array) -> pa.Array:
    """Return a column as one of the types of this module; "" stands for nothing and is null; NaN stays."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return plain(column.dictionary_decode())
    for test, convert in _CONVERSIONS:
        if test(kind):
            return convert(column)
    return _text([_nested_text(value) for value in column.to_pylist()])


def _text(values: list[str | None]) -> pa.Array:
    return pa.array(values, pa.string())


def _string(column: pa.Array) -> pa.Array:
    column = column.cast(pa.string())
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def _integer(column: pa.Array) -> pa.Array:
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        return _string(column)


def _double(column: pa.Array) -> pa.Array:
    if not pa.types.is_float64(column.type):
        # By way of text: the nearest double to a single 0.1 is 0.100000001490116, which nobody wrote.
        column = column.cast(pa.float32()).cast(pa.string()).cast(pa.float64())
    return column


def _decimal(column: pa.Array) -> pa.Array:
    return column.cast(pa.decimal128(column.type.precision, column.type.scale))


def _timestamp(column: pa.Array) -> pa.Array:
    if column.type.tz is not None:
        column = pc.local_timestamp(column.cast(pa.timestamp(column.type.unit, LOCAL_ZONE)))
    return column.cast(pa.timestamp("us"), safe=False)


def _bytes(column: pa.Array) -> pa.Array:
    """Return bytes as text, each value as ``bytes_text`` has it: old writers mark no text as text."""
    try:
        text = _string(column.cast(pa.binary()))
    except pa.ArrowInvalid:
        text = None
    if text is not None and not pc.any(pc.match_substring_regex(text, CONTROL)).as_py():
        return text
    return _text([bytes_text(value) if value else None for value in column.to_pylist()])


def _logical(column: pa.Array) -> pa.Array:
    return pc.if_else(column, "1", "0")


def _nested_text(value: object) -> str | None:
    if isinstance(value, list | dict | tuple):
        return json.dumps(value, ensure_ascii=False, default=value_text)
    return value_text(value)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _is_decimal(kind: pa.DataType) -> bool:
    return bool(pa.types.is_decimal(kind) and kind.precision <= 38)


_CONVERSIONS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.Array], pa.Array]], ...] = (
    (_is_text, _string),
    (pa.types.is_integer, _integer),
    (pa.types.is_floating, _double),
    (_is_decimal, _decimal),
    (pa.types.is_date, lambda column: column.cast(pa.date32())),
    (pa.types.is_timestamp, _timestamp),
    (pa.types.is_boolean, _logical),
    (_is_bytes, _bytes),
)
