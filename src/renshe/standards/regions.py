"""Administrative regions: which six-digit code named which region in which year (GB/T 2260).

A person keeps the code of the place where the number was given, and old records keep the code of their year, so a code
that has been abolished is known for ever and carries the years in which it was in use. The file ``data/regions.csv``
covers every yearly list since 1980 and the changes up to 2026; ``tools/build_regions.py`` tells its sources. 810000,
820000 and 830000 are also the address codes of residence permits for residents of Hong Kong, Macao and Taiwan
(国办发〔2018〕81号).

Invariants: a code names at most one region that is in use today; in the year of a change the old and the new code are
both in use. Longer codes of townships and villages (9 or 12 digits, GB/T 10114) are looked up by their first six.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

_NATION = ""


@dataclass(frozen=True, slots=True)
class Region:
    """One name of one code: in use from ``from_year`` (None: before 1980) to ``to_year`` (None: today), both included.

    ``level`` is ``province``, ``prefecture`` or ``county``, as the form of the code tells.
    """

    code: str
    name: str
    level: str
    from_year: int | None
    to_year: int | None

    def in_use(self, year: int) -> bool:
        """Whether the code bore this name in at least a part of ``year``."""
        return (self.from_year is None or self.from_year <= year) and (self.to_year is None or year <= self.to_year)


@lru_cache(maxsize=1)
def _regions() -> dict[str, tuple[Region, ...]]:
    """Every code with its names, the oldest first. Read once, when first asked for."""
    names: dict[str, list[Region]] = {}
    text = resources.files("renshe.standards").joinpath("data/regions.csv").read_text(encoding="utf-8")
    for code, name, level, start, end in list(csv.reader(text.splitlines()))[1:]:
        found = Region(code, name, level, int(start) if start else None, int(end) if end else None)
        names.setdefault(code, []).append(found)
    return {code: tuple(found) for code, found in names.items()}


@lru_cache(maxsize=1)
def known_codes() -> frozenset[str]:
    """Every six-digit code that was in use at any time since 1980, the abolished ones included."""
    return frozenset(_regions())


def names_of(code: str) -> tuple[Region, ...]:
    """Every name that ``code`` (6, 9 or 12 digits) has had, the oldest first; none for a code that never was."""
    return _regions().get(_six(code), ())


def region(code: str, year: int | None = None) -> Region | None:
    """The region that ``code`` (6, 9 or 12 digits) named in ``year``; None where it named none.

    Without a year, the region that it names today or named last. In the year of a renaming the new name is given.
    """
    return next((found for found in reversed(names_of(code)) if year is None or found.in_use(year)), None)


def is_known_region(code: str, year: int | None = None) -> bool:
    """Whether ``code`` (6, 9 or 12 digits) was in use in ``year``; without a year, at any time since 1980."""
    return region(code, year) is not None


def region_name(code: str, year: int | None = None) -> str | None:
    """The name, without those above it, of the region that ``code`` named in ``year`` (see ``region``), or None."""
    found = region(code, year)
    return found.name if found else None


def parent(code: str) -> str:
    """The code above ``code`` by the form of the codes: village and township, county, city, province, "" (the nation).

    ``code`` has 6, 9 or 12 digits and need not be listed. ValueError for "" and for what is not a region code.
    """
    _refuse_if_no_code(code)
    if len(code) > 6:
        return code[:6]
    if not code.endswith("00"):
        return code[:4] + "00"
    return _NATION if code.endswith("0000") else code[:2] + "0000"


def lineage(code: str) -> tuple[str, ...]:
    """``code`` and every code above it: ``220802`` gives ``("220802", "220800", "220000", "")``, "" gives ``("",)``.

    A value set for a region holds for all below it, so look for a value in this order. ValueError as in ``parent``.
    """
    return (code,) if code == _NATION else (code, *lineage(parent(code)))


def _six(code: str) -> str:
    return code[:6] if len(code) in (9, 12) else code


def _refuse_if_no_code(code: str) -> None:
    if len(code) not in (6, 9, 12) or not (code.isascii() and code.isdigit()):
        raise ValueError(f"行政区划代码“{code}”不正确：应为6位、9位或12位数字，例如 220802")
