"""Rows given as values, staged as if they had come from a source.

Invariant: types and facts are those of a source's rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from renshe.engine.rules.catalogue import CatalogueError
from renshe.engine.schema import columns, facts
from renshe.engine.staging.facts import compute_facts, derive
from renshe.standards.dictionary import table


def stage_rows(name: str, system: str, file: str, items: list[Mapping[str, Any]], as_of: date) -> pa.Table:
    """Return typed rows (mappings of field to value) as a staged table, facts and all; row numbers count from 1."""
    known = columns(name)
    for item in items:
        strange = set(item) - set(known) - {"raw"}
        if strange:
            raise CatalogueError(f"示例中的 {'、'.join(sorted(strange))} 不是表 {name} 的字段")
    found = {
        field.name: pa.array([_value(known[field.name], item.get(field.name)) for item in items], known[field.name])
        for field in table(name).fields
    }
    derive(name, found)
    found |= {
        "system": pa.array([system] * len(items), pa.string()),
        "source_file": pa.array([file] * len(items), pa.string()),
        "source_row": pa.array(range(1, len(items) + 1), pa.int64()),
        "raw": pa.array([list(item["raw"].items()) if "raw" in item else None for item in items], known["raw"]),
    }
    if facts(name):
        found |= compute_facts(name, found, as_of)
    return pa.table([found[column] for column in known], schema=pa.schema(list(known.items())))


def _value(kind: pa.DataType, value: Any) -> Any:
    if value is None:
        return None
    if pa.types.is_decimal(kind):
        return Decimal(str(value)).quantize(Decimal("0.01"))
    if pa.types.is_string(kind):
        return str(value)
    if pa.types.is_date(kind) and isinstance(value, str):
        return date.fromisoformat(value)
    return value
