"""The rows that replace those of a source, kept as a file under the digest of its content.

Invariant: what is kept is complete and as its name says; the same rows are kept under the same name.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from renshe.engine.decisions.books import Books
from renshe.engine.decisions.rows import replacing
from renshe.engine.decisions.working import Working


def write_patches(books: Books, working: Working | None, as_of: date, cache: Path) -> dict[int, Path]:
    """Keep what replaces rows, by position of the source: rows that decisions speak of, rows that merges moved."""
    rows = books.by_source()
    merged = set(working.changed_sources()) if working is not None else set()
    found: dict[int, Path] = {}
    for at in sorted({*rows, *merged}):
        own = rows.get(at, [])
        mended = replacing(books.sources[at], own, as_of)
        if working is not None and at in merged:
            spoken_of = {int(row.before["source_row"]) for row in own}
            with working.replaced(at, mended, spoken_of) as reader:
                found[at] = _keep(reader, cache)
        elif mended is not None:
            found[at] = _keep(mended.to_reader(), cache)
    return found


def _keep(rows: pa.RecordBatchReader, cache: Path) -> Path:
    with _partial(cache) as partial:
        with pq.ParquetWriter(partial, rows.schema) as writer:
            for batch in rows:
                writer.write_batch(batch)
        with partial.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        target = cache / f"{digest}.parquet"
        # A cache is looked at, not trusted: what lies there is replaced, whatever it is.
        partial.replace(target)
        return target


@contextmanager
def _partial(cache: Path) -> Iterator[Path]:
    partial = cache / f"{os.getpid()}.tmp"
    try:
        yield partial
    finally:
        partial.unlink(missing_ok=True)
