"""What a room adds to the pages of others: a panel beside a case of its own, a hint while its form is filled in, what
it has to do with a person or a unit.

Rule (issue 6): possible duplicates are shown while entering; the check shows the log against the request.

Invariant: the pages of cases know no line; a line that is taken out takes its panels with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from renshe.core.casework.models import Case
from renshe.core.org.actor import Actor

Facts = Mapping[str, Any]
Panel = Callable[[Actor, Case], Facts | None]
Beside = Callable[[Any, str], Facts | None]

_PANELS: dict[str, list[tuple[str, Panel]]] = {}
_BESIDE: dict[str, list[tuple[str, Beside]]] = {}
_HINTS: dict[str, str] = {}


def panel(template: str, *types: str) -> Callable[[Panel], Panel]:
    """Let the function that this decorates say what ``template`` shows on the page of a case of ``types``; None:
    nothing."""

    def declare(made: Panel) -> Panel:
        for one in types:
            _PANELS.setdefault(one, []).append((template, made))
        return made

    return declare


def panels_of(actor: Actor, case: Case) -> list[tuple[str, Facts]]:
    """Return the panels of a case that ``actor`` may look at: template and facts of each."""
    found = [(template, made(actor, case)) for template, made in _PANELS.get(case.type, ())]
    return [(template, facts) for template, facts in found if facts is not None]


def beside(page: str, template: str) -> Callable[[Beside], Beside]:
    """Let the function that this decorates say, of who looks and the number of what the ``page`` shows, what
    ``template`` shows beside it; None: nothing."""

    def declare(made: Beside) -> Beside:
        _BESIDE.setdefault(page, []).append((template, made))
        return made

    return declare


def beside_of(page: str, actor: Actor | None, number: str = "") -> list[tuple[str, Facts]]:
    """Return what stands beside a ``page`` for ``actor``: template and facts of each."""
    found = [(template, made(actor, number)) for template, made in _BESIDE.get(page, ())]
    return [(template, facts) for template, facts in found if facts is not None]


def hint(type: str, name: str) -> None:
    """Let the address ``name`` be asked with what is typed into the form of ``type``, as it is typed."""
    _HINTS[type] = name


def hint_of(type: str) -> str | None:
    """Return the name of the address that says something of a form of ``type`` while it is filled in."""
    return _HINTS.get(type)
