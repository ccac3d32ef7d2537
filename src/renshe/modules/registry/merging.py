"""Two numbers that are one person made one, and taken apart again.

Rule (S1-43 合并重复基础信息、参保关系和缴费记录; S1-41): what the numbers have is joined under the one that is kept;
both lead to the person; what was done can be undone. Of each field the value survives that ``survivorship.yaml`` takes.
A field that is closed (封存) keeps its value: to take another, it is first changed by the regime of source 002, and
the preview says so.

Invariant: what a merger moved and took is kept with it, and an unmerger puts back exactly that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Field, Q
from django.utils import timezone

from renshe.core.casework.events import emit
from renshe.core.casework.forms import Item, Problems
from renshe.core.casework.models import Case
from renshe.core.casework.types import Paper, Values, case_type
from renshe.core.errors import BusinessError
from renshe.core.journal.models import Entry, SealedRow
from renshe.core.org.actor import Actor
from renshe.core.org.masking import reveal
from renshe.modules.registry.life import BIRTH
from renshe.modules.registry.merge_conditions import Obstacle, obstacles
from renshe.modules.registry.models import Apart, Card, Contact, Identifier, Life, Merged, Person
from renshe.modules.registry.people import CONTACT, MAIN, person_held, person_write, writer_of
from renshe.modules.registry.selectors import people
from renshe.standards import dictionary
from renshe.standards.masks import mask_value


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """A field in which two numbers differ: what each says, what survives by the rules and why; ``closed``: the kept
    number's value is closed, and stays unless the regime of source 002 changed it before."""

    field: str
    label: str
    old: str | None
    kept: str | None
    takes_old: bool
    why: str
    closed: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What a merger would do, and what stands against it."""

    fields: Sequence[FieldChoice]
    obstacles: Sequence[Obstacle]


def merge_preview(*, actor: Actor, old: str, kept: str, reason: str = "") -> Preview:
    """Return what merging number ``old`` into ``kept`` would do. Values are masked; with a ``reason``, by who may see
    them, they are whole, and it is recorded."""
    first, second = _seen(actor, old), _seen(actor, kept)
    if reason:
        for one in (first, second):
            reveal(actor=actor, row=one, fields=list(MAIN), reason=reason)
    choices = choices_of(first, second)
    return Preview(choices if reason else [_masked(one) for one in choices], obstacles(first, second))


def _seen(actor: Actor, number: str) -> Person:
    """Return who bears just this number, merged or not."""
    rows = people(actor).select_related("contact", "region")
    found = rows.filter(pk=number).first()
    if found is None:
        raise BusinessError("registry.no_such_person", person=number)
    return found


def choices_of(old: Person, kept: Person) -> list[FieldChoice]:
    """Return of each field in which the two differ what survives, by the rules of merging."""
    from renshe.engine.merging.survivorship import NEW, OLD, Record, survivorship

    records = [
        Record(side, "registry", _values(one), operated_on=_last_worked_on(one))
        for side, one in ((OLD, old), (NEW, kept))
    ]
    closed = SealedRow.objects.filter(table_name=Person._meta.db_table, key=kept.pk).exists()
    return [
        FieldChoice(
            one.name, _label(one.name), one.old, one.new, one.origin == OLD, one.why, closed and one.name in MAIN
        )
        for one in survivorship().choose(records, [*MAIN, *CONTACT])
    ]


def _pair(values: Values) -> tuple[Person, Person] | None:
    found = {one.pk: one for one in Person.objects.filter(pk__in=[values["old_no"], values["person_no"]])}
    old, kept = found.get(str(values["old_no"])), found.get(str(values["person_no"]))
    return (old, kept) if old and kept else None


def _mergeable(values: Values) -> Problems:
    pair = _pair(values)
    if pair is None:
        return {"old_no": "没有其中一个个人编号，请核对"}
    told = "；".join(f"{one.title}（{one.source}），{one.remedy}" for one in obstacles(*pair))
    return {"old_no": told} if told else {}


_OLD = Item("old_no", "并入的个人编号", required=True, length=20, source="person.person_no")
_KEPT = Item("person_no", "保留的个人编号", required=True, length=20, source="person.person_no")
_GROUND = Item("ground", "依据", required=True, length=500)


@case_type(
    "registry.person_merge",
    "人员合并",
    prefix="HB",
    items=[_OLD, _KEPT, Item("stays", "保留编号不采用另一编号值的项目（逗号分隔）", length=200), _GROUND],
    checks=[_mergeable],
    risk="high",
    papers=[Paper("evidence", "同一人的证明材料")],
    person="person_no",
    workdays=10,
    legal="白社保〔2021〕22号 三（七）",
)
def person_merge(case: Case, values: Values) -> None:
    """Make two numbers one."""
    numbers = sorted([str(values["old_no"]), str(values["person_no"])])
    held = {number: person_held(number, case) for number in numbers}
    old, kept = held[str(values["old_no"])], held[str(values["person_no"])]
    choices = choices_of(old, kept)
    stays = {one.strip() for one in str(values["stays"] or "").replace("，", ",").split(",")}
    moved = _move(old, kept)
    taken = {
        one.field: _value(old, one.field)
        for one in choices
        if one.takes_old and not one.closed and one.field not in stays and one.label not in stays
    }
    before = {name: _value(kept, name) for name in taken}
    person_write(actor=writer_of(case), person=kept, values=taken)
    Identifier.objects.filter(~Q(value=kept.id_number), person=kept, kind=kept.id_type, valid_to=None).update(
        valid_to=timezone.localdate()
    )
    Merged.objects.create(
        old=old,
        kept=kept,
        case_no=case.number,
        moved=moved,
        taken=[[name, _plain(before[name]), _plain(taken[name])] for name in taken],
    )
    emit("person.merged", case, old_no=old.pk, kept_no=kept.pk)


def _move(old: Person, kept: Person) -> dict[str, Any]:
    """Move what can stand under the kept number to it; return what was moved, and what ended for it."""
    documents = list(Identifier.objects.filter(person__in=[old, kept]).order_by("pk"))
    standing = [[one.pk, one.person_id, str(one.valid_to) if one.valid_to else None] for one in documents]
    Identifier.objects.filter(person=old).update(person=kept)
    there = set(Life.objects.filter(person=kept, until=None, void=None).values_list("state", flat=True)) | {BIRTH}
    lives = Life.objects.filter(person=old).exclude(state__in=there, until=None).exclude(state=BIRTH)
    cards = Card.objects.filter(person=old)
    moved = {
        "identifiers": standing,
        "lives": list(lives.values_list("pk", flat=True)),
        "cards": list(cards.values_list("pk", flat=True)),
    }
    lives.update(person=kept)
    cards.update(person=kept)
    return moved


def _undoable(values: Values) -> Problems:
    found = Merged.objects.filter(old=str(values["old_no"]), undone_case=None).first()
    if found is None:
        return {"old_no": "该编号没有并入其他编号，不需要撤销；请核对"}
    if Merged.objects.filter(old=found.kept_id, undone_case=None).exists():
        return {"old_no": "保留的编号后来又并入其他编号，请先撤销那一次合并"}
    return {}


@case_type(
    "registry.person_unmerge",
    "撤销人员合并",
    prefix="CH",
    items=[_OLD, _GROUND],
    checks=[_undoable],
    risk="high",
    papers=[Paper("evidence", "不是同一人的证明材料")],
    person="old_no",
    workdays=10,
)
def person_unmerge(case: Case, values: Values) -> None:
    """Take apart what was made one."""
    merged = Merged.objects.select_for_update().get(old=str(values["old_no"]), undone_case=None)
    kept = person_held(merged.kept_id, case)
    merged.undone_case, merged.undone_at = case.number, timezone.now()
    merged.save(update_fields=["undone_case", "undone_at"])
    # What ended or was taken since then stays as it was made since then.
    back = {name: _read(name, was) for name, was, took in merged.taken if _plain(_value(kept, name)) == took}
    person_write(actor=writer_of(case), person=kept, values=back)
    for pk, owner, until in merged.moved["identifiers"]:
        Identifier.objects.filter(pk=pk).update(person=owner, valid_to=until)
    Life.objects.filter(pk__in=merged.moved["lives"]).update(person=merged.old)
    Card.objects.filter(pk__in=merged.moved["cards"]).update(person=merged.old)
    emit("person.unmerged", case, old_no=merged.old_id, kept_no=kept.pk)


@case_type(
    "registry.person_apart",
    "认定为两人",
    prefix="LR",
    items=[_OLD, _KEPT, _GROUND],
    checks=[lambda values: {} if _pair(values) else {"old_no": "没有其中一个个人编号，请核对"}],
    person="person_no",
    workdays=10,
)
def person_apart(case: Case, values: Values) -> None:
    """Keep that two who look like one are two."""
    for number in (values["old_no"], values["person_no"]):
        person_held(str(number), case)
    one, other = sorted((str(values["old_no"]), str(values["person_no"])))
    Apart.objects.create(one_id=one, other_id=other, case_no=case.number)


def _values(person: Person) -> Mapping[str, str | None]:
    return {name: _plain(_value(person, name)) for name in (*MAIN, *CONTACT)}


def _value(person: Person, name: str) -> Any:
    row = person if name in MAIN else Contact.objects.filter(person=person).first()
    return getattr(row, name, None)


def _plain(value: Any) -> str | None:
    return None if value is None else str(value)


def _read(name: str, told: str | None) -> Any:
    """Return what ``_plain`` told as the row has it."""
    field = (Person if name in MAIN else Contact)._meta.get_field(name)
    assert isinstance(field, Field)
    return field.to_python(told)


def _last_worked_on(person: Person) -> str:
    rows = Entry.objects.filter(key=person.pk, table_name__in=(Person._meta.db_table, Contact._meta.db_table))
    last = rows.order_by("-pk").values_list("at", flat=True).first()
    return str(timezone.localdate(last)) if last else ""


def _label(name: str) -> str:
    return "户口性质" if name == "household_kind" else dictionary.table("person").field(name).label


def _masked(one: FieldChoice) -> FieldChoice:
    old, kept = (None if told is None else mask_value("person", one.field, told) for told in (one.old, one.kept))
    return replace(one, old=old, kept=kept)
