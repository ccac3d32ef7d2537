"""Items of a form as fields of a page.

Rule (S0-43 严格按表格采集数据; S4-56): each item has the widget of its type; a code is chosen, not typed; what was
typed stands again where it was wrong, with what is wrong beside it.

Invariant: what a page sends back is what ``casework.forms.read`` takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from renshe.core.casework.forms import LONG, Item
from renshe.standards.codes import code_list

MOST = 400
"""Values of which one can still choose."""
_KINDS = {"date": "date", "flag": "flag", "code": "choice", "choice": "choice"}
_HINTS = {"month": "年月，如 202611", "year": "年份，如 2026", "money": "元，如 1234.56", "rate": "如 0.08"}
_KEYS = {"money": "decimal", "rate": "decimal", "int": "numeric", "month": "numeric", "year": "numeric"}


@dataclass(frozen=True, slots=True)
class Widget:
    """A field: ``kind`` text, lines, date, flag or choice; ``choices``: (value, label), by their labels alone where
    ``plain``; ``problem``: what is wrong."""

    name: str
    label: str
    kind: str
    value: str
    required: bool
    hint: str = ""
    keys: str | None = None
    length: int | None = None
    choices: Sequence[tuple[str, str]] = field(default_factory=tuple)
    problem: str | None = None
    plain: bool = False


def widgets(
    items: Sequence[Item], given: Mapping[str, Any], problems: Mapping[str, str] | None = None
) -> Iterator[Widget]:
    """Yield the fields of a form, filled with what was ``given``."""
    for one in items:
        value = given.get(one.name)
        kind = _KINDS.get(one.type, "text")
        if kind == "text" and (one.length or 0) >= LONG:
            kind = "lines"
        yield Widget(
            one.name,
            one.label,
            kind,
            "" if value is None else _written(value),
            one.required,
            _HINTS.get(one.type, ""),
            _KEYS.get(one.type),
            one.length,
            _choices(one),
            (problems or {}).get(one.name),
            bool(one.choices),
        )


def chosen(one: Widget, choices: Sequence[tuple[str, str]]) -> Widget:
    """Return a field whose value is chosen of ``choices``, where they are not too many."""
    return replace(one, kind="choice", choices=choices) if len(choices) <= MOST else one


def _choices(one: Item) -> Sequence[tuple[str, str]]:
    if one.codes:
        return tuple((value, code.label) for value, code in code_list(one.codes).values.items())
    return tuple(one.choices)


def _written(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)
