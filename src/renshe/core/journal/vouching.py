"""What the journal asks of the rooms above it: who somebody is, and whether a matter is approved.

Rule (S2-65 书面报批; S2-66 未经正式批准,不得擅自删除数据; S2-42): a change is somebody's; a deletion, a seal,
an unsealing and the release of held papers stand on an approved matter; what is unsealed is so for one person who works
here. A number that somebody types is none of that. The journal knows no rooms; a room that knows says so in SQL, and
``renshe migrate`` makes one function of each question.

Invariant: what no room vouches for is refused, whoever asks and however.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, get_args

from renshe.core.journal.scripts import script

Kind = Literal["operator", "editor", "deletion", "sealing", "release"]
"""Of what a number is one: of somebody who changes data; of somebody for whom data are unsealed; of a matter that
approves deletions, seals and unsealings, or the release of papers."""

_VOUCHED: dict[Kind, set[str]] = {kind: set() for kind in get_args(Kind)}


def vouches(condition: str, *kinds: Kind) -> None:
    """Let numbers be of all ``kinds`` of which the SQL ``condition`` on the text ``asked`` is true."""
    for kind in kinds:
        _VOUCHED[kind].add(condition)


def statements() -> Iterator[str]:
    """Yield the SQL that makes the function of each question; the tables of all rooms stand by then."""
    for kind, conditions in _VOUCHED.items():
        known = "\n        OR ".join(f"({one})" for one in sorted(conditions)) or "false"
        yield script("vouching", kind=kind, known=known)
