"""People registered, changed, and found: one number, one entrance, one truth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_10
from tests.core.casework.conftest import HERE, Office
from tests.core.org.bureau import SETUP
from tests.modules.registry.desk import agree, done, handed_in, id_number, person_form, registered

from renshe.core.casework.models import Case, State
from renshe.core.casework.services import case_start
from renshe.core.errors import BusinessError
from renshe.core.journal.closing import rows_close
from renshe.core.journal.context import declared
from renshe.core.journal.models import Entry
from renshe.core.org.models import AttributeField, AttributeGroup, Department, Operator
from renshe.modules.registry.models import Contact, Identifier, Life, Person
from renshe.modules.registry.numbering import person_numbers
from renshe.modules.registry.people import MAIN, person_write
from renshe.standards.serials import is_valid_serial, with_check_digit


@given(st.integers(0, 10**9), st.data())
def test_one_wrong_digit_makes_no_number(serial: int, data: st.DataObject) -> None:
    number = with_check_digit(serial)
    assert is_valid_serial(number)
    at = data.draw(st.integers(0, len(number) - 1))
    wrong = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != number[at]]))
    assert not is_valid_serial(number[:at] + wrong + number[at + 1 :])


def test_the_check_digit_is_that_of_the_standard() -> None:
    assert with_check_digit(79462) == "794623"
    assert all(mod_11_10.is_valid(with_check_digit(serial)) for serial in range(100, 2000, 7))
    assert not is_valid_serial("") and not is_valid_serial("１２") and not is_valid_serial(None)


@pytest.mark.req("S4-19")
def test_numbers_are_drawn_many_at_once_and_never_twice(registry: Office) -> None:
    drawn = [*person_numbers(1000), *person_numbers(1)]
    assert len(set(drawn)) == 1001 and all(map(is_valid_serial, drawn)) and {len(one) for one in drawn} == {10}


@pytest.mark.req("S4-19", "S4-3", "S4-20")
def test_somebody_is_registered_by_a_case_and_has_a_number_for_life(registry: Office) -> None:
    town = registered(registry, 1, household_kind="10")
    country = registered(registry, 3, household_kind="20", name="李秀英")
    assert town.pk != country.pk and is_valid_serial(town.pk)
    assert Contact.objects.get(person=country).household_kind == "20"
    assert Identifier.objects.get(person=town).value == town.id_number
    case = Case.objects.get(person=town.pk)
    entry = Entry.objects.get(table_name="registry_person", key=town.pk)
    assert (case.type, entry.case_no, entry.person, entry.region) == (
        "registry.person_register", case.number, town.pk, HERE,
    )  # fmt: skip


def test_an_identity_number_is_one_persons(registry: Office) -> None:
    first = registered(registry, 1)
    with pytest.raises(BusinessError, match=first.pk):
        handed_in(registry.maker, "registry.person_register", person_form(1, name="王芳"))
    assert Person.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"id_number": "220822198001010019"}, "校验码"),
        ({"sex": "2"}, "性别"),
        ({"birth_date": "1980-02-01", "id_number": id_number(1)}, "出生"),
        ({"phone": "138436"}, "联系电话"),
        ({"household_kind": "77"}, "户口性质"),
    ],
)
def test_a_form_that_rules_find_wrong_is_not_taken(registry: Office, wrong: dict[str, str], told: str) -> None:
    with pytest.raises(BusinessError, match=told):
        handed_in(registry.maker, "registry.person_register", person_form(1, **wrong))
    assert not Person.objects.exists()


@pytest.mark.req("S4-22", "S4-23", "S4-35")
def test_natural_attributes_change_by_one_service_and_every_reader_sees_it(registry: Office) -> None:
    person = registered(registry, 1)
    done(registry, "registry.person_change", {"person_no": person.pk, "phone": "13843600002", "ground": "本人申请"})
    assert Contact.objects.get(pk=person.pk).phone == "13843600002"
    before = Entry.objects.count()
    with declared(SETUP), pytest.raises(LookupError):
        person_write(actor=registry.maker, person=person, values={"region": "220802"})
    assert Entry.objects.count() == before


@pytest.mark.req("S4-21")
def test_a_field_is_changed_by_the_department_that_keeps_it(registry: Office) -> None:
    person = registered(registry, 1)
    with declared(SETUP):
        group = AttributeGroup.objects.create(code="natural", name="自然属性", department_kind="pension")
        AttributeField.objects.create(group=group, table="registry_contact", field="phone")
    form = {"person_no": person.pk, "phone": "13843600002", "ground": "本人申请"}
    with pytest.raises(BusinessError, match="归口科室"):
        done(registry, "registry.person_change", form)
    assert Contact.objects.get(pk=person.pk).phone == "13843600001"
    with declared(SETUP):
        pension = Department.objects.get(agency__region=HERE, kind="pension")
        Operator.objects.filter(number=registry.maker.operator).update(department=pension)
    done(registry, "registry.person_change", form)
    assert Contact.objects.get(pk=person.pk).phone == "13843600002"


def test_name_and_number_within_a_year_are_checked_twice(registry: Office) -> None:
    person = registered(registry, 1)
    both = {"person_no": person.pk, "name": "张莉华", "id_number": id_number(3), "id_type": "01", "ground": "更正"}
    assert handed_in(registry.maker, "registry.person_key", both).needed == 3
    name = {"person_no": person.pk, "name": "张莉华", "ground": "户籍更正"}
    case = handed_in(registry.maker, "registry.person_key", name)
    assert case.needed == 2
    assert agree(case, registry.checker, registry.approver).state == State.DONE
    person.refresh_from_db()
    assert person.name == "张莉华"
    number = {"person_no": person.pk, "id_type": "01", "id_number": id_number(5), "ground": "证件更正"}
    case = handed_in(registry.maker, "registry.person_key", number)
    assert case.needed == 3
    with pytest.raises(BusinessError, match=r"没有在|不同人员"):
        agree(case, registry.checker, registry.approver)
    person.refresh_from_db()
    assert person.id_number == id_number(1)


def test_identifiers_follow_the_number_and_keep_what_was(registry: Office) -> None:
    person = registered(registry, 1)
    form = {"person_no": person.pk, "id_type": "01", "id_number": id_number(5), "ground": "证件更正"}
    done(registry, "registry.person_key", form)
    values = Identifier.objects.filter(person=person).order_by("pk").values_list("value", "valid_to")
    assert [(value, ended is None) for value, ended in values] == [(id_number(1), False), (id_number(5), True)]


@pytest.mark.req("S2-37")
def test_what_is_closed_changes_by_no_ordinary_case(registry: Office) -> None:
    person = registered(registry, 1)
    with declared(SETUP):
        rows_close(table="registry_person", keys=[person.pk])
    with pytest.raises(BusinessError, match="业务数据修改申请表"):
        done(registry, "registry.person_change", {"person_no": person.pk, "ethnicity": "02", "ground": "申请"})
    done(registry, "registry.person_change", {"person_no": person.pk, "address": "井台村 1 号", "ground": "申请"})
    person.refresh_from_db()
    assert person.ethnicity == "01" and person.contact.address == "井台村 1 号"


def test_people_of_another_region_are_changed_there(registry: Office) -> None:
    person = registered(registry, 1, region="220802")
    form = {"person_no": person.pk, "phone": "13843600002", "ground": "本人申请"}
    with pytest.raises(BusinessError, match="个人编号"):
        done(registry, "registry.person_change", form)
    with pytest.raises(BusinessError):
        case_start(actor=registry.maker, type="registry.person_change", region="220802", form=form)
    assert Contact.objects.get(pk=person.pk).phone == "13843600001"


def test_the_main_data_are_the_class_a_items_of_the_dictionary() -> None:
    columns = {one.name for one in Person._meta.concrete_fields}
    assert set(MAIN) <= columns and not {"phone", "address"} & columns


def test_whoever_is_registered_is_born(registry: Office) -> None:
    person = registered(registry, 1)
    assert list(Life.objects.values_list("state", "since")) == [("birth", person.birth_date)]
