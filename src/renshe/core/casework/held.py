"""What every service asks of a case before it does anything.

Invariant: whoever holds a case here is the only one to change it until the transaction ends. To who may not look at a
case it looks like none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from renshe.core.casework.forms import Filled, read
from renshe.core.casework.models import Case, State
from renshe.core.casework.types import CaseType, find_type
from renshe.core.errors import BusinessError
from renshe.core.org.actor import Actor
from renshe.core.org.operations import Operation, declare
from renshe.core.org.rights import may, require

EDITABLE = (State.DRAFT, State.RETURNED)
QUERY = "case.query"
declare(Operation(QUERY, "查询业务", "query"))


def held(number: str) -> tuple[Case, CaseType]:
    """Return a case, which nobody else changes until the transaction ends, and its type."""
    found = Case.objects.select_for_update(of=("self",)).select_related("region").filter(number=number)
    case = None if "\x00" in number else found.first()
    if case is None:
        raise not_there(number)
    return case, find_type(case.type, case.version)


def not_there(number: str) -> BusinessError:
    """Return the refusal of a case that is not there, or not to be seen."""
    return BusinessError("case.not_there", number=number.replace("\x00", ""))


def require_here(actor: Actor, operation: str, case: Case) -> None:
    """Refuse what the actor may not do where the case is."""
    if not may(actor, operation, case.region):
        if actor.operator not in case.makers and not may(actor, QUERY, case.region):
            raise not_there(case.number)
        require(actor, operation, case.region)


def find_kind(name: str) -> CaseType:
    """Return the newest version of a case type; BusinessError where there is none."""
    try:
        return find_type(name)
    except KeyError:
        raise BusinessError("case.no_such_type", type=name) from None


def require_state(case: Case, *states: State) -> None:
    """Refuse what cannot be done to a case that stands elsewhere."""
    if case.state not in states:
        raise BusinessError("case.not_open", number=case.number, state=State(case.state).label)


def require_editable(case: Case) -> None:
    """Refuse to change what was handed in."""
    if case.state not in EDITABLE:
        raise BusinessError("case.not_editable", number=case.number, state=State(case.state).label)


def require_maker(actor: Actor, case: Case, kind: CaseType) -> None:
    """Refuse who does not answer for the case, or may not enter it any more."""
    require_here(actor, kind.enter, case)
    if actor.operator != case.maker:
        raise BusinessError("case.not_the_maker", number=case.number)


def require_seen(case: Case, seen: str) -> None:
    """Refuse who looked at another form than stands."""
    if seen != case.digest:
        raise BusinessError("case.changed_meanwhile", number=case.number)


def digest(form: Mapping[str, Any]) -> str:
    """Return what stands for exactly this form."""
    told = json.dumps(form, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()


def read_form(kind: CaseType, form: Mapping[str, Any], *, whole: bool) -> Filled:
    """Read a form; a draft may have gaps. BusinessError with all that cannot be read."""
    filled = read(kind.items, form)
    required = {one.name for one in kind.items if one.required and form.get(one.name) in (None, "")}
    problems = {name: told for name, told in filled.problems.items() if whole or name not in required}
    if problems:
        raise problems_of(problems)
    return filled


def problems_of(told: Mapping[str, str]) -> BusinessError:
    """Return the refusal of a form for the reasons ``told`` by item, which pages show beside each."""
    return BusinessError("case.problems", problems="；".join(told.values()), items=told)


def subject(kind: CaseType, filled: Filled) -> dict[str, str | None]:
    """Return whom a case is about, as far as the form says."""
    about = {"person": kind.person, "unit": kind.unit}
    return {name: str(filled.json[item]) if item and filled.json.get(item) else None for name, item in about.items()}
