"""What was changed against what was asked for."""

from __future__ import annotations

import pytest
from tests.core.org.bureau import Bureau
from tests.core.toys.models import Account, Person

from renshe.core.journal.context import declared
from renshe.core.registers.comparing import Change, case_changes, changes_against


def asked(key: str | None, field: str, old: object, new: object) -> Change:
    return Change("toys_person", key, field, old, new)


@pytest.mark.req("S2-45", part="the check itself; the screen comes with the pages")
def test_what_is_extra_missing_and_different_is_named(bureau: Bureau) -> None:
    with declared(bureau.at("entry").context("登记")):
        one = Person.objects.create(name="张丽华")
        other = Person.objects.create(name="李芳")
    with declared(bureau.at("entry").context("按申请修改", case="C-1")):
        Person.objects.filter(pk=one.pk).update(name="张丽花")
        Person.objects.filter(pk=other.pk).update(name="李 芳")
    wanted = [
        asked(str(one.pk), "name", "张丽华", "张莉华"),
        asked(str(one.pk), "birth", None, "1964-03-18"),
    ]
    found = changes_against(wanted, case_changes("C-1"))
    assert found.different == [(wanted[0], asked(str(one.pk), "name", "张丽华", "张丽花"))]
    assert found.missing == [wanted[1]] and found.extra == [asked(str(other.pk), "name", "李芳", "李 芳")]
    assert not found.none


def test_several_changes_of_a_field_count_as_one_and_back_again_as_none(bureau: Bureau) -> None:
    with declared(bureau.at("entry").context("登记")):
        person = Person.objects.create(name="张丽华", id_number="1")
    with declared(bureau.at("entry").context("按申请修改", case="C-1")):
        for name, number in (("x", "2"), ("张丽花", "1")):
            Person.objects.update(name=name, id_number=number)
    assert changes_against([asked(str(person.pk), "name", "张丽华", "张丽花")], case_changes("C-1")).none


def test_a_new_row_is_compared_without_its_number_and_sums_however_written(bureau: Bureau) -> None:
    with declared(bureau.at("entry").context("登记")):
        person = Person.objects.create(name="张丽华")
    with declared(bureau.at("entry").context("补建账户", case="C-1")):
        Account.objects.create(person=person, year=2020, balance="12.30")
    wanted = [
        Change("toys_account", None, field, None, value)
        for field, value in (("person_id", person.pk), ("year", "2020"), ("balance", "12.3"))
    ]
    assert changes_against(wanted, case_changes("C-1")).none
    assert len(changes_against(wanted[:2], case_changes("C-1")).extra) == 1


def test_a_code_with_a_leading_nought_is_no_number() -> None:
    made = [asked("1", "code", "01", "1")]
    assert changes_against([asked("1", "code", "01", "01")], made).different
