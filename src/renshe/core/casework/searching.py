"""Lists of cases, page by page.

Rule: a list shows what its reader may look at, masked, newest first; a page begins where the one before ended, so that
nothing is shown twice or left out while cases come in.

Invariant: a page never costs more for being far down.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Q, QuerySet

from renshe.core.casework import selectors
from renshe.core.casework.models import Case, State
from renshe.core.casework.showing import subject_shown, waits_for
from renshe.core.casework.types import find_type
from renshe.core.casework.watching import reminders
from renshe.core.errors import BusinessError
from renshe.core.org.actor import Actor

Row = Mapping[str, Any]
MOST = 200


def cases_found(
    actor: Actor,
    *,
    number: str | None = None,
    type: str | None = None,
    state: str | None = None,
    person: str | None = None,
    unit: str | None = None,
    maker: str | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
    after: str | None = None,
    limit: int = 50,
) -> tuple[list[Row], str | None]:
    """Return a page of the cases that ``actor`` may look at, newest first, and how to ask for the next."""
    exact = {"number": number, "type": type, "state": state, "person": person, "unit": unit, "maker": maker}
    found = matching(selectors.cases(actor), since=since, until=until, **exact)
    if after is not None:
        found = found.filter(pk__lt=int(after))
    size = min(limit, MOST)
    page = list(found.order_by("-pk")[: size + 1])
    further = str(page[size - 1].pk) if len(page) > size else None
    return [row(case) for case in page[:size]], further


def matching(
    found: QuerySet[Case], *, since: dt.date | None = None, until: dt.date | None = None, **exact: str | None
) -> QuerySet[Case]:
    """Return those of ``found`` that were begun in these days and of which all that is said holds."""
    if any("\x00" in value for value in exact.values() if value is not None):
        return found.none()
    found = found.filter(**{name: value for name, value in exact.items() if value is not None})
    if since is not None:
        found = found.filter(started_at__date__gte=since)
    return found if until is None else found.filter(started_at__date__lte=until)


def inbox(actor: Actor, box: str, *, after: str | None = None, limit: int = 50) -> tuple[list[Row], str | None]:
    """Return a page of one of the boxes of ``actor``, the most urgent first, and how to ask for the next: after the
    limit and the number of the case that was shown last, whatever became of it since."""
    size, found = max(1, min(limit, MOST)), _BOXES[box](actor)
    if after is not None:
        due, number = _place(after)
        same = Q(due_on=due, number__gt=number)
        found = found.filter(same if due is None else same | Q(due_on__gt=due) | Q(due_on=None))
    page = list(found[: size + 1])
    last = page[size - 1] if len(page) > size else None
    return [row(case) for case in page[:size]], f"{last.due_on or ''}~{last.number}" if last else None


def _place(after: str) -> tuple[dt.date | None, str]:
    due, mark, number = after.partition("~")
    try:
        day = dt.date.fromisoformat(due) if due else None
    except ValueError:
        day, mark = None, ""
    if not mark or "\x00" in number:
        raise BusinessError("case.no_such_page")
    return day, number


def _reminded(actor: Actor) -> QuerySet[Case]:
    return Case.objects.filter(pk__in=reminders(actor).values("case")).order_by("due_on", "number")


_BOXES: Mapping[str, Callable[[Actor], QuerySet[Case]]] = {
    "mine": selectors.mine,
    "waiting": selectors.waiting_for,
    "returned": selectors.returned,
    "late": selectors.late,
    "proposed": selectors.proposed,
    "reminded": _reminded,
}


def row(case: Case) -> Row:
    """Return ``case`` as lists show it, masked."""
    kind = find_type(case.type, case.version)
    return {
        **{name: getattr(case, name) for name in ("number", "type", "maker", "state", "due_on")},
        "label": kind.label,
        "region": case.region_id,
        "state_label": State(case.state).label,
        "waits_for": waits_for(case, kind),
        "subject": subject_shown(case, kind),
    }
