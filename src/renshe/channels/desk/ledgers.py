"""The pages of ledgers: list, row, and what is done in them.

Invariant: which rows there are, and what may be done, is the book's to say (``core.pages.books``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from renshe.core.errors import BusinessError
from renshe.core.org.actor import Actor
from renshe.core.pages import books
from renshe.core.pages.answering import View, action, again, go, page, shown
from renshe.core.pages.statuses import status_of
from renshe.core.pages.widgets import chosen, widgets

Wrong = tuple[str, Mapping[str, Any], BusinessError]


@page
def book(
    request: HttpRequest,
    actor: Actor,
    name: str,
    alert: str | None = None,
    wrong: Wrong | None = None,
    told: str | None = None,
) -> HttpResponse:
    """Show a ledger."""
    found = books.find_book(actor, name)
    rows, after = books.rows_page(found, actor, request.GET.get("after"))
    return shown(
        request,
        "desk/book.html",
        status=status_of(wrong[2].code) if wrong else 200,
        alert=str(wrong[2]) if wrong else alert,
        told=told,
        book=found,
        headings=books.headings(found.rows(actor).model, found.columns),
        rows=[(one.pk, books.cells(one, found.columns)) for one in rows],
        after=after,
        deeds=_forms(found, actor, None, wrong),
    )


@page
def row(
    request: HttpRequest,
    actor: Actor,
    name: str,
    key: int,
    alert: str | None = None,
    wrong: Wrong | None = None,
    told: str | None = None,
) -> HttpResponse:
    """Show one row of a ledger, whole, and what may be done to it."""
    found = books.find_book(actor, name)
    one = books.find_row(found, actor, key)
    columns = [*found.columns, *found.details]
    return shown(
        request,
        "desk/row.html",
        status=status_of(wrong[2].code) if wrong else 200,
        alert=str(wrong[2]) if wrong else alert,
        told=told,
        book=found,
        key=key,
        leads=list(found.leads(one)),
        facts=list(zip(books.headings(type(one), columns), books.cells(one, columns), strict=True)),
        deeds=_forms(found, actor, one, wrong),
    )


@action(on=book)
def do(request: HttpRequest, actor: Actor, name: str, deed: str) -> HttpResponse:
    """Do something in a ledger."""
    return _done(book, request, actor, books.find_book(actor, name), deed, None, name=name)


@action(on=row)
def do_row(request: HttpRequest, actor: Actor, name: str, key: int, deed: str) -> HttpResponse:
    """Do something to a row of a ledger."""
    found = books.find_book(actor, name)
    return _done(row, request, actor, found, deed, books.find_row(found, actor, key), name=name, key=key)


def _done(
    on: View, request: HttpRequest, actor: Actor, found: books.Book, deed: str, one: Any, **parts: Any
) -> HttpResponse:
    """Do ``deed``, and show the page ``on`` again where it was refused or has something to tell."""
    try:
        told = books.carry_out(found, actor, deed, one, request.POST)
    except BusinessError as refused:
        return again(on, request, actor, wrong=(deed, request.POST, refused), **parts)
    if isinstance(told, HttpResponse):
        return told
    return again(on, request, actor, told=told, **parts) if told else go("book", found.name)


def _forms(found: books.Book, actor: Actor, one: Any, wrong: Wrong | None) -> list[tuple[books.Deed, list[Any], bool]]:
    """Return what may be done, with its fields, and whether it was just refused."""
    forms = []
    for deed in books.offered(found, actor, one):
        refused = wrong is not None and wrong[0] == deed.name
        given = wrong[1] if wrong is not None and refused else {}
        problems: Any = wrong[2].facts.get("items", {}) if wrong is not None and refused else {}
        fields = [
            chosen(field, deed.choices[field.name](actor)) if field.name in deed.choices else field
            for field in widgets(deed.items, given, problems)
        ]
        forms.append((deed, fields, refused))
    return forms
