"""The standard tables of a round: staged rows as they are, with those in place that decisions put there.

Nothing of them depends on what rules find, so they are written beside, by a thread of their own. Texts keep the
dictionaries of the staged files from reading to writing: no value is looked up anew.

Invariant: a table holds every row that was loaded, once; its columns are the fields and where the row came from.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from renshe.engine.rounds.second import Second
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.holdings import StagedSource
from renshe.engine.schema import PLACE, columns
from renshe.standards.dictionary import table

_TEXT = pa.dictionary(pa.int32(), pa.string())


def round_columns(name: str) -> list[str]:
    """Return the columns of a round's table: the fields and where the row came from, without facts."""
    return [*table(name).names, *PLACE]


@contextmanager
def tables_beside(dataset: Dataset, second: Second | None, target: Path) -> Iterator[Callable[[], None]]:
    """Write the tables of ``dataset`` into ``target`` while the block runs; yield what waits until they are there."""
    target.mkdir()
    with ThreadPoolExecutor(1) as pool:
        futures = [pool.submit(_write, dataset, second, name, target) for name in dataset.tables]

        def wait() -> None:
            for future in futures:
                future.result()

        try:
            yield wait
        finally:
            pool.shutdown(cancel_futures=True)


def _write(dataset: Dataset, second: Second | None, name: str, target: Path) -> None:
    file = target / f"{name}.parquet"
    if second is not None and second.is_same(name):
        shutil.copyfile(second.folder / "tables" / file.name, file)
    else:
        write_table(name, [source for _, source in dataset.of(name)], file)


def write_table(name: str, sources: Sequence[StagedSource], target: Path) -> None:
    """Write the rows of ``sources`` as the table ``name`` to the Parquet file ``target``."""
    kinds = columns(name)
    texts = [column for column in round_columns(name) if pa.types.is_string(kinds[column])]
    schema = pa.schema([(column, _TEXT if column in texts else kinds[column]) for column in round_columns(name)])
    with pq.ParquetWriter(
        target,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=texts,
        store_decimal_as_integer=True,
        # Whoever reads the file is to find texts, not their dictionaries.
        store_schema=False,
    ) as writer:
        for source in sources:
            for rows in _rows(source, schema.names, texts):
                writer.write_table(rows.cast(schema))


def _rows(source: StagedSource, names: list[str], texts: list[str]) -> Iterator[pa.Table]:
    assert isinstance(source.data, Path)
    patch = None if source.patch is None else pq.read_table(source.patch, columns=names, read_dictionary=texts)
    with pq.ParquetFile(source.data, read_dictionary=texts) as file:
        for part in range(file.num_row_groups):
            rows = file.read_row_group(part, columns=names, use_threads=False)
            if patch is not None:
                rows = rows.filter(pc.invert(pc.is_in(rows["source_row"], patch["source_row"].combine_chunks())))
            yield rows
    if patch is not None:
        yield patch
