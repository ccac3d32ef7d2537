"""What somebody could do with a case now, for pages that offer it.

Rule (S4-155 a step goes to the right person): only what would be let is offered.

Invariant: this only shows the way; each service asks again.
"""

from __future__ import annotations

from renshe.core.casework.deciding import may_decide
from renshe.core.casework.delegating import LEAD
from renshe.core.casework.held import EDITABLE
from renshe.core.casework.leading import PAUSE
from renshe.core.casework.models import Case, State
from renshe.core.casework.printing import PRINT
from renshe.core.casework.showing import on_desk
from renshe.core.casework.types import CaseType
from renshe.core.org.actor import Actor
from renshe.core.org.masking import REVEAL
from renshe.core.org.rights import holds_path, powers

_OVER = (State.DONE, State.REFUSED)


def possible(actor: Actor, case: Case, kind: CaseType) -> frozenset[str]:
    """Return what ``actor``, who may look at ``case``, could do with it: names of services without ``case_``."""
    reach = powers(actor, kind.enter, LEAD, PAUSE, PRINT, REVEAL)
    here = {name for name, paths in reach.items() if any(holds_path(path, case.region.path) for path in paths)}
    mine = actor.operator == case.maker and kind.enter in here
    return frozenset(
        {
            *(_by_maker(case) if mine else ()),
            *({"take"} if case.state == State.PROPOSED and kind.enter in here else ()),
            *({"supplement"} if mine and case.applicant and case.state in EDITABLE else ()),
            *(_of_open(actor, case, kind, here) if case.state == State.OPEN else ()),
            *({"assign"} if LEAD in here and case.state in (*EDITABLE, State.OPEN) else ()),
            *({"print"} if case.round and (PRINT in here or actor.operator in case.makers) else ()),
            *({"result"} if case.state in _OVER and (PRINT in here or actor.operator in case.makers) else ()),
            *({"reveal"} if REVEAL in here and not on_desk(actor, case, kind) else ()),
        }
    )


def _by_maker(case: Case) -> set[str]:
    if case.state in EDITABLE:
        return {"fill", "submit", "withdraw"}
    return {"withdraw"} if case.state == State.OPEN else set()


def _of_open(actor: Actor, case: Case, kind: CaseType, here: set[str]) -> set[str]:
    found = {"decide"} if may_decide(actor, case, kind) else set()
    if PAUSE in here:
        found.add("resume" if case.due_on is None else "pause")
    if LEAD in here and actor.operator not in case.makers:
        found.add("extend")
    return found
