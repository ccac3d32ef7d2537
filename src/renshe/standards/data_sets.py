"""The data sets that a bureau keeps, and how grave their loss or leak would be.

Rule (S0-50 制定数据风险级别、层次; 002 七 (二)): each data set has a level of risk; the level says in how many days it
is backed up at the latest, and posts of which groups may take it out or change it.

The catalogue of them is shared (S4-16 标准统一、网络互连、资源共享).

Invariant: a level asks for a backup within five days; every table of the data dictionary is in exactly one data set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

ALL = "all"
"""What a backup of everything is of."""


@dataclass(frozen=True, slots=True)
class Level:
    """How grave it would be: days between backups at most; groups of posts that may ``export`` and ``change``."""

    code: str
    label: str
    backup_days: int
    export: frozenset[str]
    change: frozenset[str]


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set. ``owner``: the kind of the department that keeps it; ``protection``: its class in 002 (A file, B
    account, C benefit); ``operations``: how the names of operations on it begin."""

    code: str
    label: str
    owner: str
    owner_label: str
    level: Level
    protection: str
    tables: tuple[str, ...]
    operations: tuple[str, ...]


@lru_cache(maxsize=1)
def data_sets() -> Mapping[str, DataSet]:
    """Return all data sets by code."""
    told: dict[str, Any] = yaml.safe_load(
        resources.files("renshe.standards").joinpath("data", "data_sets.yaml").read_text("utf-8")
    )
    levels = {
        code: Level(code, one["label"], one["backup_days"], frozenset(one["export"]), frozenset(one["change"]))
        for code, one in told["levels"].items()
    }
    return {
        one["code"]: DataSet(
            one["code"],
            one["label"],
            one["owner"],
            told["owners"][one["owner"]],
            levels[one["level"]],
            one.get("protection", ""),
            tuple(one.get("tables", ())),
            tuple(one["operations"]),
        )
        for one in told["data_sets"]
    }
