"""A case as it is shown: whole on one's own desk, masked elsewhere; showing more needs a right and is recorded.

Rule (issue 5; 个人信息保护法 第五十一条): who answers for a case, holds it, or could decide it now needs what the form
says; everybody else who may look at it sees names and numbers masked.

Invariant: items that are fields of the dictionary are masked as it says, and long numbers in every other text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from renshe.core.casework.delegating import stands_in_for
from renshe.core.casework.forms import Item
from renshe.core.casework.models import Case, State
from renshe.core.casework.selectors import case_get
from renshe.core.casework.types import CaseType, find_type
from renshe.core.errors import BusinessError
from renshe.core.org.actor import Actor
from renshe.core.org.masking import reveal
from renshe.core.org.rights import may
from renshe.standards.masks import mask_digits, mask_value

_UNFINISHED = (State.DRAFT, State.RETURNED, State.OPEN)


def on_desk(actor: Actor, case: Case, kind: CaseType) -> bool:
    """Whether ``case`` lies with ``actor``, or could be decided by the actor now."""
    if case.state not in _UNFINISHED:
        return False
    if actor.operator in (case.maker, case.holder):
        return True
    if case.state != State.OPEN:
        return False
    step = kind.steps[case.step]
    return may(actor, step.operation, case.region) or stands_in_for(actor, step, case) is not None


def form_shown(case: Case, kind: CaseType, *, whole: bool) -> dict[str, Any]:
    """Return what the form says, masked unless ``whole``."""
    if whole:
        return dict(case.form)
    known = {one.name: one for one in kind.items}
    return {name: _masked(known.get(name), value) for name, value in case.form.items()}


def subject_shown(case: Case, kind: CaseType) -> str | None:
    """Return whom a case is about, masked, as lists show it."""
    about, table, named = (case.person, "person", kind.person) if case.person else (case.unit, "unit", kind.unit)
    if about is None:
        return None
    item = next((one for one in kind.items if one.name == named), None)
    # Who is registered by the case is known by the number that it gave him.
    return str(_masked(item, about)) if item is not None else mask_value(table, f"{table}_no", about)


def case_shown(actor: Actor, case: Case) -> Mapping[str, Any]:
    """Return all that ``actor``, who may look at ``case``, is shown of it."""
    kind = find_type(case.type, case.version)
    whole = on_desk(actor, case, kind)
    decisions = list(case.decisions.order_by("pk"))
    if not whole:
        for one in decisions:
            one.opinion = mask_digits(one.opinion)
    names = ("number", "type", "version", "agency", "maker", "holder", "channel", "state", "round", "digest", "failure")
    times = ("started_at", "submitted_at", "ended_at", "due_on")
    return {
        **{name: getattr(case, name) for name in (*names, *times)},
        "label": kind.label,
        "region": case.region_id,
        "state_label": State(case.state).label,
        "waits_for": waits_for(case, kind),
        "form": form_shown(case, kind, whole=whole),
        "whole": whole,
        "decisions": decisions,
    }


def waits_for(case: Case, kind: CaseType) -> str | None:
    """Return the label of the step that an open case waits for."""
    return kind.steps[case.step].label if case.state == State.OPEN else None


def case_reveal(*, actor: Actor, number: str, items: Sequence[str], reason: str) -> dict[str, Any]:
    """Return ``items`` of a case's form whole, and record that the actor saw them."""
    case = case_get(actor=actor, number=number)
    if not items or not set(items) <= set(case.form):
        raise BusinessError("org.reveal_terms")
    shown = reveal(actor=actor, row=case, fields=["form"], reason=f"{reason}（{'、'.join(items)}）")["form"]
    return {name: shown[name] for name in items}


def _masked(item: Item | None, value: Any) -> Any:
    if item is None or item.source is None or value is None:
        return mask_digits(value) if isinstance(value, str) else value
    table, _, field = item.source.partition(".")
    return mask_value(table, field, str(value))
