"""What is known of the sources that rules run over, whichever engine holds their rows.

Invariant: a source's ordinal (``_src``) is its place among all sources; nothing here looks at a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from renshe.engine.rules.catalogue import Relation
from renshe.engine.rules.dialects import Dialect
from renshe.engine.schema import columns, system_kind
from renshe.policy.parameters import ParameterBook
from renshe.standards.codes import code_list
from renshe.standards.dictionary import dictionary

# What rows of a data set have besides the columns of staged rows.
DATASET_COLUMNS = ("rid", "_src", "_sys", "_system_kind")


@dataclass(frozen=True, slots=True)
class StagedSource:
    """One staged source: where its rows are and what is known of them.

    ``present`` are the fields that the file has a column for, ``untyped`` counts values that stayed text in ``raw``.
    ``patch`` holds the rows that decisions put in the place of those with the same ``source_row``.
    ``spoken`` maps fields to the field code by which their codes were read: facts depend on it. ``strange`` are the
    fields with values that their code list does not know; None where nobody has looked.
    """

    table: str
    system: str
    source_file: str
    data: Path | pa.Table
    rows: int
    present: frozenset[str]
    untyped: Mapping[str, int] = field(default_factory=dict)
    patch: Path | None = None
    spoken: Mapping[str, str] = field(default_factory=dict)
    strange: frozenset[str] | None = None

    def bounds(self, name: str) -> Iterator[tuple[int, int]]:
        """Yield values between which those of the column ``name`` lie, part by part: no row is read for it."""
        for data in (self.data, self.patch):
            if isinstance(data, Path):
                yield from _stored_bounds(data, name)
            elif data is not None and data[name].null_count < len(data):
                span = pc.min_max(data[name]).as_py()
                yield span["min"], span["max"]


def _stored_bounds(file: Path, name: str) -> Iterator[tuple[int, int]]:
    """Yield the least and the greatest value of a column in each part of a Parquet file, as its footer tells them."""
    footer = pq.read_metadata(file)
    column = footer.schema.names.index(name)
    for part in range(footer.num_row_groups):
        told = footer.row_group(part).column(column).statistics
        if told is not None and told.has_min_max:
            yield told.min, told.max


class Holdings:
    """The sources of one data set, the date and region by which they are judged, and the parameters in force."""

    def __init__(self, sources: Sequence[StagedSource], *, as_of: date, region: str, parameters: ParameterBook) -> None:
        self.as_of = as_of
        self.region = region
        self.parameters = parameters
        self.sources = list(sources)
        self.system_numbers = {name: at for at, name in enumerate(sorted({s.system for s in self.sources}))}
        self._of: dict[str, list[tuple[int, StagedSource]]] = {}
        for at, source in enumerate(self.sources):
            self._of.setdefault(source.table, []).append((at, source))
        self._business = frozenset(s.system for s in self.sources if system_kind(s.system) == "business")
        self.tables = [name for name in dictionary() if name in self._of]

    def of(self, table: str) -> list[tuple[int, StagedSource]]:
        """Return the sources of ``table`` with their ordinal (``_src``)."""
        return self._of.get(table, [])

    def loaded(self, table: str) -> int:
        """Return how many rows of ``table`` were loaded, of all systems."""
        return sum(source.rows for _, source in self.of(table))

    def systems(self, table: str, kind: str | None = None) -> set[str]:
        """Return the systems that have ``table``, of one kind where given."""
        return {s.system for _, s in self.of(table) if kind is None or system_kind(s.system) == kind}

    def business_systems(self) -> frozenset[str]:
        """Return every business system of the data set."""
        return self._business

    def rows(self, table: str, *, kind: str = "business") -> int:
        """Return how many rows of ``table`` were loaded from systems of ``kind``."""
        return sum(s.rows for _, s in self.of(table) if system_kind(s.system) == kind)

    def related_systems(self, relation: Relation) -> set[str] | None:
        """Return the systems whose rows ``relation`` can judge; None where it is any."""
        having = self.systems(relation.table)
        if relation.system is None:
            return having
        business = self.systems(relation.table, "business")
        if relation.system == "*":
            return None if business else set()
        if relation.system == "other":
            return {s for s in self.business_systems() if business - {s}}
        return None if relation.system in having else set()

    def sources_where(self, table: str, ordinals: Iterable[int]) -> str:
        """SQL that is true for rows of the given sources of ``table``; TRUE or FALSE where that is all or none."""
        chosen = sorted(ordinals)
        if len(chosen) == len(self.of(table)):
            return "TRUE"
        if not chosen:
            return "FALSE"
        return "(" + " OR ".join(f"t._src BETWEEN {low} AND {high}" for low, high in _runs(chosen)) + ")"

    def with_field(self, table: str, name: str) -> list[int]:
        """Return the ordinals of the sources of ``table`` that have a column for the field ``name``."""
        return [at for at, source in self.of(table) if name in source.present]

    def has_field(self, table: str, name: str, systems: Iterable[str] | None = None) -> bool:
        """Whether any source of ``table`` (of ``systems``) has a column for the field; facts always count as there."""
        if name.startswith("_") or name == "system":
            return True
        wanted = set(systems) if systems is not None else None
        return any(name in s.present and (wanted is None or s.system in wanted) for _, s in self.of(table))

    def untyped(self, table: str, name: str) -> int:
        """Return how many values of the field stayed text."""
        return sum(source.untyped.get(name, 0) for _, source in self.of(table))


def judged_condition(table: str, judge: str | None, dialect: Dialect, *, all_known: bool = False) -> str:
    """Return SQL true for the rows of ``table`` that rules judge: of ``judge``, or of business systems.

    A row with an insurance that the code list does not know is reported as such and judged no further; where staging
    met none (``all_known``), no row is asked.
    """
    condition = f"system = {dialect.quote(judge)}" if judge else "_system_kind = 'business'"
    if "insurance" in columns(table) and not all_known:
        known = dialect.one_of("insurance", [dialect.quote(value) for value in code_list("insurance").values])
        condition += f" AND (insurance IS NULL OR {known})"
    return condition


def _runs(ordinals: Sequence[int]) -> list[tuple[int, int]]:
    """Return ascending ``ordinals`` as stretches from first to last."""
    runs: list[tuple[int, int]] = []
    for at in ordinals:
        if runs and runs[-1][1] == at - 1:
            runs[-1] = (runs[-1][0], at)
        else:
            runs.append((at, at))
    return runs
