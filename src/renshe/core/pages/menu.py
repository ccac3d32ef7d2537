"""Where one can go: each room says which of its pages stand in the menu, and for whom.

Rule (default-deny): a page stands in somebody's menu if one of its operations is granted to him anywhere; a page that
asks for none stands in everybody's.

Invariant: the menu only shows the way; the page itself asks again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from renshe.core.org.actor import Actor
from renshe.core.org.rights import powers

GROUPS = ("业务", "登记", "交换", "监督", "系统")


@dataclass(frozen=True, slots=True)
class Entry:
    """``label`` leads to the address ``name`` for whom one of ``operations`` is granted to; ``parts``: of the
    address."""

    group: str
    label: str
    name: str
    operations: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


_ENTRIES: list[Entry] = []


def entry(group: str, label: str, name: str, *operations: str, parts: tuple[str, ...] = ()) -> None:
    """Put a page into the menu."""
    _ENTRIES.append(Entry(group, label, name, operations, parts))


def menu_of(actor: Actor) -> Sequence[tuple[str, Sequence[Entry]]]:
    """Return the groups of the menu with the entries that ``actor`` has, in one question."""
    asked = {operation for one in _ENTRIES for operation in one.operations}
    granted = {name for name, paths in powers(actor, *asked).items() if paths}
    return [(group, mine) for group in GROUPS if (mine := list(_mine(group, granted)))]


def _mine(group: str, granted: set[str]) -> Iterable[Entry]:
    for one in _ENTRIES:
        if one.group == group and (not one.operations or granted & set(one.operations)):
            yield one
