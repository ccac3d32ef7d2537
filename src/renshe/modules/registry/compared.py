"""What others hold of a person, beside what we hold: on his page, and where his data are to be changed.

Rule (S1-32 与公安、民政、市监、税务等部门核对确认; 政务数据共享条例: what a partner has told is not asked for again):
whoever changes what is known of somebody sees what police, civil affairs and others told of him, and when.

Invariant: of each partner the last word counts; values are masked as everywhere and stand beside ours, never over them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from renshe.core.casework.forms import item_shown
from renshe.core.casework.models import Case
from renshe.core.exchange import selectors as exchange
from renshe.core.org.actor import Actor
from renshe.core.pages.panels import beside, panel
from renshe.modules.registry.people import CONTACT, MAIN
from renshe.modules.registry.person_cases import attribute
from renshe.modules.registry.selectors import people
from renshe.standards.masks import mask_value

FEW = 50
CHANGES = ("registry.person_key", "registry.person_change", "registry.modify")


@beside("person", "registry/told_panel.html")
def told_of(actor: Actor | None, number: str) -> Mapping[str, Any] | None:
    """Return what others told of the person ``number``, as far as ``actor`` sees; None where nobody did."""
    if actor is None:
        return None
    rows: dict[tuple[str, str], Any] = {}
    for one in exchange.told_of(actor, number)[:FEW]:
        for name, value in one.values.items():
            if name in MAIN or name in CONTACT:
                rows.setdefault((one.batch.agreement.partner.name, name), (one, value))
    if not rows:
        return None
    held = people(actor).filter(pk=number).values(*MAIN, *(f"contact__{name}" for name in CONTACT)).first() or {}
    return {
        "rows": [
            {**_row(name, value, held), "partner": partner, "on": one.batch.made_at}
            for (partner, name), (one, value) in rows.items()
        ]
    }


@panel("registry/told_panel.html", *CHANGES)
def told_of_subject(actor: Actor, case: Case) -> Mapping[str, Any] | None:
    """Return what others told of whom a change is about."""
    return told_of(actor, case.person) if case.person else None


def _row(name: str, value: str, held: Mapping[str, Any]) -> Mapping[str, Any]:
    item, ours = attribute(name), held.get(name, held.get(f"contact__{name}"))
    held_as = None if ours is None else str(ours)
    return {
        "label": item.label,
        "differs": held_as != value,
        "ours": item_shown(item, mask_value("person", name, held_as)),
        "theirs": item_shown(item, mask_value("person", name, value)),
    }
