"""Sealed business data (封存), and the one change that an approved request opens them for."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection, transaction
from django.utils import timezone
from tests.core.toys.models import Person

from renshe.core.errors import BusinessError
from renshe.core.journal.closing import row_open, rows_close
from renshe.core.journal.context import Context, declared
from renshe.core.journal.models import Entry, SealedRow, Unsealing

CLERK = Context(operator="op-7", reason="登记")
LEAD = Context(operator="op-1", reason="解封", approval="修改申请 2026-3")
DESIGNATED = Context(operator="op-5", reason="按申请修改", case="修改申请 2026-3")


@pytest.fixture
def sealed(db: None) -> Person:
    with declared(CLERK):
        person = Person.objects.create(name="张丽华", id_number="220802196403180123", birth=dt.date(1964, 3, 18))
    with declared(Context(operator="op-2", reason="审核后封存", approval="复核 2026-1")):
        assert rows_close(table="toys_person", keys=[str(person.pk)]) == 1
    return person


def opened(
    person: Person, *fields: str, until: dt.datetime | None = None, context: Context = LEAD, operator: str = "op-5"
) -> int:
    with declared(context):
        return row_open(
            table="toys_person",
            key=str(person.pk),
            fields=fields,
            operator=operator,
            until=until or timezone.now() + dt.timedelta(hours=4),
        )


@pytest.mark.req("S2-37")
@pytest.mark.parametrize("who", ["clerk", "approved", "raw", "delete"])
def test_sealed_data_are_changed_by_nobody(sealed: Person, who: str) -> None:
    context = LEAD if who in ("approved", "delete") else CLERK
    with pytest.raises(BusinessError, match="已封存"), declared(context):
        if who == "raw":
            connection.cursor().execute("UPDATE toys_person SET name = 'x'")
        elif who == "delete":
            Person.objects.all().delete()
        else:
            Person.objects.update(name="x")
    sealed.refresh_from_db()
    assert (
        sealed.name == "张丽华" and not Entry.objects.filter(table_name="toys_person").exclude(operation="I").exists()
    )


def test_what_is_not_sealed_changes_beside_it(sealed: Person) -> None:
    with declared(CLERK):
        other = Person.objects.create(name="李伟")
        other.name = "李卫"
        other.save()
        Person.objects.filter(pk=sealed.pk).update(name="张丽华")
    assert Person.objects.filter(name="李卫").exists()


@pytest.mark.req("S2-42", "S2-43")
def test_it_is_unsealed_for_the_named_items_and_the_designated_person_alone(sealed: Person) -> None:
    opened(sealed, "birth")
    for context, change in ((CLERK, {"birth": dt.date(1964, 8, 13)}), (DESIGNATED, {"name": "张丽花"})):
        with pytest.raises(BusinessError, match="已封存"), declared(context):
            Person.objects.update(**change)
    with declared(DESIGNATED):
        Person.objects.update(birth=dt.date(1964, 8, 13))
    changed = Entry.objects.get(table_name="toys_person", operation="U")
    assert (changed.operator, changed.case_no, changed.after["birth"]) == ("op-5", "修改申请 2026-3", "1964-08-13")
    with declared(Context(operator="op-2", reason="核对后封存", approval="修改申请 2026-3")):
        assert rows_close(table="toys_person", keys=[str(sealed.pk)]) == 0
    with pytest.raises(BusinessError, match="已封存"), declared(DESIGNATED):
        Person.objects.update(birth=dt.date(1965, 1, 1))


@pytest.mark.req("S2-42")
def test_an_unsealing_expires(committed: None) -> None:
    with declared(CLERK):
        person = Person.objects.create(name="张丽华")
    with declared(LEAD):
        rows_close(table="toys_person", keys=[str(person.pk)])
    opened(person, "name", until=timezone.now() + dt.timedelta(milliseconds=300))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.4)")
    with pytest.raises(BusinessError, match="已封存"), declared(DESIGNATED):
        Person.objects.update(name="x")


@pytest.mark.parametrize(
    ("context", "fields", "hours", "said"),
    [
        (CLERK, ["name"], 4, "没有批准的申请"),
        (Context(operator="op-1", reason="解封", approval="随便写"), ["name"], 4, "“随便写”不是已批准的申请"),
        (Context(operator="op-5", reason="解封", approval="修改申请 2026-3"), ["name"], 4, "解封人不能同时是修改人"),
        (LEAD, [], 4, "写明该表的项目"),
        (LEAD, ["nosuch"], 4, "写明该表的项目"),
        (LEAD, ["name"], 24 * 32, "31 天以内"),
        (LEAD, ["name"], -1, "截止时间"),
    ],
)
def test_an_unsealing_without_approval_items_or_end_or_for_oneself_is_refused(
    sealed: Person, context: Context, fields: list[str], hours: int, said: str
) -> None:
    with pytest.raises(BusinessError, match=said), transaction.atomic():
        opened(sealed, *fields, until=timezone.now() + dt.timedelta(hours=hours), context=context)
    assert not Unsealing.objects.exists()


def test_a_row_is_unsealed_for_one_person_at_a_time(sealed: Person) -> None:
    opened(sealed, "name")
    with pytest.raises(BusinessError, match="已为他人解封"), transaction.atomic(), declared(LEAD):
        row_open(
            table="toys_person",
            key=str(sealed.pk),
            fields=["name"],
            operator="op-6",
            until=timezone.now() + dt.timedelta(hours=1),
        )
    assert [one.operator for one in Unsealing.objects.all()] == ["op-5"]


@pytest.mark.parametrize("operator", ["ghost", "op-5 ", "", "system"])
def test_a_row_is_unsealed_for_nobody_who_does_not_work_here(sealed: Person, operator: str) -> None:
    with pytest.raises(BusinessError, match="不是在岗人员的工号"), transaction.atomic():
        opened(sealed, "name", operator=operator)
    assert not Unsealing.objects.exists()


@pytest.mark.parametrize(
    ("context", "said"),
    [
        (CLERK, "没有批准的申请"),
        (Context(operator="op-2", reason="封存", approval="随便写"), "“随便写”不是已批准的申请"),
    ],
)
def test_nobody_seals_without_an_approval(db: None, context: Context, said: str) -> None:
    with pytest.raises(BusinessError, match=said), declared(context):
        rows_close(table="toys_person", keys=["1"])
    assert not SealedRow.objects.exists()
