"""One source becomes one staged table: read, match, type, map, add facts, write Parquet; rejects and counts beside it.

Invariant: rows read = rows staged + rejects, per source, always. A staged folder is complete or not there: it is
written under another name and renamed, so that what the cache holds can be trusted.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from renshe.engine.schema import PLACE, facts, system_kind
from renshe.engine.schema import columns as schema_columns
from renshe.engine.sources.base import RawBatch, Reject, SourceError
from renshe.engine.sources.opening import open_source
from renshe.engine.staging.collected import collected
from renshe.engine.staging.columns import ColumnError, Matching, known_names, match_columns
from renshe.engine.staging.facts import DERIVED, compute_facts, derive
from renshe.engine.staging.typing import Reading, Tally, as_string, raw_maps, settle_years, type_column
from renshe.standards.dictionary import TABLES, dictionary_version, table
from renshe.standards.text import label_key

_EXAMPLES = 5
REJECT_SCHEMA = pa.schema(
    [
        ("source_file", pa.string()),
        ("source_row", pa.int64()),
        ("reason", pa.string()),
        ("raw", pa.string()),
        ("raw_bytes", pa.binary()),
    ]
)


@dataclass(frozen=True, slots=True)
class StageTask:
    """Everything that decides what a staged table holds; its digest is the name of the cache entry.

    ``place`` (where the project speaks of the source) and ``path`` decide nothing; they are for messages and reading.
    """

    table: str
    system: str
    source_file: str
    path: Path
    sha256: str
    as_of: date
    sheet: str | None = None
    encoding: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    place: str = ""

    def digest(self) -> str:
        """Return the digest of source, mapping, dictionary and of the code that stages."""
        told = {key: str(value) for key, value in asdict(self).items() if key not in ("path", "place")}
        told["columns"] = json.dumps(dict(self.columns), sort_keys=True)
        told["codes"] = json.dumps({key: dict(value) for key, value in self.codes.items()}, sort_keys=True)
        told |= {"dictionary": dictionary_version(), "code": code_version()}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


@dataclass(slots=True)
class Staged:
    """A staged source: where it is and what was met on the way. ``unmatched`` maps columns to a few examples.

    ``spoken`` maps fields to the field code by which their codes are read, ``derived`` are fields computed from others.
    """

    folder: Path
    table: str
    system: str
    source_file: str
    sha256: str
    rows_loaded: int
    rows_rejected: int
    present: list[str]
    untyped: dict[str, int]
    unmapped: dict[str, dict[str, int]]
    unmatched: dict[str, list[str]]
    spoken: dict[str, str]
    derived: list[str]
    layout: dict[str, Any]

    @property
    def rows(self) -> Path:
        """Return the Parquet file of staged rows."""
        return self.folder / "rows.parquet"

    @property
    def rejects(self) -> Path:
        """Return the Parquet file of rejects."""
        return self.folder / "rejects.parquet"


@lru_cache(maxsize=1)
def code_version() -> str:
    """Return a digest of the code and data that staging depends on: no number that somebody forgets to raise."""
    digest = hashlib.sha256()
    for package in ("renshe.standards", "renshe.policy", "renshe.engine.sources", "renshe.engine.staging"):
        for file in texts_below(resources.files(package)):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def texts_below(folder: Traversable) -> list[Traversable]:
    """Return every file below a folder of the program, compiled ones apart, in order."""
    found: list[Traversable] = []
    for item in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if item.is_dir():
            found += [] if item.name == "__pycache__" else texts_below(item)
        else:
            found.append(item)
    return found


def stage(task: StageTask, cache: Path) -> Staged:
    """Return the staged table of ``task``, from the cache where it is there; SourceError or ColumnError is raised."""
    folder = cache / task.digest()
    stats = _cached(folder)
    if stats is None:
        shutil.rmtree(folder, ignore_errors=True)
        _write(task, folder)
        stats = json.loads((folder / "stats.json").read_text("utf-8"))
    return Staged(folder=folder, **stats)


def _cached(folder: Path) -> dict[str, Any] | None:
    """Return what is known of a staged table, None where it is not there or damaged: a cache is only a cache."""
    try:
        stats: dict[str, Any] = json.loads((folder / "stats.json").read_text("utf-8"))
        whole = (
            pq.read_metadata(folder / "rows.parquet").num_rows == stats["rows_loaded"]
            and pq.read_metadata(folder / "rejects.parquet").num_rows == stats["rows_rejected"]
        )
    except (OSError, ValueError, KeyError, pa.ArrowException):
        return None
    return stats if whole else None


def _write(task: StageTask, folder: Path) -> None:
    partial = folder.with_name(f"{folder.name}.{os.getpid()}.tmp")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        stats = _named(task, partial)
        (partial / "stats.json").write_text(json.dumps(stats, ensure_ascii=False), "utf-8")
        if not folder.exists():
            partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _named(task: StageTask, folder: Path) -> dict[str, Any]:
    """Stage, and name the user's own file where it cannot be read: the kept copy's name tells nobody anything."""
    where = f"{task.source_file}（{task.place}）" if task.place else task.source_file
    try:
        return _Stager(task, folder).run()
    except SourceError as error:
        raise SourceError(str(error).replace(str(task.path), where)) from error
    except ColumnError as error:
        # Under a wrong encoding every header is strange, and the true columns are what the user would look for.
        cause = f"；也可能是 encoding = “{task.encoding}” 写错了，可删去它由程序识别" if task.encoding else ""
        raise ColumnError(f"{where}：{error}{cause}") from error


class _Stager:
    """Stages one source, batch by batch, in bounded memory."""

    def __init__(self, task: StageTask, folder: Path) -> None:
        self.task = task
        self.table = table(task.table)
        self.tally = Tally()
        self.loaded = self.rejected = 0
        self.kinds = self._kinds()
        self.schema = pa.schema(list(self.kinds.items()))
        self.folder = folder
        self.examples: dict[str, list[str]] = {}

    def _kinds(self) -> dict[str, pa.DataType]:
        if self.task.table in TABLES:
            return schema_columns(self.task.table)
        own = {name: pa.int32() if name == "start_month" else pa.string() for name in self.table.names}
        return {**own, **PLACE}

    def run(self) -> dict[str, Any]:
        names = frozenset({*known_names(self.task.table), *(label_key(text) for text in self.task.columns.values())})
        opened = open_source(self.task.path, encoding=self.task.encoding, sheet=self.task.sheet, known_names=names)
        reader = collected(opened, self.task.table, self.task.codes)
        matching = match_columns(self.task.table, reader.header, self.task.columns)
        if not matching.fields:
            raise ColumnError(
                f"没有一列能对应到表 {self.task.table}（文件的列有：{'、'.join(reader.header[:20])}）；"
                "请检查 table，或用 renshe inspect 查看后写明 [source.columns]"
            )
        self._need_key(matching, reader.header)
        texts = [name for name, kind in self.kinds.items() if pa.types.is_string(kind)]
        with (
            # Read many times in a round, and never kept: what is quick to read counts, not what is small.
            pq.ParquetWriter(
                self.folder / "rows.parquet",
                self.schema,
                compression="lz4",
                use_dictionary=texts,
                store_decimal_as_integer=True,
            ) as rows,
            pq.ParquetWriter(self.folder / "rejects.parquet", REJECT_SCHEMA, compression="zstd") as rejects,
        ):
            for batch in reader.batches():
                if len(batch.rows):
                    rows.write_batch(self._rows(batch, matching))
                    self._note_unmatched(batch, matching, reader.header)
                if batch.rejects:
                    rejects.write_batch(self._rejects(batch.rejects))
        present = set(matching.fields)
        derived = {month for month, day in DERIVED.get(self.task.table, {}).items() if day in present} - present
        return {
            "table": self.task.table,
            "system": self.task.system,
            "source_file": self.task.source_file,
            "sha256": self.task.sha256,
            "rows_loaded": self.loaded,
            "rows_rejected": self.rejected,
            "present": sorted(present | derived),
            "untyped": dict(self.tally.untyped),
            "unmapped": {name: dict(Counter(values).most_common(200)) for name, values in self.tally.unmapped.items()},
            "unmatched": {reader.header[at]: self.examples.get(reader.header[at], []) for at in matching.unmatched},
            "spoken": dict(matching.spoken),
            "derived": sorted(derived),
            "layout": asdict(reader.layout),
        }

    def _need_key(self, matching: Matching, header: tuple[str, ...]) -> None:
        """A business table without its owner's number can be neither linked nor mended: refused, not loaded empty."""
        if self.task.table not in TABLES or system_kind(self.task.system) == "compare":
            return
        key = (*self.table.key_else, *self.table.key)
        lacking = [name for name in ("person_no", "unit_no") if name in key][:1]
        if lacking and lacking[0] not in matching.fields:
            label = self.table.field(lacking[0]).label
            raise ColumnError(
                f"没有“{label}”列（文件的列有：{'、'.join(header[:20])}）；"
                f'请在 [source.columns] 中写明 {lacking[0]} = "列名"'
            )

    def _rows(self, batch: RawBatch, matching: Matching) -> pa.RecordBatch:
        count = len(batch.rows)
        self.loaded += count
        found: dict[str, pa.Array] = {}
        untyped: dict[str, pa.Array] = {}
        for spec in self.table.fields:
            at = matching.fields.get(spec.name)
            if at is None:
                found[spec.name] = pa.nulls(count, self.kinds[spec.name])
                continue
            reading = Reading(self.task.codes.get(spec.name, {}), matching.spoken.get(spec.name))
            typed = type_column(
                spec, self.kinds[spec.name], batch.columns[at], reading, self.tally, batch.unsure.get(at)
            )
            found[spec.name] = typed.values
            if typed.raw is not None:
                untyped[spec.name] = typed.raw
        if self.task.table == "contribution":
            settle_years(found, untyped, self.tally)
        if self.task.table in TABLES:
            derive(self.task.table, found)
        found |= {
            "system": pa.repeat(self.task.system, count),
            "source_file": pa.repeat(self.task.source_file, count),
            "source_row": pa.array(batch.rows, pa.int64()),
            "raw": raw_maps(count, untyped),
        }
        if facts(self.task.table):
            found |= compute_facts(self.task.table, found, self.task.as_of, matching.spoken)
        return pa.RecordBatch.from_arrays([found[name] for name in self.schema.names], schema=self.schema)

    def _rejects(self, rejects: list[Reject]) -> pa.RecordBatch:
        self.rejected += len(rejects)
        return pa.RecordBatch.from_pylist(
            [
                {
                    "source_file": self.task.source_file,
                    "source_row": reject.source_row,
                    "reason": reject.reason,
                    "raw": reject.raw,
                    "raw_bytes": reject.raw_bytes,
                }
                for reject in rejects
            ],
            schema=REJECT_SCHEMA,
        )

    def _note_unmatched(self, batch: RawBatch, matching: Matching, header: tuple[str, ...]) -> None:
        for at in matching.unmatched:
            seen = self.examples.setdefault(header[at], [])
            if len(seen) < _EXAMPLES:
                some = batch.columns[at].drop_null().slice(0, 100)
                for value in some if pa.types.is_string(some.type) else as_string(some):
                    text = str(value.as_py())
                    if text not in seen and len(seen) < _EXAMPLES:
                        seen.append(text)
