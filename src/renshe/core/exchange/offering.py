"""What lines hand out and take in, by name: an agreement's ``content`` names one of them.

Rule (issue 7: this room adds no knowledge of any line): a line says with ``@offer`` what rows it hands out, with
``@taker`` what it does with rows that came; exchange knows no line.

Invariant: a name is offered once and taken once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pyarrow as pa

from renshe.core.errors import BusinessError
from renshe.core.exchange.models import Agreement, Batch, Fate
from renshe.core.exchange.packages.terms import Terms

Offered = Callable[[Agreement, Terms], pa.Table]
"""Returns the rows that go out under an agreement, by our names: columns of its terms, texts or typed."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the record at ``place``: accepted, refused or applied, and why."""

    place: int
    fate: Fate
    said: str = ""


Takes = Callable[[Batch, pa.Table], Iterable[Taken]]
"""Takes rows that came, by our names, inside the transaction of their batch; returns what became of each."""

_OFFERS: dict[str, Offered] = {}
_TAKERS: dict[str, Takes] = {}


def offer(content: str) -> Callable[[Offered], Offered]:
    """Declare the function that this decorates as what hands out ``content``."""

    def declare(made: Offered) -> Offered:
        if _OFFERS.setdefault(content, made) is not made:
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


def offered(content: str) -> Offered:
    """Return what hands out ``content``; BusinessError where nothing does."""
    if content not in _OFFERS:
        raise BusinessError("exchange.no_offer", content=content)
    return _OFFERS[content]


def taken_by(content: str) -> Takes | None:
    """Return what takes ``content`` in; None where it is only kept."""
    return _TAKERS.get(content)
