"""The project folder around the files: ``project.toml``, the table ``parameter``, ``truth.parquet``.

Invariant: what ``project.toml`` says of a file comes from the data that wrote the file; control totals are counted
from the rows written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from renshe.engine.simulate.model import NULL, Rows, data
from renshe.engine.simulate.systems import System, Truth
from renshe.engine.simulate.world import World
from renshe.standards import dictionary
from renshe.standards.codes import code_list


@dataclass(slots=True)
class Controls:
    """Totals that the agency published, counted from the rows as they are written."""

    found: dict[tuple[str, str], int] = field(default_factory=dict)

    def count(self, rows: Rows) -> None:
        """Add rows of a business system; voided ones do not count."""
        if rows.table not in ("enrolment", "benefit"):
            return
        good = rows["status"] == 1
        if "valid" in rows.columns:
            good = good & (rows["valid"] == 1)
        if rows.gone is not None:
            good = good & ~rows.gone
        for insurance in np.unique(rows["insurance"][good]):
            if insurance != NULL:
                key = (rows.table, str(insurance))
                self.found[key] = self.found.get(key, 0) + int((good & (rows["insurance"] == insurance)).sum())

    def totals(self) -> list[tuple[str, str, int]]:
        """Table, condition and count of each."""
        return [
            (table, f"insurance = '{insurance}' and status = '1'", n)
            for (table, insurance), n in sorted(self.found.items())
        ]


def write_parameters(root: Path, region: str) -> str:
    """Write the project's own parameters as CSV and return its path in the project."""
    lines = ["name,region,insurance,person_kind,start_month,value"]
    parameters = data("parameters")
    for limit in parameters["limits"]:
        for insurance in parameters["insured"]:
            lines += [
                f"base_{side},{region},{insurance},,{limit['from']},{limit[side]}" for side in ("floor", "ceiling")
            ]
    for rate in parameters["rates"]:
        for side in ("unit", "person"):
            share = f"{rate[side] / 10_000:.4f}"
            kind = "" if rate["kind"] == "unit" else rate["kind"]
            lines.append(f"{side}_rate,{region},{rate['insurance']},{kind},{rate['from']},{share}")
    lowest = parameters["resident_minimum"]
    lines.append(f"resident_min_pension,{region},170,,{lowest['from']},{lowest['value']}")
    path = "policy/parameter.csv"
    (root / "policy").mkdir(parents=True, exist_ok=True)
    (root / path).write_text("\r\n".join(lines) + "\r\n", "utf-8")
    return path


def write_truth(root: Path, truth: Truth) -> int:
    """Write ``truth.parquet`` and ``rejects_truth.parquet``; return the number of wrong rows."""
    table = truth.table()
    pq.write_table(table, root / "truth.parquet")
    rejects = truth.rejects
    columns = {
        "source_file": pa.array([file for file, _, _ in rejects], pa.string()),
        "source_row": pa.array([row for _, row, _ in rejects], pa.int64()),
        "kind": pa.array([kind for _, _, kind in rejects], pa.string()),
    }
    pq.write_table(pa.table(columns), root / "rejects_truth.parquet")
    return int(table.num_rows)


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def project_toml(world: World, systems: list[System], parameter: str, controls: list[tuple[str, str, int]]) -> str:
    """The text of ``project.toml``."""
    place = data("places")["prefecture"]["name"]
    lines = [
        "[project]",
        f'name   = "{place}社会保险数据整理（模拟）"',
        f'region = "{world.region}"',
        f"as_of  = {world.as_of.isoformat()}",
        "",
    ]
    for system in systems:
        for table, files in system.files().items():
            lines += _source(system, table, files)
    lines += ["[[source]]", 'system = "pension"', 'table  = "parameter"', f"file   = {_quote(parameter)}", ""]
    for table, where, count in controls:
        lines += ["[[control]]", f"table = {_quote(table)}", f"where = {_quote(where)}", f"count = {count}", ""]
    return "\n".join(lines)


def _source(system: System, table: str, files: list[str]) -> list[str]:
    spec = system.spec["tables"][table]
    shown = _quote(files[0]) if len(files) == 1 else "[" + ", ".join(_quote(f) for f in files) + "]"
    lines = ["[[source]]", f"system = {_quote(system.name)}", f"table  = {_quote(table)}", f"file   = {shown}"]
    present = {column[0]: column[1] for column in spec["columns"]}
    named = present if spec.get("map") == "all" else spec.get("map", [])
    if named:
        lines += [
            "[source.columns]",
            *(f"{name} = {_quote(header)}" for name, header in present.items() if name in named),
        ]
    for name, codes in system.codes.items():
        listed = dictionary.table(table).field(name).codes if name in present else None
        # A name such as ``kind`` has another list in each table.
        known = {code: own for code, own in codes.items() if listed and code_list(listed).known(code)}
        if known:
            lines += [f"[source.codes.{name}]", *(f"{_quote(own)} = {_quote(code)}" for code, own in known.items())]
    return [*lines, ""]
