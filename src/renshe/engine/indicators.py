"""Each department's old indicators beside the standard ones: how a column is called there, what it becomes.

Rule (S4-76 统一、规范、整合、调整各养老保险部门的指标体系、结构标准): every column of every source has a standard
field, by the project's word or by code, name, label or alias; what has none is listed and counted, and must come to
nought.

Invariant: what is told is what a cleaning round does with the same source; of a file only the header is read.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from renshe.engine.project import Project, SourceSpec
from renshe.engine.sources.database import snapshot_query
from renshe.engine.sources.opening import open_source
from renshe.engine.staging.collected import collected
from renshe.engine.staging.columns import known_names, match_columns
from renshe.standards.dictionary import table
from renshe.standards.masks import mask_digits
from renshe.standards.text import label_key


@dataclass(frozen=True, slots=True)
class Indicator:
    """An old indicator of a system's file, and the standard field that it fills (None: none)."""

    system: str
    source: str
    table: str
    old: str
    field: str | None
    label: str | None
    code: str | None


def indicators(project: Project) -> Iterator[Indicator]:
    """Yield every column of every source of ``project``, in their order; SourceError where one cannot be read."""
    for source in project.sources:
        yield from _of(source)


def _of(source: SourceSpec) -> Iterator[Indicator]:
    header = _header(source)
    matching = match_columns(source.table, header, source.columns)
    filled = {at: name for name, at in matching.fields.items()}
    for at, old in enumerate(header):
        field = table(source.table).field(filled[at]) if at in filled else None
        # Where a file has no header, its first row stands in the place of names.
        told = (field.name, field.label, field.code) if field else (None, None, None)
        yield Indicator(source.system, source.label, source.table, mask_digits(old), *told)


def _header(source: SourceSpec) -> tuple[str, ...]:
    if source.path is not None:
        return _read(source, source.path)
    if source.url is None or source.query is None:
        raise ValueError(f"{source.label}: neither file nor query")
    with tempfile.TemporaryDirectory(prefix="renshe-") as folder:
        snapshot = Path(folder) / "rows.parquet"
        snapshot_query(source.url, source.query, snapshot)
        return _read(source, snapshot)


def _read(source: SourceSpec, path: Path) -> tuple[str, ...]:
    names = frozenset({*known_names(source.table), *(label_key(text) for text in source.columns.values())})
    opened = open_source(path, encoding=source.encoding, sheet=source.sheet, known_names=names)
    return tuple(collected(opened, source.table, source.codes).header)
