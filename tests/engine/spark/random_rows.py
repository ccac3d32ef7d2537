"""Rows that no agency has and every engine must read alike: nulls, zeros, negatives, huge amounts, odd Unicode."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq

from renshe.engine.rules.holdings import StagedSource
from renshe.engine.rules.stage_rows import stage_rows
from renshe.standards.codes import code_list
from renshe.standards.dictionary import TABLES, Field, table

BUSINESS = ("pension", "medical")
COMPARED = ("backup", "police", "civil", "market", "tax", "cremation", "prison")
# A supplementary character, a combining mark, what JSON and SQL escape, controls, a line end, blanks, nothing.
ODD = (
    "𠀀𪛖",
    "e\u0301é",
    "a\"b'c\\d/e",
    "\u0001\u001f\u007f\b\f\t",
    "甲\n",
    "\u2028\u00a0",
    " ",
    "",
    "%_$1{}",
    "ﷺ\ufeff",
)
KEYS = ("1", "2", "3", "4", "甲", "a\"b'\\", "𠀀\u0301", "5\n")
IDS = (
    "11010519491231002X",
    "220802198503120172",
    "110105491231002",
    "220802000229002",
    "WXJ1",
    "11010519491231002x",
    "0",
)
MONTHS = (202101, 202012, 202105, 202106, 198001, 202100, 202113, 200601, 0, -202101, 999912, 2**31 - 1, -(2**31))
WHOLE = (0, 1, -1, 12, 2021, 2020, 2**31 - 1, -(2**31))
MONEY = ("0.00", "-0.01", "0.01", "3000.00", "4000.50", "9999999999999999.99", "-9999999999999999.99", "240.00", "0.10")
RATES = ("0.08", "0.16", "0", "-0.5", "999.999999", "0.2")
DAYS = ("1949-12-31", "1985-03-12", "2021-05-31", "2021-06-01", "0001-01-01", "9999-12-31", "2000-02-29", "1582-10-10")


def random_sources(seed: int, as_of: date, folder: Path) -> list[StagedSource]:
    """Sources of every table in several systems; those of persons are files, one of them with replaced rows."""
    random = Random(seed)
    folder.mkdir(parents=True)
    sources = [_source(name, system, random, as_of) for name in TABLES for system in (*BUSINESS, *COMPARED)]
    return [_on_disk(source, random, as_of, folder) if source.table == "person" else source for source in sources]


def _source(name: str, system: str, random: Random, as_of: date) -> StagedSource:
    rows = [random_row(name, random) for _ in range(40 if system in BUSINESS else 10)]
    untyped: dict[str, int] = {}
    for row in rows:
        if random.random() < 0.2:
            field = random.choice(table(name).fields).name
            row |= {field: None, "raw": {field: random.choice(ODD)}}
            untyped[field] = untyped.get(field, 0) + 1
    file = f"{system}/{name}.csv"
    present = frozenset(table(name).names)
    return StagedSource(name, system, file, stage_rows(name, system, file, rows, as_of), len(rows), present, untyped)


def _on_disk(source: StagedSource, random: Random, as_of: date, folder: Path) -> StagedSource:
    rows, patch = folder / f"{source.system}.parquet", None
    pq.write_table(source.data, rows)
    if source.system == "pension":
        patch = folder / "patch.parquet"
        changed = [random_row("person", random) for _ in range(5)]
        pq.write_table(stage_rows("person", source.system, source.source_file, changed, as_of), patch)
    return StagedSource(
        "person", source.system, source.source_file, rows, source.rows, source.present, source.untyped, patch
    )


def random_row(name: str, random: Random, odd: float = 0.1) -> dict[str, Any]:
    """A row whose every value is one of a few, so that keys meet; some are missing, a share of ``odd`` is odd."""
    return {
        field.name: None if random.random() < 0.15 else _value(field, random, random.random() < odd)
        for field in table(name).fields
    }


def _value(field: Field, random: Random, odd: bool) -> Any:
    match field.type:
        case "code":
            return "¿𠀀" if odd else random.choice([*code_list(str(field.codes)).values][:6])
        case "month":
            return random.choice(MONTHS if odd else MONTHS[:6])
        case "year" | "int":
            return random.choice(WHOLE if odd else WHOLE[3:6])
        case "money":
            return Decimal(random.choice(MONEY))
        case "rate":
            return random.choice(RATES)
        case "date":
            return date.fromisoformat(random.choice(DAYS if odd else DAYS[:4]))
    if field.name in ("valid", "hold"):
        return random.choice(("0", "1", "1", "1"))
    if field.name == "id_number":
        return random.choice(IDS)
    if field.name.endswith("_no"):
        return random.choice(KEYS)
    return random.choice(ODD if odd else ("张三", "李四", "测试", "张·三", "abc", "13812345678"))
