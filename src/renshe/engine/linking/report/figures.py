"""The figures of a link run, as the page and ``figures.json`` tell them; no personal data that is not masked.

Invariant: a page is a function of these figures and of what clerks judged of a sample: it can be made again whenever
that changes, without linking.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Known:
    """One system: its records, the persons (or units) that these are, how many of these have several records there, the
    records that are too many, the most of one, and those that no other system knows."""

    system: str
    compared: bool
    records: int
    subjects: int
    twice: int
    surplus: int
    most: int
    alone: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many persons (or units) exactly these systems know, by their places in the list of systems."""

    systems: tuple[int, ...]
    subjects: int


@dataclass(frozen=True, slots=True)
class Decided:
    """Pairs of one decision on one basis: a definite rule, the weight, or clerks; of them those within one system."""

    decision: str
    basis: str
    pairs: int
    within: int


@dataclass(frozen=True, slots=True)
class Bin:
    """Pairs whose weight is ``least`` or more and below the next bin's, by decision."""

    least: int
    same: int
    review: int
    different: int


@dataclass(frozen=True, slots=True)
class Reason:
    """Why pairs wait in review; of them those within one system."""

    label: str
    pairs: int
    within: int


@dataclass(frozen=True, slots=True)
class Side:
    """One record of an example, masked; ``fields`` in the order of what is shown of its kind."""

    system: str
    number: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A pair, masked."""

    left: Side
    right: Side
    weight: float | None
    reason: str
    differing: str
    why: str


@dataclass(frozen=True, slots=True)
class Crowded:
    """A key that too many records share, and so yields no pairs for these values."""

    label: str
    values: int
    records: int


@dataclass(frozen=True, slots=True)
class Told:
    """What the answers of clerks came to; ``gone``: answers on records that are not there any more."""

    same: int
    different: int
    unsure: int
    forbidden: int
    contradictory: int
    gone: int


@dataclass(frozen=True, slots=True)
class Moved:
    """Against the run before: pairs by what they were and are now, records that came and went, pairs no longer same."""

    round: int
    model: str
    records: int
    subjects: int
    came: int
    went: int
    pairs: Mapping[str, Mapping[str, int]]
    lost: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What the keys found of the pairs that a judged truth knows."""

    pairs: int
    found: int


@dataclass(frozen=True, slots=True)
class Sharing:
    """Rows that were not linked for themselves: another row of their system has their number.

    ``torn``: numbers whose rows have different valid identity numbers, and may be two people's.
    """

    rows: int
    torn: int


@dataclass(frozen=True, slots=True)
class Part:
    """Everything the page shows of persons, or of units."""

    entity: str
    label: str
    one: str
    counted: str
    fields: tuple[str, ...]
    records: int
    subjects: int
    business: int
    systems: tuple[Known, ...]
    overlaps: tuple[Overlap, ...]
    more_overlaps: Overlap | None
    pairs: int
    decided: tuple[Decided, ...]
    weights: tuple[Bin, ...]
    reasons: tuple[Reason, ...]
    examples: tuple[Example, ...]
    answers: Told
    crowded: tuple[Crowded, ...]
    ceiling: Ceiling | None
    moved: Moved | None
    sharing: Sharing
    model: Mapping[str, Any]
    run: str
