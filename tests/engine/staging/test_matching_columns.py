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
