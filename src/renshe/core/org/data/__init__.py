"""What is the same in every bureau, as data; it is read without a database."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml


@cache
def settled(name: str) -> Any:
    """Return what stands in ``<name>.yaml``."""
    return yaml.safe_load(resources.files(__package__).joinpath(f"{name}.yaml").read_text("utf-8"))
