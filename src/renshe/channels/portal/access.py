"""How long, how often, how many: the numbers by which the portal lets people in.

Invariant: they are read in one place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml


@dataclass(frozen=True, slots=True)
class Access:
    """What ``data/access.yaml`` says."""

    failures: int
    address_failures: int
    lock_minutes: int
    idle_minutes: int
    session_hours: int
    sessions: int
    code_days: int


@cache
def access() -> Access:
    """Return the numbers."""
    return Access(**yaml.safe_load(resources.files(__package__).joinpath("data", "access.yaml").read_text("utf-8")))
