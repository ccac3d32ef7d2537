"""The rows that a template is handed out with: those of one table and system in a finished round.

Rules: 数据的修正和补采; 将数据装入模板表格. What was verified stands in the template already; the clerks complete what
is missing and mend what is wrong. A value that could not be typed stands there as it was written, so that it is seen.

Invariant: every row of the table in that system is handed out once, in the order of the sources, under a key that says
where it came from.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from renshe.engine.project import ProjectError
from renshe.engine.schema import system_kind
from renshe.engine.staging.form import choice, row_key
from renshe.engine.templates.writing import Row
from renshe.standards.codes import code_list
from renshe.standards.dictionary import Field, table

_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class Published:
    """The rows of a table in one system, in the order of their sources."""

    table: str
    system: str
    data: pa.Table

    @property
    def count(self) -> int:
        """How many rows there are."""
        return int(self.data.num_rows)

    def rows(self) -> Iterator[Row]:
        """Yield key and values of each row."""
        fields = table(self.table).fields
        shown = {field.codes: _shown(field) for field in fields if field.codes is not None}
        ordinal = 0
        for batch in self.data.to_batches(max_chunksize=_BATCH):
            for row in batch.to_pylist():
                ordinal += 1
                raw = dict(row["raw"] or ())
                values = [
                    raw.get(field.name)
                    if row[field.name] is None
                    else shown[field.codes].get(row[field.name], row[field.name])
                    if field.codes is not None
                    else row[field.name]
                    for field in fields
                ]
                yield row_key(ordinal, [row["system"], row["source_file"], row["source_row"]]), values


def _shown(field: Field) -> dict[str, str]:
    assert field.codes is not None
    return {code.value: choice(code.value, code.label) for code in code_list(field.codes).values.values()}


def published(folder: Path, name: str, system: str | None) -> Published:
    """Return the rows of table ``name`` in the round ``folder``; ProjectError where there are none or it is not clear.

    Without ``system`` it is the only business system that has the table.
    """
    file = folder / "tables" / f"{name}.parquet"
    if not file.is_file():
        raise ProjectError(
            f"第 {int(folder.name)} 轮没有表 {name}（{table(name).label}）的数据；可不加 --rows，取空白模板"
        )
    systems = pq.read_table(file, columns=["system"])["system"].unique().to_pylist()
    chosen = _system(name, sorted(systems), system)
    data = pq.read_table(file, filters=[("system", "=", chosen)])
    return Published(name, chosen, data.take(_in_source_order(folder, data)))


def _system(name: str, systems: list[str], wanted: str | None) -> str:
    if wanted is not None:
        if wanted not in systems:
            raise ProjectError(
                f"--system {wanted}：最近一轮的表 {name} 没有这个系统的数据；可用的有 {'、'.join(systems)}"
            )
        return wanted
    business = [one for one in systems if system_kind(one) == "business"]
    if len(business) != 1:
        raise ProjectError(
            f"表 {name} 有 {len(business)} 个业务系统的数据（{'、'.join(business or systems)}）；"
            "请用 --system 写明取哪一个系统的"
        )
    return business[0]


def _in_source_order(folder: Path, data: pa.Table) -> pa.Array:
    """Return the places of the rows in the order of the project's sources and of the rows in them."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    files = pa.array(list(dict.fromkeys(source["file"] for source in manifest["sources"])), pa.string())
    place = pc.index_in(data["source_file"].combine_chunks(), value_set=files)
    order = np.lexsort((data["source_row"].to_numpy(), place.fill_null(len(files)).to_numpy(zero_copy_only=False)))
    return pa.array(order)
