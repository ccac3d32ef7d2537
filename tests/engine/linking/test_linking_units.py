"""Which unit of one system is which of another."""

from __future__ import annotations

from typing import Any

from tests.engine.linking.conftest import Linked, Row, number, person

USCC = "912208007710234573"


def unit(system: str, no: str, name: str, **more: Any) -> Row:
    return {"system": system, "unit_no": no, "name": name, **more}


def test_a_name_with_or_without_region_and_form_is_one_unit_by_its_representative(linked: Linked) -> None:
    found = linked(
        units=[
            unit("pension", "10", "吉林省白城市兴达商贸有限责任公司", legal_rep="柳如烟", phone="0436-3211234"),
            unit("medical", "77", "白城兴达商贸有限公司", legal_rep="柳如煙", phone="0436-3211234"),
            unit("medical", "78", "白城市第一中学"),
            unit("pension", "11", "白城市第二中学"),
        ]
    )
    assert found.decision("10", "77", "unit_") == "same"
    assert found.decision("78", "11", "unit_") != "same"
    assert found.cluster("10", "unit_") == {"10", "77"}


def test_a_branch_is_not_its_owner(linked: Linked) -> None:
    found = linked(
        units=[
            unit("pension", "10", "白城市兴达商贸有限公司", legal_rep="柳如烟", phone="0436-3211234"),
            unit("medical", "77", "白城市兴达商贸有限公司洮南分公司", legal_rep="柳如烟", phone="0436-3211234"),
        ]
    )
    assert found.decision("10", "77", "unit_") != "same"


def test_people_tell_which_unit_is_which(linked: Linked) -> None:
    colleagues = []
    for at in range(6):
        proved = number(f"2208021970050{at + 1}012")
        for system, prefix, employer in (("pension", "P", "10"), ("medical", "M", "77")):
            colleagues.append(person(system, f"{prefix}c{at}", proved, f"欧阳建{'国民军华平安'[at]}", unit_no=employer))
    somebody = number("22080219640318012")
    found = linked(
        *colleagues,
        person("pension", "P1", somebody, "柳如烟", "1964-03-18", sex="2", unit_no="10"),
        person("medical", "M1", None, "柳如烟", "1964-03-18", sex="2", unit_no="77"),
    )
    assert found.decision("10", "77", "unit_") == "same"
    assert "在职人员大多相同" in found.pair("10", "77", "unit_")["why"]
    assert "单位相同" in found.pair("P1", "M1")["why"]


def test_units_of_which_a_system_knows_the_number_alone_are_told_by_their_people(linked: Linked) -> None:
    colleagues = [
        person(system, f"{prefix}c{at}", number(f"2208021970050{at + 1}012"), f"欧阳建{'国民军'[at]}", unit_no=employer)
        for at in range(3)
        for system, prefix, employer in (("pension", "P", "10"), ("medical", "M", "77"))
    ]
    found = linked(*colleagues)
    assert found.decision("10", "77", "unit_") == "same"
    assert "一方只知编号，在职人员大多相同" in found.pair("10", "77", "unit_")["why"]
