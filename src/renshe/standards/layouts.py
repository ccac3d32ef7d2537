"""Layouts of the tables in which pension data are exchanged.

Source: GB/T 40217 (基本养老保险数据交换), tables 1 to 4: which codes they have, in which order.

Invariant: a code stands once in a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import yaml


@dataclass(frozen=True, slots=True)
class TableLayout:
    """One table: its number (表1), its name, and the codes of its columns in their order."""

    number: str
    name: str
    codes: tuple[str, ...]


@lru_cache(maxsize=1)
def table_layouts() -> Mapping[str, TableLayout]:
    """Return the tables by their numbers."""
    text = resources.files("renshe.standards").joinpath("data/gbt40217.yaml").read_text("utf-8")
    told = yaml.safe_load(text)
    return {number: TableLayout(number, one["name"], tuple(one["codes"])) for number, one in told.items()}
