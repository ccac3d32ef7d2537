"""What lines hand out and take in, by name: an agreement's ``content`` names one of them.

Rule (issue 7: this room adds no knowledge of any line): a line says with ``@offer`` what rows it hands out, with
``@taker`` what it does with rows that came; exchange knows no line.

Invariant: a name is offered once and taken once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from renshe.core.errors import BusinessError
from renshe.core.exchange.models import Agreement, Batch, Difference, Fate
from renshe.core.exchange.packages.terms import Terms
from renshe.core.org.actor import Actor

SUBJECT = "_subject"
Offered = Callable[[Agreement, Terms, Sequence[str] | None], pa.Table]
"""Returns the rows that go out under an agreement, by our names: columns of its terms, texts or typed, and ``SUBJECT``,
the number by which we know whom a row is about; only those of the numbers last named, where they are."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the record at ``place``: accepted, refused or applied, and why; ``values``: by our names, what a
    query asked; ``subject``: the number by which we know whom the record is about."""

    place: int
    fate: Fate
    said: str = ""
    values: Mapping[str, str | None] = field(default_factory=dict)
    subject: str | None = None


Takes = Callable[[Batch, Terms, pa.Table], Iterable[Taken]]
"""Takes rows that came, by our names and with their ``PLACE``, inside the transaction of their batch; returns what
became of each."""
PLACE = "_place"

Mends = Callable[[Actor, Difference], str]
"""Begins the business by which we would take over what another holds; returns its number."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What hands out a content, and the names of all columns that it ``holds``."""

    made: Offered
    holds: frozenset[str]


_OFFERS: dict[str, Offer] = {}
_TAKERS: dict[str, Takes] = {}
_MENDERS: dict[str, Mends] = {}


def offer(content: str, *, holds: frozenset[str]) -> Callable[[Offered], Offered]:
    """Declare the function that this decorates as what hands out ``content``, whose columns are among ``holds``."""

    def declare(made: Offered) -> Offered:
        if _OFFERS.setdefault(content, Offer(made, holds)).made is not made:
            raise ValueError(f"{content} is offered twice")
        return made

    return declare


def taker(content: str) -> Callable[[Takes], Takes]:
    """Declare the function that this decorates as what takes ``content`` in."""

    def declare(made: Takes) -> Takes:
        if _TAKERS.setdefault(content, made) is not made:
            raise ValueError(f"{content} is taken twice")
        return made

    return declare


def mender(content: str) -> Callable[[Mends], Mends]:
    """Declare the function that this decorates as what begins a change of ``content`` that a comparison asks for."""

    def declare(made: Mends) -> Mends:
        if _MENDERS.setdefault(content, made) is not made:
            raise ValueError(f"{content} is mended twice")
        return made

    return declare


def offered(terms: Terms) -> Offered:
    """Return what hands out the content of ``terms``; BusinessError where nothing does, or not all of its columns."""
    found = _OFFERS.get(terms.content)
    if found is None:
        raise BusinessError("exchange.no_offer", content=terms.content)
    if unknown := [one.name for one in terms.columns if one.name not in found.holds]:
        raise BusinessError("exchange.not_offered", column=unknown[0], content=terms.content)
    return found.made


def held(content: str) -> frozenset[str]:
    """Return the names of the columns of ``content`` that some line holds."""
    return _OFFERS[content].holds if content in _OFFERS else frozenset()


def taken_by(content: str) -> Takes | None:
    """Return what takes ``content`` in; None where it is only kept."""
    return _TAKERS.get(content)


def mended_by(content: str) -> Mends:
    """Return what begins a change of ``content``; BusinessError where nothing does."""
    if content not in _MENDERS:
        raise BusinessError("exchange.no_mender", content=content)
    return _MENDERS[content]
