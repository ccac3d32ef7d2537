"""What a package carries: one table, all of it text, written and read in the forms that agreements name.

Everything travels as text, as the partner writes it: what a value means is the agreement's (``terms``), and a number
that is text loses nothing on the way. An empty text and no value are the same: no value.

Rule (S3-4 a message that breaks the declared version is refused): columns are those of the agreement, in its order,
neither more nor fewer; the first that differs is named.

Invariant: what is written is read back the same, in every form (``media``).
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from renshe.core.exchange.packages import markup, workbook
from renshe.core.exchange.packages.manifest import MOST_ROWS, Media


class ContentRefused(Exception):
    """Content that does not keep to its form; the text says in Chinese what differs."""


def content_written(rows: pa.Table, media: Media, layout: Mapping[str, Any] = MappingProxyType({})) -> bytes:
    """Return ``rows``, whose columns are texts, in the form ``media``, a workbook or XML in its ``layout``;
    ContentRefused where a text cannot stand in it."""
    try:
        return _WRITERS[media](rows, layout)
    except (markup.Unread, workbook.Unread) as error:
        raise ContentRefused(str(error)) from None


def content_read(
    data: bytes, media: Media, columns: Sequence[str], layout: Mapping[str, Any] = MappingProxyType({})
) -> pa.Table:
    """Return the table that ``data`` is, of just the ``columns``, as texts; ContentRefused where it is not."""
    try:
        found = _READERS[media](data, layout, columns)
    except (markup.Unread, workbook.Unread) as error:
        raise ContentRefused(str(error)) from None
    except (pa.ArrowInvalid, pa.ArrowKeyError, OSError, ValueError, UnicodeError, RecursionError) as error:
        raise ContentRefused(f"内容不是可读的 {media}（{str(error).splitlines()[0][:100]}）") from None
    return as_agreed(found, columns)


def as_agreed(found: pa.Table, columns: Sequence[str]) -> pa.Table:
    """Return ``found`` as texts, where it has just the ``columns`` in their order; ContentRefused where not."""
    names = found.column_names
    for at, (had, wanted) in enumerate(zip([*names, None], columns, strict=False), 1):
        if had != wanted:
            raise ContentRefused(f"第 {at} 列应为“{wanted}”，实为“{had or '（没有）'}”")
    if len(names) > len(columns):
        raise ContentRefused(f"多出第 {len(columns) + 1} 列“{names[len(columns)]}”")
    if found.num_rows > MOST_ROWS:
        raise ContentRefused(f"超过 {MOST_ROWS:,} 行")
    if wrong := [name for name in names if not _is_text(found.schema.field(name).type)]:
        raise ContentRefused(f"列“{wrong[0]}”不是文本")
    texts = [_emptied(found.column(name).cast(pa.string())) for name in names]
    return pa.table(dict(zip(names, texts, strict=True)))


def _emptied(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def _is_text(type: pa.DataType) -> bool:
    return bool(pa.types.is_string(type) or pa.types.is_large_string(type) or pa.types.is_null(type))


def _parquet(rows: pa.Table) -> bytes:
    file = io.BytesIO()
    pq.write_table(rows, file, compression="zstd")
    return file.getvalue()


def _read_parquet(data: bytes) -> pa.Table:
    return pq.read_table(pa.BufferReader(data))


def _csv(rows: pa.Table) -> bytes:
    file = io.BytesIO()
    pcsv.write_csv(rows, file, pcsv.WriteOptions(quoting_style="needed"))
    return file.getvalue()


def _read_csv(data: bytes) -> pa.Table:
    whole = io.BytesIO(data.removeprefix(b"\xef\xbb\xbf"))
    header = pcsv.open_csv(io.BytesIO(whole.getvalue()), convert_options=pcsv.ConvertOptions()).schema.names
    if len(set(header)) < len(header):
        raise ValueError("有同名的列")
    convert = pcsv.ConvertOptions(column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False)
    parse = pcsv.ParseOptions(newlines_in_values=True)
    return pcsv.read_csv(whole, convert_options=convert, parse_options=parse)


def _json(rows: pa.Table) -> bytes:
    told = {"columns": rows.column_names, "rows": [list(row.values()) for row in rows.to_pylist()]}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _read_json(data: bytes) -> pa.Table:
    told = json.loads(data)
    columns, rows = (told.get(name) if isinstance(told, dict) else None for name in ("columns", "rows"))
    if not isinstance(columns, list) or not isinstance(rows, list):
        raise ValueError("应有 columns 和 rows 两项")
    if any(not isinstance(row, list) or len(row) != len(columns) for row in rows):
        raise ValueError("行与列数不符")
    return pa.table({str(name): pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate(columns)})


_WRITERS: dict[str, Callable[[pa.Table, Mapping[str, Any]], bytes]] = {
    "parquet": lambda rows, layout: _parquet(rows),
    "csv": lambda rows, layout: _csv(rows),
    "json": lambda rows, layout: _json(rows),
    "xlsx": workbook.workbook_written,
    "xml": markup.markup_written,
}
_READERS: dict[str, Callable[[bytes, Mapping[str, Any], Sequence[str]], pa.Table]] = {
    "parquet": lambda data, layout, columns: _read_parquet(data),
    "csv": lambda data, layout, columns: _read_csv(data),
    "json": lambda data, layout, columns: _read_json(data),
    "xlsx": lambda data, layout, columns: workbook.workbook_read(data, layout),
    "xml": markup.markup_read,
}


def layout_problems(media: str, layout: Mapping[str, Any], headers: Sequence[str]) -> list[str]:
    """Return in Chinese what is wrong with the ``layout`` of a ``media`` for a table with ``headers``."""
    asked = {"xlsx": workbook.layout_problems, "xml": markup.layout_problems}.get(media)
    if asked is not None:
        return list(asked(layout, headers))
    return [f"layout：{media} 没有版式，请去掉这一项"] if layout else []
