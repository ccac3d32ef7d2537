"""Who finds which changes: those of his agencies, and all that was done to the rows of his regions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from django.db import connection
from django.utils import timezone
from tests.core.org.bureau import SETUP, Bureau
from tests.core.toys.models import Person, Shop, Stall

from renshe.core.casework.models import Case, Decision
from renshe.core.errors import BusinessError
from renshe.core.journal.context import Context, declared
from renshe.core.journal.models import Entry
from renshe.core.org.models import Disclosure
from renshe.core.registers.tracing import Asked, entries, entry_reveal, found


def keys(bureau: Bureau, asked: Asked, region: str = "220822") -> list[str]:
    return [one.key for one in entries(actor=bureau.at("audit", region), asked=asked).entries]


def case(bureau: Bureau, number: str, region: str) -> Case:
    return Case.objects.create(
        number=number,
        type="x",
        version=1,
        region=bureau.regions[region],
        agency="ag-220802",
        maker="m",
        channel="counter",
        form={"name": "张丽华", "id_number": "220802196403180123"},
        digest="x",
        person="1001",
        needed=1,
    )


@pytest.mark.req("S1-61")
def test_changes_are_found_by_person_unit_field_operator_case_and_day(bureau: Bureau) -> None:
    own = bureau.at("entry")
    with declared(own.context("登记", case="C-1")):
        person = Person.objects.create(name="张丽华", birth=dt.date(1964, 3, 18))
        Shop.objects.create(code="s1", name="第一中学")
    with declared(own.context("更正")):
        Person.objects.update(name="张丽花")
    number = str(person.pk)
    assert keys(bureau, Asked(person=number)) == [number, number]
    assert keys(bureau, Asked(unit="s1")) == ["s1"]
    assert keys(bureau, Asked(table="toys_person", field="birth")) == [number]
    assert len(keys(bureau, Asked(table="toys_person", field="name"))) == 2
    assert keys(bureau, Asked(table="toys_person", field="id_number")) == []
    assert keys(bureau, Asked(case="C-1")) == ["s1", number]
    assert len(keys(bureau, Asked(operator=own.operator))) == 3
    today = timezone.localdate()
    assert len(keys(bureau, Asked(operator=own.operator, first=today, last=today))) == 3
    assert keys(bureau, Asked(operator=own.operator, last=today - dt.timedelta(days=1))) == []
    assert keys(bureau, Asked(operator=own.operator, first=today + dt.timedelta(days=1))) == []


def test_pages_follow_each_other_without_gap_or_double(bureau: Bureau) -> None:
    with declared(bureau.at("entry").context("登记", case="C-1")):
        for at in range(7):
            Shop.objects.create(code=f"s{at}", name="x")
    seen: list[str] = []
    before = None
    for size in (3, 3, 1):
        page = entries(actor=bureau.at("audit"), asked=Asked(case="C-1"), before=before, limit=3)
        assert len(page.entries) == size
        seen += [one.key for one in page.entries]
        before = page.before
    assert before is None and seen == [f"s{at}" for at in reversed(range(7))]


@pytest.mark.req("S4-4", part="the owning region sees what was changed")
def test_a_region_sees_what_another_did_to_its_rows_and_what_was_taken_away(bureau: Bureau) -> None:
    other = bureau.at("entry", "220802")
    with declared(other.context("异地受理", case="C-1")):
        made = case(bureau, "K-1", "220822")
        Decision.objects.create(case=made, round=1, operator="m", verdict="submit", digest="x")
        Stall.objects.create(code="t1", region=bureau.regions["220822"])
    asked = Asked(case="C-1")
    # The decision belongs to its case's region.
    assert len(keys(bureau, asked)) == 3 and len(keys(bureau, asked, "220802")) == 3
    assert len(keys(bureau, asked, "220800")) == 3 and keys(bureau, asked, "220822101") == []
    with declared(other.context("划走", case="C-2")):
        Stall.objects.update(region="220802")
    moved = Entry.objects.get(case_no="C-2")
    assert (moved.region, moved.region_before) == ("220802", "220822")
    assert len(keys(bureau, Asked(case="C-2"))) == 1


def test_what_no_region_is_known_of_is_seen_by_nobody(bureau: Bureau) -> None:
    with declared(Context(operator="op-8", reason="x", case="C-1")):
        Shop.objects.create(code="s1", name="一")
    assert Entry.objects.filter(case_no="C-1").count() == 1
    assert keys(bureau, Asked(case="C-1"), "220000") == []


def test_without_the_right_nothing_is_seen(bureau: Bureau) -> None:
    with declared(bureau.at("entry").context("登记", case="C-1")):
        Shop.objects.create(code="s1", name="一")
    with declared(SETUP):
        bureau.operator("audit").holding_set.update(valid_until=timezone.localdate() - dt.timedelta(days=1))
    assert keys(bureau, Asked(case="C-1")) == []


def test_personal_values_are_masked_and_what_is_revealed_is_recorded(bureau: Bureau) -> None:
    with declared(bureau.at("entry").context("受理 220802196403180123", case="C-1")):
        case(bureau, "K-1", "220822")
    [one] = entries(actor=bureau.at("audit"), asked=Asked(case="C-1")).entries
    assert one.changes["form"] == (None, {"name": "张**", "id_number": "220802********0123"})
    assert "19640318" not in repr(one)
    whole = entry_reveal(actor=bureau.at("audit"), entry=one.id, fields=["form"], reason="核实投诉")
    assert whole["form"][1]["name"] == "张丽华"
    assert Disclosure.objects.get().table == "casework_case"
    for actor, fields, reason in (
        (bureau.at("audit", "220802"), ["form"], "x"),
        (bureau.at("audit"), ["form"], " "),
        (bureau.at("audit"), ["nothing"], "x"),
    ):
        with pytest.raises(BusinessError):
            entry_reveal(actor=actor, entry=one.id, fields=fields, reason=reason)
    assert Disclosure.objects.count() == 1


@pytest.fixture
def crowd(bureau: Bureau) -> Iterator[Bureau]:
    """A journal of 200,000 entries."""
    with declared(bureau.at("entry").context("批量登记", case="C-1")), connection.cursor() as cursor:
        cursor.execute("INSERT INTO toys_shop SELECT 's' || n, '店' FROM generate_series(1, 199990) n")
    with declared(Context("op-9", "更正", "ag-220822", None, "C-9")), connection.cursor() as cursor:
        cursor.execute("UPDATE toys_shop SET name = '改' WHERE code IN ('s1', 's2', 's3')")
        cursor.execute("INSERT INTO toys_person (name) SELECT '张' FROM generate_series(1, 10)")
        cursor.execute("ANALYZE journal_entry")
    return bureau


def test_a_large_journal_is_searched_by_its_indexes(crowd: Bureau) -> None:
    person = str(Person.objects.order_by("pk")[0].pk)
    today = timezone.localdate()
    for asked in (
        Asked(person=person),
        Asked(unit="s7"),
        Asked(unit="s7", field="name"),
        Asked(table="toys_shop", key="s7"),
        Asked(case="C-9"),
        Asked(operator="op-9", first=today, last=today),
        Asked(first=today),
    ):
        rows = found(crowd.at("audit"), asked, asked.first).order_by("-id")[:51]
        plan = rows.explain()
        assert "Index" in plan and "Seq Scan on journal_entry" not in plan, f"{asked}\n{plan}"
