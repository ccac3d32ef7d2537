"""What is held of somebody, for himself: a person of his own, a unit of its own.

Rule (个人信息保护法 第四十五条): who asks for what is kept of him is shown it. Who he is, and that he looked, is for
the room to find out and to keep that lets him in.

Invariant: what is shown is of this person or unit; masked unless he asks for the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from renshe.core.casework.forms import item, item_shown
from renshe.modules.registry.cards import card_now
from renshe.modules.registry.life import states, states_now
from renshe.modules.registry.lifeline import Moment, life_of
from renshe.modules.registry.models import Unit, UnitName
from renshe.modules.registry.people import CONTACT, MAIN
from renshe.modules.registry.person_cases import attribute, held_of
from renshe.modules.registry.selectors import numbers_of
from renshe.modules.registry.units import accounts_of
from renshe.standards import dictionary
from renshe.standards.masks import mask_tail, mask_value

Fact = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class Own:
    """``groups``: what is held, by heading, as label and value; ``moments``: what happened, the first first."""

    number: str
    groups: Sequence[tuple[str, Sequence[Fact]]]
    moments: Sequence[Moment]


def person_own(person_no: str, *, whole: bool) -> Own:
    """Return what is held of a person, for himself."""
    held = held_of(person_no)
    groups = [
        (heading, [_fact(attribute(name), "person", held.get(name), whole) for name in names])
        for heading, names in (("主要数据", MAIN), ("联系和户籍", CONTACT))
    ]
    standing = "、".join(states()[one].label for one in states_now(person_no))
    card = card_now(person_no)
    told = None
    if card is not None:
        told = f"{card.number if whole else mask_tail(card.number)}（{card.get_event_display()}）"
    groups.append(("状态", [("人生状态", standing or None), ("社会保障卡", told)]))
    return Own(person_no, groups, life_of(numbers_of(person_no)))


def unit_own(unit_no: str, *, whole: bool) -> Own:
    """Return what is held of a unit, for itself."""
    unit = Unit.objects.get(pk=unit_no)
    known = [one.name for one in dictionary.table("unit").fields if hasattr(unit, one.name)]
    facts = [_fact(item(f"unit.{name}"), "unit", getattr(unit, name), whole) for name in known]
    accounts = [
        (one.number, "、".join(filter(None, (one.scheme, one.branch, "默认" if one.default else None))))
        for one in accounts_of(unit_no)
    ]
    names = UnitName.objects.filter(unit=unit_no).order_by("pk")
    return Own(
        unit_no,
        [("基本信息", facts), ("业务账户", accounts)],
        [Moment(one.valid_from, "registry", f"名称：{one.name}") for one in names],
    )


def _fact(one: Any, table: str, value: Any, whole: bool) -> Fact:
    shown = value if value is None or whole else mask_value(table, one.name, str(value))
    return one.label, item_shown(one, None if shown is None else str(shown))
