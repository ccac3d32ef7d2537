"""Countries and areas as numbers of foreigners name them: three letters or three digits (GB/T 2659.1, ISO 3166-1).

Besides the codes in force, ``data/countries.csv`` holds codes that were withdrawn and stand in old papers still
(ISO 3166-3) and the nationality codes of passports that are no country's (ICAO Doc 9303, without digits).

Invariant: letters are unique; several letter codes may share one numeric code over time.
"""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib import resources


@lru_cache(maxsize=1)
def _countries() -> tuple[tuple[str, str, str], ...]:
    text = resources.files("renshe.standards").joinpath("data/countries.csv").read_text(encoding="utf-8")
    return tuple((letters, digits, name) for letters, digits, name in list(csv.reader(text.splitlines()))[1:])


@lru_cache(maxsize=1)
def country_names() -> dict[str, str]:
    """Three capital letters -> Chinese name."""
    return {letters: name for letters, _, name in _countries()}


@lru_cache(maxsize=1)
def country_numbers() -> frozenset[str]:
    """The numeric codes, three digits each."""
    return frozenset(digits for _, digits, _ in _countries() if digits)
