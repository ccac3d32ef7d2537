"""The project folder around the files: ``project.toml``, the table ``parameter``, ``truth.parquet``.

Invariant: what ``project.toml`` says of a file comes from the data that wrote the file; control totals are counted
from the rows written.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from renshe.engine.simulate.model import data
from renshe.engine.simulate.systems import System, Truth
from renshe.engine.simulate.world import World

TRUTH = pa.schema(
    [
        ("table", pa.string()),
        ("system", pa.string()),
        ("source_file", pa.string()),
        ("source_row", pa.int64()),
        ("field", pa.string()),
        ("kind", pa.string()),
    ]
)


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
    """Write ``truth.parquet`` and return its number of rows."""
    table = pa.concat_tables([TRUTH.empty_table(), *(part.cast(TRUTH) for part in truth.parts)])
    keys = [
        ("table", "ascending"),
        ("system", "ascending"),
        ("source_file", "ascending"),
        ("source_row", "ascending"),
        ("field", "ascending"),
    ]
    pq.write_table(table.sort_by(keys), root / "truth.parquet")
    return table.num_rows


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
        if name in present:
            lines += [f"[source.codes.{name}]", *(f"{_quote(own)} = {_quote(code)}" for code, own in codes.items())]
    return [*lines, ""]
