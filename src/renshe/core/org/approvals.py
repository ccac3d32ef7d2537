"""What stands on an approval asks whether there is one.

Rule (S2-66 未经正式批准,不得擅自删除数据; S2-65): a number that somebody types is no approval. The room that approves
says whether a number is that of an approved matter, what it approves and which things it names; rooms beneath ask here.

Invariant: what nobody says is approved is not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from renshe.core.errors import BusinessError

Says = Callable[[str, str], Collection[int] | None]
"""Called with a number and what is to be done; returns the things that are named, empty where none are; None if no."""

_says: list[Says] = []


def says_approved(asked: Says) -> Says:
    """Let ``asked`` say what is approved."""
    _says.append(asked)
    return asked


def require_approval(number: str, what: str, things: Collection[int] = ()) -> None:
    """Refuse to do ``what`` to ``things`` unless the matter ``number`` approves just that."""
    for one in _says:
        named = one(number, what)
        if named is not None and all(thing in named for thing in things):
            return
    raise BusinessError("org.not_approved", number=number.replace("\x00", ""))
