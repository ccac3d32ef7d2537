"""Where the data came from and how each file was read: what a reader of the report must know before trusting it.

Business rule: rows read = rows loaded + rows rejected, for every source; whatever a reader left out or had to take for
granted (a second sheet, a cut-off file, formulas without results, a wrong ending) is said where the data is used.

Invariant: every source of the manifest appears once, those of which something must be known first; long numbers that a
note quotes from a file are masked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from renshe.engine.report.labels import system_label
from renshe.standards.dictionary import table
from renshe.standards.masks import mask_digits, mask_free

_DELIMITERS = {",": "逗号分隔", "\t": "制表符分隔", "|": "竖线分隔", ";": "分号分隔", " ": "空格分隔"}
_FORMATS = {"txt": "文本", "parquet": "Parquet", "query": "数据库查询"}


@dataclass(frozen=True, slots=True)
class Source:
    """One source: what it is, how many rows it gave, and what its reader said of it."""

    system: str
    table: str
    file: str
    form: str
    read: int
    loaded: int
    rejected: int
    notes: tuple[str, ...]
    sha256: str

    @property
    def remarkable(self) -> bool:
        """Whether something must be known of it before it is used."""
        return bool(self.notes or self.rejected)


def sources(manifest: Mapping[str, Any]) -> tuple[Source, ...]:
    """Return the sources of a round, remarkable ones first, else in the project's order."""
    found = [_source(item, manifest) for item in manifest["sources"]]
    return tuple(sorted(found, key=lambda source: not source.remarkable))


def _source(item: Mapping[str, Any], manifest: Mapping[str, Any]) -> Source:
    return Source(
        system=system_label(item["system"]),
        table=table(item["table"]).label,
        file=item["file"],
        form=_form(item["layout"]),
        read=item["rows_read"],
        loaded=item["rows_loaded"],
        rejected=item["rows_rejected"],
        notes=tuple(_notes(item, manifest)),
        sha256=item["sha256"],
    )


def _form(layout: Mapping[str, Any]) -> str:
    """Say how the file was understood: 文本，GB18030，逗号分隔 or XLSX，工作表“Sheet1”，表头在第 3 行."""
    name = str(layout["format"])
    parts = [_FORMATS.get(name, name.upper())]
    if layout["encoding"]:
        parts.append({"utf-8-sig": "UTF-8"}.get(layout["encoding"], str(layout["encoding"]).upper()))
    if layout["delimiter"]:
        parts.append(_DELIMITERS.get(layout["delimiter"], f"以“{layout['delimiter']}”分隔"))
    if layout["sheet"]:
        parts.append(f"工作表“{layout['sheet']}”")
    if (layout["header_row"] or 1) > 1:
        parts.append(f"表头在第 {layout['header_row']} 行")
    return "，".join(parts)


def _notes(item: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[str]:
    notes = [mask_digits(text) for text in item["layout"]["notes"]]
    if not item["rows_loaded"]:
        notes.append("没有载入任何数据行")
    columns = [one["column"] for one in manifest["unmatched_columns"] if one["source"] == item["file"]]
    if columns:
        notes.append(f"未识别的列：{'、'.join(columns)}")
    codes = [
        f"{one['label']}“{mask_free(str(one['value']))}”"
        for one in manifest["unmapped_codes"]
        if one["source"] == item["file"]
    ]
    if codes:
        more = f" 等 {len(codes)} 个" if len(codes) > 5 else ""
        notes.append(f"未对应的代码值：{'、'.join(codes[:5])}{more}")
    return notes
