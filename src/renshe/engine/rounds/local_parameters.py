"""The rows of a project's tables ``parameter``, typed as far as they can be and with their place in the file.

Business rule: what a project says of its own rates and floors stops the round where it cannot be read with certainty,
and whoever mends it needs file, line and the value as written.

Invariant: every staged row comes once, in file order, with ``source_file`` and ``source_row``. A value that could not
be typed comes as its text: staged tables of parameters keep neither place nor text, so the small file is read again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from renshe.engine.project import SourceSpec
from renshe.engine.sources.opening import open_source
from renshe.engine.staging.columns import known_names, match_columns
from renshe.engine.staging.stage import Staged
from renshe.engine.staging.typing import as_string
from renshe.standards.text import clean_array, label_key


def parameter_rows(spec: SourceSpec, kept: Path, staged: Staged) -> Iterator[dict[str, Any]]:
    """Yield the rows of one source of parameters, ``kept`` being the copy that was staged."""
    typed = pq.read_table(staged.rows).to_pylist()
    for row, (number, written) in zip(typed, _written(spec, kept), strict=True):
        known = {name: written.get(name) if value is None else value for name, value in row.items()}
        yield {**known, "source_file": spec.label, "source_row": number}


def _written(spec: SourceSpec, kept: Path) -> Iterator[tuple[int, Mapping[str, str | None]]]:
    """Yield line and cells of every row as written, in the order of staging."""
    names = frozenset({*known_names(spec.table), *(label_key(text) for text in spec.columns.values())})
    reader = open_source(kept, encoding=spec.encoding, sheet=spec.sheet, known_names=names)
    fields = match_columns(spec.table, reader.header, spec.columns).fields
    for batch in reader.batches():
        texts = {name: clean_array(as_string(batch.columns[at])).to_pylist() for name, at in fields.items()}
        for at, number in enumerate(batch.rows.tolist()):
            yield number, {name: values[at] for name, values in texts.items()}
