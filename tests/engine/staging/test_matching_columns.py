"""Which column fills which field."""

from __future__ import annotations

import pytest

from renshe.engine.staging.columns import ColumnError, known_names, match_columns
from renshe.standards.dictionary import TABLES, table


@pytest.mark.req("S0-1", part="columns")
@pytest.mark.parametrize(
    ("written", "field"),
    [
        ("AAC002", "id_number"),
        ("aac002", "id_number"),
        ("id_number", "id_number"),
        ("社会保障号码", "id_number"),
        ("身份证号", "id_number"),
        ("身份证号 码", "id_number"),
        ("姓　名", "name"),
        ("ＡＡＣ００３", "name"),
        ("＊性别", "sex"),
        ("联系电话（手机）", "phone"),
    ],
)
def test_a_column_is_known_by_code_name_label_or_alias(written: str, field: str) -> None:
    assert match_columns("person", ["其他", written], {}).fields == {field: 1}


@pytest.mark.req("S0-1", part="columns")
@pytest.mark.parametrize(
    ("name", "header", "fields"),
    [
        ("person", "编号 XM SFZH xb CSRQ DWBH 住址", "person_no name id_number sex birth_date unit_no address"),
        ("person", "生日 户口所在地区划 居住地区划代码", "birth_date household_code residence_code"),
        ("unit", "编号 DWMC 住址", "unit_no name address"),
        ("benefit", "GRBH 卡号", "person_no bank_account"),
        ("contribution", "GRBH 所属年月 类型 JFJS", "person_no period kind base"),
        ("account", "GRBH 账户种类", "person_no account_kind"),
        ("account", "GRBH 类型", "person_no account_kind"),
        ("change", "DWBH 类型 日期", "unit_no kind date"),
        ("transfer", "类型 日期", "direction date"),
    ],
)
def test_short_headings_and_initials_are_known_where_one_field_can_be_meant(
    name: str, header: str, fields: str
) -> None:
    found = match_columns(name, header.split(), {})
    assert found.fields == {field: at for at, field in enumerate(fields.split())}


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("contribution", "编号"),
        ("person", "卡号"),
        ("person", "日期"),
        ("unit", "类型"),
        ("benefit", "类型"),
        ("enrolment", "日期"),
    ],
)
def test_a_heading_that_may_mean_two_fields_is_left_to_the_project(name: str, heading: str) -> None:
    assert match_columns(name, [heading], {}).fields == {}


def test_what_the_project_names_comes_first_and_is_not_matched_twice() -> None:
    found = match_columns("person", ["个人编号", "姓名", "曾用名"], {"name": "曾用名"})
    assert found.fields == {"name": 2, "person_no": 0}
    assert found.unmatched == (1,)


def test_a_named_column_that_is_not_there_is_refused_with_what_is() -> None:
    with pytest.raises(ColumnError, match=r"name = “名字”.*个人编号、姓名"):
        match_columns("person", ["个人编号", "姓名"], {"name": "名字"})


def test_the_first_of_two_columns_with_one_meaning_is_taken_and_the_other_reported() -> None:
    found = match_columns("person", ["身份证号", "证件号码"], {})
    assert found.fields == {"id_number": 0}
    assert found.unmatched == (1,)


@pytest.mark.parametrize("name", TABLES)
def test_every_field_is_known_by_its_own_code_name_and_label(name: str) -> None:
    known = known_names(name)
    for field in table(name).fields:
        for text in filter(None, (field.code, field.name, field.label)):
            assert match_columns(name, [text], {}).fields == {field.name: 0}, text
    assert set(known.values()) == set(table(name).names)


def test_a_code_wins_over_an_alias_that_stands_before_it() -> None:
    assert match_columns("person", ["AAE135", "AAC002"], {}).fields == {"id_number": 1}


def test_the_code_that_a_column_bears_is_kept_for_reading_its_values() -> None:
    assert match_columns("contribution", ["AAE143", "缴费基数"], {}).spoken == {"kind": "AAE143"}


def test_a_name_that_a_dbf_cut_to_ten_characters_is_known_where_only_one_field_can_be_meant() -> None:
    matching = match_columns("person", ["FILE_BIRTH", "HOUSEHOLD_", "WORK_START"], {})
    assert set(matching.fields) == {"file_birth_date", "household_code", "work_start_date"}
