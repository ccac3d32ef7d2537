"""How much may be attached, as data.

Rule (规范附件内容, S1-13): kinds and sizes of what is handed in are settled once, for all matters.

Invariant: the limits are read in one place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml


@dataclass(frozen=True, slots=True)
class Limits:
    """What ``data/limits.yaml`` says."""

    size: int
    files: int
    pixels: int
    unpacked: int
    parts: int
    ratio: int
    name: int
    scan_seconds: int
    orphan_days: int
    removed_days: int
    allowed: str


@cache
def limits() -> Limits:
    """Return the limits."""
    return Limits(**yaml.safe_load(resources.files(__package__).joinpath("data", "limits.yaml").read_text("utf-8")))
