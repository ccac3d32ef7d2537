"""A look into one file before it becomes a source: how it was read, what its columns hold, what they could fill.

Invariant: nothing is written; what is proposed is only proposed. What is shown is masked like a report: screens are
photographed and pasted into messages.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from renshe.engine.sources.base import Layout
from renshe.engine.sources.opening import open_source
from renshe.engine.staging.columns import known_names, match_columns
from renshe.engine.staging.typing import as_string
from renshe.standards import codes, money, periods, text
from renshe.standards.dictionary import TABLES, table
from renshe.standards.masks import mask_digits, mask_free, mask_value

_ROWS = 200_000
_TOP = 5
# A value of every twentieth row is nobody's name.
_COMMON = 20
_TYPED = 0.95


@dataclass(slots=True)
class ColumnLook:
    """One column: how full it is, what its values look like, the commonest of them, and the field it could fill."""

    name: str
    filled: float
    kind: str
    top: list[tuple[str, int]]
    field: str | None = None
    label: str | None = None


@dataclass(slots=True)
class Look:
    """One file: how it was read, its columns, and the mapping that is proposed for ``table``."""

    layout: Layout
    rows: int
    complete: bool
    rejects: list[tuple[int, str]]
    table: str | None
    columns: list[ColumnLook] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def proposal(self, file: str, system: str = "pension") -> str:
        """Return the ``[[source]]`` of project.toml that reads this file."""
        lines = ["[[source]]", f'system = "{system}"', f'table = "{self.table or "…"}"', f'file = "{file}"']
        lines.append("[source.columns]")
        lines += [f'{column.field} = "{column.name}"' for column in self.columns if column.field]
        for name, values in self.codes.items():
            lines.append(f"[source.codes.{name}]")
            lines += [f'"{value}" = "{standard}"' for value, standard in values.items()]
        return "\n".join(lines)


def inspect_file(
    path: Path, *, table_name: str | None = None, sheet: str | None = None, encoding: str | None = None
) -> Look:
    """Look at the first 200,000 rows of ``path``; SourceError where it cannot be read."""
    names: frozenset[str] = frozenset().union(*(known_names(name) for name in TABLES))
    reader = open_source(path, encoding=encoding, sheet=sheet, known_names=names)
    parts: list[list[pa.Array]] = [[] for _ in reader.header]
    rejects: list[tuple[int, str]] = []
    rows, complete = 0, True
    for batch in reader.batches():
        rows += len(batch.rows)
        rejects += [(reject.source_row, mask_digits(reject.reason)) for reject in batch.rejects]
        for at, column in enumerate(batch.columns):
            parts[at].append(column if pa.types.is_string(column.type) else as_string(column))
        if rows >= _ROWS:
            complete = False
            break
    columns = [pa.concat_arrays(part) if part else pa.array([], pa.string()) for part in parts]
    chosen = table_name or _likely_table(reader.header)
    reader.layout.notes[:] = map(mask_digits, reader.layout.notes)
    look = Look(reader.layout, rows, complete, rejects[:20], chosen)
    matched = match_columns(chosen, reader.header, {}).fields if chosen else {}
    fields = {at: name for name, at in matched.items()}
    for at, name in enumerate(reader.header):
        top = _masked(chosen, fields.get(at), _top(columns[at]), rows)
        # Where a file has no header, its first row stands in the place of names.
        column = ColumnLook(mask_digits(name), _filled(columns[at]), _kind(columns[at]), top)
        if at in fields and chosen:
            column.field, column.label = fields[at], table(chosen).field(fields[at]).label
            _propose_codes(look, chosen, fields[at], columns[at])
        look.columns.append(column)
    return look


def _likely_table(header: tuple[str, ...]) -> str | None:
    """Return the table that most columns fit; among equals the one with the fewest fields left over."""
    normals = {text.label_key(name) for name in header}
    scored = [(len(normals & known_names(name).keys()), -len(table(name).fields), name) for name in TABLES]
    best = max(scored)
    return best[2] if best[0] else None


def _filled(column: pa.Array) -> float:
    return round((len(column) - column.null_count) / len(column), 4) if len(column) else 0.0


def _top(column: pa.Array) -> list[tuple[str, int]]:
    counts = Counter({item["values"]: item["counts"] for item in pc.value_counts(column.drop_null()).to_pylist()})
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:_TOP]


def _masked(name: str | None, field_name: str | None, top: list[tuple[str, int]], rows: int) -> list[tuple[str, int]]:
    if name and field_name:
        return [(mask_value(name, field_name, value), count) for value, count in top]
    return [
        (mask_digits(value) if count > 2 and count * _COMMON >= rows else mask_free(value), count)
        for value, count in top
    ]


def _kind(column: pa.Array) -> str:
    """Return what nearly all values can be read as."""
    values = text.clean_array(column).drop_null()
    if not len(values):
        return "空"
    if _share(pc.match_substring_regex(values, r"^\d{17}[0-9Xx]$|^\d{15}$")) >= _TYPED:
        return "证件号码"
    if _share(pc.match_substring_regex(values, r"^(19|20)\d{2}[01]\d$")) >= _TYPED:
        return "年月"
    dates, bad = periods.parse_dates(values)
    if 1 - _share(bad) >= _TYPED and dates.null_count < len(dates):
        return "日期"
    _, bad = money.parse_moneys(values)
    return "数" if 1 - _share(bad) >= _TYPED else "文本"


def _share(mask: pa.BooleanArray) -> float:
    return float(pc.sum(mask).as_py() or 0) / max(len(mask), 1)


def _propose_codes(look: Look, name: str, field_name: str, column: pa.Array) -> None:
    spec = table(name).field(field_name)
    if spec.type != "code" or spec.codes is None:
        return
    _, unmapped = codes.map_codes(spec.codes, text.clean_array(column), {})
    if unmapped:
        # What a mask would change is no code, but personal data in the wrong column.
        common = [
            value for value in sorted(unmapped, key=lambda value: -unmapped[value]) if mask_digits(value) == value
        ]
        if common:
            look.codes[field_name] = dict.fromkeys(common[:20], "")
