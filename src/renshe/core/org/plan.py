"""What a bureau begins with, as it is written down; it is read and checked without a database."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A region: its ``code``, and that of the one above (None: of the highest)."""

    code: str
    name: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Office:
    """An agency: its ``number``, ``kind`` (``AgencyKind``), the code of its ``region``, the number of the one above."""

    number: str
    name: str
    kind: str
    region: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Duty:
    """A post of every agency: its ``group``, and the kind of ``department`` in which it is, where it is in one."""

    code: str
    name: str
    group: str
    department: str | None = None


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody of the agency numbered ``agency`` who holds the ``posts`` (codes); ``until``: temporary, up to that
    day; of ``id_number`` a digest is kept."""

    number: str
    name: str
    agency: str
    posts: tuple[str, ...]
    department: str | None = None
    until: dt.date | None = None
    id_number: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a bureau begins with. ``regions``: those above first; ``networks``: CIDR, name and code of the region."""

    regions: tuple[Place, ...]
    agencies: tuple[Office, ...]
    posts: tuple[Duty, ...]
    people: tuple[Worker, ...]
    networks: tuple[tuple[str, str, str], ...]
