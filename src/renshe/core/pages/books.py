"""Ledgers (台账) as pages: a list, its rows, and what may be done to each, from one declaration.

Rule (002 七; issue 6): every register can be looked at, and written into, by whom it is granted to; a list never needs
more than two steps to the record. What is done is one service, which asks for its right itself.

Invariant: a book shows what its ``rows`` give for the actor, and finds a row only among these: what is out of scope
looks like what is not there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.utils import timezone

from renshe.core.casework.forms import Item, read
from renshe.core.casework.held import problems_of
from renshe.core.errors import BusinessError
from renshe.core.org.actor import Actor
from renshe.core.org.rights import powers
from renshe.core.pages.menu import entry
from renshe.core.pages.reading import key_of
from renshe.core.pages.widgets import MOST

Choices = Callable[[Actor], Sequence[tuple[str, str]]]
Does = Callable[[Actor, Any, Mapping[str, Any]], Any]
SIZE = 50


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that may be done in a book: the form ``items``, and the service behind ``does(actor, row, values)``;
    for a row where ``rowed``, else for none. ``operation``: offered to whom it is granted. ``says``: what is told
    afterwards, once, of what the service returned. ``choices``: of which values an item is chosen, as (value, label);
    so many that nobody would find his are typed instead. ``gives``: the answer that hands out the file that the
    service returned."""

    name: str
    label: str
    does: Does
    items: Sequence[Item] = ()
    operation: str | None = None
    rowed: bool = False
    says: Callable[[Any], str] | None = None
    gives: Callable[[Any], HttpResponse] | None = None
    when: Callable[[Any], bool] | None = None
    choices: Mapping[str, Choices] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Book:
    """A ledger: ``rows(actor)`` as a queryset; ``columns`` by the fields' names (``agency__name``), or by a pair of
    label and function; ``details``: further ones on the page of a row; ``leads``: where that leads to, as label, name
    of the address and its part."""

    name: str
    label: str
    group: str
    rows: Callable[[Actor], QuerySet[Any]]
    columns: Sequence[str | tuple[str, Callable[[Any], Any]]]
    operations: tuple[str, ...]
    details: Sequence[str | tuple[str, Callable[[Any], Any]]] = ()
    deeds: Sequence[Deed] = ()
    note: str = ""
    oldest: bool = False
    leads_label: str = "相关"
    leads: Callable[[Any], Iterable[tuple[str, str, object]]] = lambda row: ()
    known: dict[str, Deed] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.known.update({one.name: one for one in self.deeds})


_BOOKS: dict[str, Book] = {}


def book(made: Book) -> Book:
    """Declare a ledger, and put it into the menu for whom one of its operations is granted to."""
    if _BOOKS.setdefault(made.name, made) is not made:
        raise ValueError(f"{made.name} is declared twice")
    entry(made.group, made.label, "book", *made.operations, parts=(made.name,))
    return made


def books() -> Sequence[Book]:
    """Return all ledgers, in the order of their declaration."""
    return list(_BOOKS.values())


def find_book(actor: Actor, name: str) -> Book:
    """Return a ledger that ``actor`` may look into; BusinessError where there is none."""
    found = _BOOKS.get(name)
    if found is None or (found.operations and not any(powers(actor, *found.operations).values())):
        raise BusinessError("page.not_there")
    return found


def rows_page(found: Book, actor: Actor, after: str | None) -> tuple[list[Any], int | None]:
    """Return a page of rows, the newest first, and after which the next begins."""
    rows = found.rows(actor).order_by("pk" if found.oldest else "-pk")
    if (last := key_of(after)) is not None:
        rows = rows.filter(**{"pk__gt" if found.oldest else "pk__lt": last})
    page = list(rows[: SIZE + 1])
    return page[:SIZE], page[SIZE - 1].pk if len(page) > SIZE else None


def find_row(found: Book, actor: Actor, row: int) -> Any:
    """Return one row of a ledger; BusinessError where there is none that ``actor`` sees."""
    one = found.rows(actor).filter(pk=row).first() if row < 2**63 else None
    if one is None:
        raise BusinessError("registers.not_there", number=row)
    return one


def offered(found: Book, actor: Actor, row: Any = None) -> list[Deed]:
    """Return what ``actor`` could do to ``row``, or in the book."""
    mine = [one for one in found.deeds if one.rowed == (row is not None) and (not one.when or one.when(row))]
    asked = {one.operation for one in mine if one.operation}
    granted = {name for name, paths in powers(actor, *asked).items() if paths}
    return [one for one in mine if one.operation is None or one.operation in granted]


def carry_out(found: Book, actor: Actor, deed: str, row: Any, given: Mapping[str, Any]) -> str | HttpResponse | None:
    """Do what was asked for; return what is to be told or handed out, if anything. BusinessError where refused."""
    one = found.known.get(deed)
    if one is None or one.rowed != (row is not None):
        raise BusinessError("page.not_there")
    filled = read(one.items, {item.name: given.get(item.name) for item in one.items})
    if filled.problems:
        raise problems_of(filled.problems)
    for item in one.items:
        chosen, offered_to = filled.values.get(item.name), one.choices.get(item.name)
        if chosen and offered_to and not _among(chosen, offered_to(actor)):
            raise BusinessError("page.not_offered", label=item.label)
    result = one.does(actor, row, filled.values)
    if one.gives:
        return one.gives(result)
    return one.says(result) if one.says else None


def _among(chosen: Any, pairs: Sequence[tuple[str, str]]) -> bool:
    """Whether somebody could choose that: of more than a list shows he types it."""
    given = set(chosen) if isinstance(chosen, list | tuple) else {chosen}
    return len(pairs) > MOST or given <= {value for value, _ in pairs}


def headings(model: type[Model], columns: Iterable[str | tuple[str, Any]]) -> list[str]:
    """Return what columns are called."""
    return [one[0] if isinstance(one, tuple) else _label(model, one) for one in columns]


def cells(row: Any, columns: Iterable[str | tuple[str, Callable[[Any], Any]]]) -> list[str]:
    """Return what a row shows in ``columns``."""
    return [_told(one[1](row)) if isinstance(one, tuple) else _told(_value(row, one)) for one in columns]


def _label(model: type[Model], name: str) -> str:
    *way, last = name.split("__")
    for step in way:
        field_of = model._meta.get_field(step)
        if last in ("name", "number"):
            return str(getattr(field_of, "verbose_name", step))
        model = field_of.related_model  # type: ignore[assignment]
    return str(getattr(model._meta.get_field(last), "verbose_name", last))


def _value(row: Any, name: str) -> Any:
    *way, last = name.split("__")
    for step in way:
        row = getattr(row, step, None)
    if row is None:
        return None
    display = getattr(row, f"get_{last}_display", None)
    return display() if display else getattr(row, last)


def _told(value: Any) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, dt.datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    if isinstance(value, list | tuple):
        return "、".join(map(str, value))
    return str(value)
