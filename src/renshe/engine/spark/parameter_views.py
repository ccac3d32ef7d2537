"""Parameters as small tables of stretches of months, sent to every place where rows are judged.

Invariant: a row meets at most one line of a table, and a value is null exactly where the law gives none.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from renshe.engine.rules.parameter_joins import Shape, Value, asked, names_asked, stretches, whose
from renshe.engine.rules.scope import Uses, parameter_column
from renshe.engine.rules.typed import PARAMETER
from renshe.engine.spark.worlds import World, Worlds, register
from renshe.standards.periods import add_months

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from renshe.engine.rules.catalogue import Catalogue

_Whose = tuple[int, str, str]


class ParameterViews:
    """Registers the values that expressions ask for and writes the joins that use them."""

    def __init__(self, session: SparkSession, worlds: Worlds, catalogue: Catalogue, folder: Path) -> None:
        self.session = session
        self.worlds = worlds
        self.catalogue = catalogue
        self.folder = folder
        self.built = 0

    def clauses(self, uses: Uses, table: str) -> list[str]:
        """Return one LEFT JOIN per month that ``uses`` asks for, on rows of ``table`` (alias ``t``)."""
        parts = []
        for at, (month, shape, wanted) in enumerate(asked(uses)):
            conditions = [
                f"p{at}.world = t._world",
                # A year (yyyy00) and a month 13 lie inside a stretch and are no months.
                f"{month} BETWEEN p{at}.first AND p{at}.last AND {month} % 100 BETWEEN 1 AND 12",
                *whose(shape, table, f"p{at}"),
            ]
            parts.append(f"LEFT JOIN {self._table(shape, wanted)} p{at} ON {' AND '.join(conditions)}")
        return parts

    def _table(self, shape: Shape, wanted: frozenset[Value]) -> str:
        name = f"parameters_{self.built}"
        self.built += 1
        values = sorted(wanted, key=str)
        lines = [line for at, world in enumerate(self.worlds.worlds) for line in self._lines(at, world, shape, values)]
        fields: dict[str, pa.Array] = {
            "world": pa.array([whom[0] for whom, _, _, _ in lines], pa.int32()),
            "insurance": pa.array([whom[1] for whom, _, _, _ in lines], pa.string()),
            "kind": pa.array([whom[2] for whom, _, _, _ in lines], pa.string()),
            "first": pa.array([first for _, first, _, _ in lines], pa.int32()),
            "last": pa.array([last for _, _, last, _ in lines], pa.int32()),
        }
        for value in values:
            fields[parameter_column(*value)] = pa.array([line.get(value) for _, _, _, line in lines], PARAMETER)
        register(self.session, name, pa.table(fields))
        return name

    def _lines(
        self, at: int, world: World, shape: Shape, values: list[Value]
    ) -> Iterator[tuple[_Whose, int, int, dict[Value, Decimal]]]:
        """Yield the stretches of one world over which none of ``values`` changes."""
        judging = [rule for name, rule in self.catalogue.rules.items() if world.rules is None or name in world.rules]
        names = names_asked(judging)
        pieces: dict[_Whose, list[tuple[int, int, Value, Decimal]]] = {}
        for value in values:
            for part in stretches(world.holdings, shape, value) if value[0] in names else ():
                whom = (at, part.insurance, part.person_kind)
                pieces.setdefault(whom, []).append((part.start_month, part.end_month, value, part.value))
        for whom, held in pieces.items():
            cuts = sorted({start for start, _, _, _ in held} | {add_months(end, 1) for _, end, _, _ in held})
            for first, after in pairwise(cuts):
                line = {value: amount for start, end, value, amount in held if start <= first <= end}
                if line:
                    yield whom, first, add_months(after, -1), line
