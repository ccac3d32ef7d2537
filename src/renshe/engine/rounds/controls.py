"""Control totals: what the agency has published must be what the data says.

A difference is a finding of the whole table (no row), so that it stands first in the report: an experienced hand looks
at totals before anything else.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from renshe.engine.project import Control, ProjectError
from renshe.engine.rules.catalogue import Catalogue
from renshe.engine.rules.compiling import compile_expression
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.expression import ExpressionError, parse
from renshe.engine.rules.findings import SCHEMA
from renshe.engine.rules.scope import PlainScope


def check_controls(dataset: Dataset, catalogue: Catalogue, controls: Iterable[Control]) -> list[dict[str, Any]]:
    """Return every control with its actual count, inserting a finding for each that is not met."""
    results: list[dict[str, Any]] = []
    rule = next(rule for rule in catalogue.rules.values() if rule.generic == "control")
    for number, control in enumerate(controls, 1):
        actual = _count(dataset, control, number)
        results.append({"table": control.table, "where": control.where, "expected": control.count, "actual": actual})
        if actual == control.count:
            continue
        where = control.where or "全部"
        values = {
            "rule": rule.id,
            "class": rule.class_,
            "severity": rule.severity,
            "table": control.table,
            "key": "[]",
            "value": str(actual),
            "expected": str(control.count),
            "message": f"{where}：应为 {control.count} 行，实为 {actual} 行，相差 {actual - control.count} 行",
            "related": where,
            "region": dataset.region,
            "department": rule.department,
        }
        marks = ", ".join("?" for _ in SCHEMA.names)
        dataset.connection.execute(
            f"INSERT INTO findings VALUES ({marks})", [values.get(name) for name in SCHEMA.names]
        )
    return results


def _count(dataset: Dataset, control: Control, number: int) -> int:
    if control.table not in dataset.tables:
        return 0
    where = "TRUE"
    if control.where is not None:
        try:
            compiled = compile_expression(parse(control.where), PlainScope(control.table, "t", dataset.as_of))
            if compiled.kind != "bool":
                raise ExpressionError("此处应为条件（真假）", 1)
            where = compiled.text
        except ExpressionError as error:
            raise ProjectError(
                f"project.toml：第 {number} 个 [[control]] 的 where {error}；写法见 docs/rules.md"
            ) from None
    [(count,)] = dataset.connection.execute(
        f"SELECT count(*) FROM a_{control.table} t WHERE t._system_kind = 'business' AND {where}"
    ).fetchall()
    return int(count)
