"""Reading the law's files: every number of this package stands in ``data/``, dated and with its document.

Source: the documents that the files themselves name (文号). A formula module asks here for the figures that were in
force in a month and computes with nothing else.

Invariant: a decimal figure never passes through binary floating point on its way from the file to a formula.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from renshe.policy.rounding import decimal_of


class _LawLoader(yaml.CSafeLoader):
    """Safe YAML whose fractional numbers are Decimal: 0.08 means exactly eight hundredths."""


def _exact(_loader: _LawLoader, node: yaml.ScalarNode) -> Decimal:
    return decimal_of(node.value)


_LawLoader.add_constructor("tag:yaml.org,2002:float", _exact)


def data_folder() -> Traversable:
    """Return the folder that holds the law's files (``law/`` for formulas, ``parameters/`` for dated parameters)."""
    return resources.files("renshe.policy").joinpath("data")


def read_yaml(file: Traversable) -> Any:
    """Return the content of one file of the law, fractional numbers as Decimal; errors of YAML pass through."""
    return yaml.load(file.read_text("utf-8"), Loader=_LawLoader)


@cache
def law(name: str) -> Any:
    """Return the content of ``data/law/<name>.yaml``, read once; callers must not change it."""
    return read_yaml(data_folder().joinpath("law", f"{name}.yaml"))


def in_force(versions: Sequence[Mapping[str, Any]], month: int | None = None) -> Mapping[str, Any]:
    """Return the version of a law that was in force in ``month`` (yyyymm), the newest one without a month.

    ``versions`` carry ``start_month``, ascending. ValueError when the month lies before the first of them: what was
    law then is not known here, and the first version must not be applied backwards.
    """
    if month is None:
        return versions[-1]
    known = [version for version in versions if version["start_month"] <= month]
    if not known:
        raise ValueError(f"no version in force in {month}: the first known one starts in {versions[0]['start_month']}")
    return known[-1]
