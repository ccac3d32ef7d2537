"""No page may carry a full identity number, name, account or telephone number."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renshe.standards.masks import mask_digits, mask_free, mask_id, mask_name, mask_serial, mask_tail, mask_value

FIELDS = ["name", "payee", "id_number", "bank_account", "phone", "address", "old", "person_no", "period", ""]


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("220802196401011234", "220802********1234"),
        ("22080219640101123X", "220802********123X"),
        ("220802640101123", "220802*****1123"),
        ("H12345678", "H1*****78"),
        ("", ""),
    ],
)
def test_an_identity_number_keeps_region_and_last_four(number: str, shown: str) -> None:
    assert mask_id(number) == shown


@pytest.mark.parametrize(("name", "shown"), [("张三", "张*"), ("欧阳修远", "欧***"), ("丁", "*"), ("", "")])
def test_a_name_keeps_its_first_character(name: str, shown: str) -> None:
    assert mask_name(name) == shown


def test_accounts_and_telephones_keep_four_digits() -> None:
    assert mask_tail("6228481234567890123") == "****0123"
    assert mask_tail("13800001111") == "****1111"
    assert mask_tail("0436") == "****"


def test_unit_names_months_and_amounts_are_shown() -> None:
    assert mask_value("unit", "name", "白城市广源热力有限责任公司") == "白城市广源热力有限责任公司"
    assert mask_value("contribution", "period", "202001") == "202001"
    assert mask_value("account", "closing", "10233.45") == "10233.45"
    assert mask_value("unit_ledger", "base_total", "12345678901.25") == "12345678901.25"


def test_serials_of_an_agency_are_shown_and_what_is_no_serial_is_masked() -> None:
    for number in ("10001234", "2200001234", "22080212345", "P1"):
        assert mask_serial(number) == mask_value("person", "person_no", number) == number
    assert mask_serial("220802196401011234") == "220802********1234"
    assert mask_serial("6228480012345678901") == "****8901"
    assert mask_serial("13800001111") == "****1111"
    assert mask_value("person", "birth_date", "1964-01-01") == "1964-01-01"


def test_free_text_hides_names_and_numbers_but_not_codes() -> None:
    assert mask_free("王小明") == "王**"
    assert mask_free("已核") == "已核"
    assert mask_free("证号220802196401011234") == "证号220802********1234"


@pytest.mark.parametrize(
    "number", ["220802 19640101 1234", "2208-0219-6401-0112-34", "６２２８４８１２３４５６７８９０"]
)
def test_spacing_or_full_width_does_not_show_a_number(number: str) -> None:
    digits = re.sub(r"\D", "", number)
    assert digits not in re.sub(r"[ -]", "", mask_digits(number))


@given(
    field=st.sampled_from(FIELDS),
    before=st.text(max_size=5),
    number=st.from_regex(r"[1-9]\d{5}(19|20)\d{9}[\dX]", fullmatch=True),
    after=st.text(alphabet="张三，。 x-", max_size=5),
)
def test_no_field_shows_a_full_identity_number(field: str, before: str, number: str, after: str) -> None:
    assert number not in mask_value("person", field, before + number + after)


@given(st.text(max_size=40))
def test_masking_never_fails_and_leaves_no_long_number(text: str) -> None:
    for field in FIELDS:
        assert not re.search(r"\d{12}", mask_value("person", field, text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("KY-220822-2026-000001", "KY-220822-2026-000001"),
        ("见 HY-220822-2026-000007、工行 6222020200112233445 账户", "见 HY-220822-2026-000007、工行 ****3445 账户"),
        ("KY-220822196403180123", "KY-220822********0123"),
    ],
)
def test_numbers_of_cases_are_shown_and_words_stay_apart(text: str, shown: str) -> None:
    assert mask_digits(text) == shown
