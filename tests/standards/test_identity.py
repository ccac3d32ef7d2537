"""Numbers of people and units: the sample numbers of the standards, independent oracles, and what must be refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc as stdnum_uscc
from stdnum.iso7064 import mod_11_2

from renshe.standards import identity, regions

CASES: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "cases" / "identity.yaml").read_text("utf-8"))


def by_text(cases: list[dict[str, Any]]) -> Any:
    return pytest.mark.parametrize("case", cases, ids=[f"{c['text']}-{c.get('why', c.get('says'))}" for c in cases])


@by_text(CASES["people"])
def test_number_of_a_person_tells_state_birth_and_sex(case: dict[str, Any]) -> None:
    text = case["text"]
    told = (
        identity.id_state(text),
        identity.canonical17(text),
        identity.id_birth(text),
        identity.id_sex(text),
    )
    assert told == (case["state"], case.get("canonical"), case.get("birth"), case.get("sex"))
    assert identity.is_valid_id_number(text) is (case["state"] == "valid")


@pytest.mark.parametrize("text", [None, "", "  ", "\u3000\t"])
def test_empty_has_no_state(text: str | None) -> None:
    assert identity.identify(text) is None
    assert (identity.id_state(text), identity.canonical17(text), identity.id_birth(text), identity.id_sex(text)) == (
        None,
    ) * 4
    assert identity.uscc_state(text) is None
    assert identity.org_code_state(text) is None
    assert not identity.is_valid_id_number(text)


@pytest.mark.parametrize("text", CASES["social_security_numbers"]["right"])
def test_social_security_number_may_be_a_citizens_or_a_foreigners(text: str) -> None:
    assert identity.is_valid_social_security_number(text)


@pytest.mark.parametrize("text", CASES["social_security_numbers"]["wrong"])
def test_social_security_number_that_begins_with_a_digit_has_18_places(text: str) -> None:
    assert not identity.is_valid_social_security_number(text)


@by_text([case for case in CASES["people"] if "upgraded" in case])
def test_fifteen_digits_become_eighteen(case: dict[str, Any]) -> None:
    upgraded = identity.upgrade_id_number(case["text"])
    assert upgraded == case["upgraded"]
    assert identity.canonical17(upgraded) == identity.canonical17(case["text"])


@by_text(CASES["not_upgradable"])
def test_upgrade_refuses_with_a_remedy(case: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=case["says"]) as refused:
        identity.upgrade_id_number(case["text"])
    assert "请核对" in str(refused.value)


def test_birth_after_the_day_asked_about_is_a_wrong_date() -> None:
    number = "11010520240229001" + identity.id_check_char("11010520240229001")
    assert identity.id_state(number, on=date(2024, 2, 28)) == "date"
    assert identity.id_state(number, on=date(2024, 2, 29)) == "valid"


def test_birth_after_today_is_a_wrong_date() -> None:
    tomorrow = date.fromordinal(date.today().toordinal() + 1)
    digits = f"110105{tomorrow:%Y%m%d}001"
    assert identity.id_state(digits + identity.id_check_char(digits)) == "date"


@pytest.mark.parametrize("code", ["110103", "110229", "222301", "371200", "510202", "460001", "429004", "659013"])
def test_abolished_and_new_regions_are_valid(code: str) -> None:
    digits = f"{code}19600101123"
    assert identity.is_valid_id_number(digits + identity.id_check_char(digits))


@given(st.from_regex(r"[0-9]{17}", fullmatch=True))
def test_check_character_is_that_of_iso_7064(digits: str) -> None:
    assert identity.id_check_char(digits) == mod_11_2.calc_check_digit(digits)


@given(
    st.sampled_from(sorted(regions.known_codes())),
    st.dates(date(1900, 1, 1), date(2020, 12, 31)),
    st.integers(0, 999),
    st.integers(0, 17),
    st.sampled_from("0123456789"),
)
def test_one_wrong_digit_is_always_found(code: str, born: date, sequence: int, place: int, digit: str) -> None:
    digits = f"{code}{born:%Y%m%d}{sequence:03}"
    number = digits + identity.id_check_char(digits)
    assert identity.is_valid_id_number(number)
    assert (identity.id_birth(number), identity.id_sex(number)) == (born, "1" if sequence % 2 else "2")
    damaged = number[:place] + digit + number[place + 1 :]
    assert identity.is_valid_id_number(damaged) is (damaged == number)


@given(st.text(max_size=24))
def test_any_text_has_exactly_one_state(text: str) -> None:
    found = identity.identify(text)
    if found is None:
        assert text.strip(identity.BLANKS) == ""
    else:
        told = found.state in ("valid", "old", "region")
        assert (found.birth is not None, found.sex is not None) == (told, told)
        assert (found.canonical is not None) == (told or found.state == "foreign")


@by_text(CASES["credit_codes"])
def test_credit_code_has_a_state(case: dict[str, Any]) -> None:
    assert identity.uscc_state(case["text"]) == case["state"]
    assert identity.is_valid_uscc(case["text"]) is (case["state"] == "valid")
    assert identity.uscc_org_code(case["text"]) == case.get("org_code")


@given(
    st.from_regex(rf"[1-9][1-9][0-9]{{6}}[{identity.USCC_ALPHABET}]{{9}}", fullmatch=True),
    st.sampled_from(identity.USCC_ALPHABET),
)
def test_credit_code_agrees_with_an_independent_library(body: str, check: str) -> None:
    assert identity.uscc_check_char(body) == stdnum_uscc.calc_check_digit(body)
    assert identity.is_valid_uscc(body + check) == stdnum_uscc.is_valid(body + check)


@pytest.mark.parametrize("first", ["N2", "A1", "Y1"])
def test_credit_code_of_villages_army_and_others_begins_with_a_letter(first: str) -> None:
    body = f"{first}220802M000100Y4"
    assert identity.is_valid_uscc(body + identity.uscc_check_char(body))


@by_text(CASES["organisation_codes"])
def test_organisation_code_has_a_state(case: dict[str, Any]) -> None:
    assert identity.org_code_state(case["text"]) == case["state"]
    assert identity.is_valid_org_code(case["text"]) is (case["state"] == "valid")


@by_text([case for case in CASES["credit_codes"] if case["state"] == "valid"])
def test_organisation_code_inside_a_credit_code_is_valid(case: dict[str, Any]) -> None:
    assert identity.is_valid_org_code(case["org_code"])
