"""Limits of the register, as ``limits.yaml`` has them.

Invariant: no limit stands in a program.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import yaml


@cache
def limit(name: str) -> int:
    """Return the limit called ``name``, in days; KeyError where there is none."""
    told = yaml.safe_load(resources.files(__package__).joinpath("limits.yaml").read_text("utf-8"))
    return int(told[name])
