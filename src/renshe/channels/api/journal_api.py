"""The journal, as people search it."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from renshe.channels.api.calling import actor_of
from renshe.channels.api.declaring import answers
from renshe.channels.api.paging import Key, Limit
from renshe.channels.api.register_schemas import EntriesOut, RevealEntry, SearchJournal
from renshe.core.casework.tracing import case_trace
from renshe.core.registers.tracing import Asked, Page, entries, entry_reveal

router = Router(tags=["修改记录"])


def _shown(page: Page) -> object:
    return {"items": page.entries, "after": None if page.before is None else str(page.before), "first": page.first}


@router.post("/journal/search", response=answers(EntriesOut), summary="查询修改记录")
def journal_search(request: HttpRequest, told: SearchJournal) -> object:
    """Return the changes that the caller may look at, newest first, masked."""
    asked = Asked(**told.model_dump(exclude={"after", "limit"}))
    before = int(told.after) if told.after else None
    return _shown(entries(actor=actor_of(request), asked=asked, before=before, limit=told.limit))


@router.get("/cases/{number}/trace", response=answers(EntriesOut), summary="业务修改记录")
def trace(request: HttpRequest, number: str, after: Key | None = None, limit: Limit = 50) -> object:
    """Return the changes of one case, newest first, masked."""
    return _shown(case_trace(actor=actor_of(request), number=number, before=after, limit=limit))


@router.post("/journal/{entry}/disclosure", response=answers(dict[str, object]), summary="查看未脱敏修改记录")
def reveal(request: HttpRequest, entry: Key, told: RevealEntry) -> object:
    """Show fields of an entry whole, before and after; it is recorded."""
    return entry_reveal(actor=actor_of(request), entry=entry, fields=told.fields, reason=told.reason)
