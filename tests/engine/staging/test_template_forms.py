"""A returned header and its rows are held against what was given out; every difference is named."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renshe.engine.sources.sheet_xml import column_letters
from renshe.engine.staging.form import (
    FormError,
    differences,
    need_today,
    new_form,
    order_problem,
    ordinal_of,
    read_form,
    row_key,
)
from renshe.standards.dictionary import TABLES

names = st.lists(
    st.text(st.sampled_from("甲乙丙丁戊己庚辛"), min_size=1, max_size=3), min_size=1, max_size=8, unique=True
)


def told(expected: list[str], found: list[str]) -> list[str]:
    return differences(expected, found, [column_letters(at) for at in range(len(found))], 2)


@given(names, names)
def test_only_the_same_columns_in_the_same_order_do_not_differ(expected: list[str], found: list[str]) -> None:
    assert (told(expected, found) == []) == (expected == found)


@given(names, st.data())
def test_every_missing_column_is_named_with_its_place(expected: list[str], data: st.DataObject) -> None:
    kept = data.draw(st.lists(st.booleans(), min_size=len(expected), max_size=len(expected)))
    found = [name for name, keep in zip(expected, kept, strict=True) if keep]
    missing = [f"缺“{name}”（应在 {column_letters(at)} 列）" for at, name in enumerate(expected) if not kept[at]]
    assert told(expected, found) == missing


@given(names, st.data())
def test_every_unknown_column_is_named_with_its_cell(expected: list[str], data: st.DataObject) -> None:
    found: list[str] = []
    strange = []
    for name in expected:
        if data.draw(st.booleans()):
            strange.append(f"多“外{name}”（{column_letters(len(found))}2）")
            found.append(f"外{name}")
        found.append(name)
    assert told(expected, found) == strange


@given(names.filter(lambda columns: len(columns) > 1), st.data())
def test_a_column_that_was_moved_is_named_and_the_others_are_not(expected: list[str], data: st.DataObject) -> None:
    start, end = (data.draw(st.integers(0, len(expected) - 1)) for _ in range(2))
    found = list(expected)
    found.insert(end, found.pop(start))
    said = told(expected, found)
    if start == end:
        assert said == []
    else:
        assert len(said) == 1
        assert "移到了" in said[0]


@given(names, st.permutations(range(8)), st.lists(st.text("外", min_size=1, max_size=1), max_size=3))
def test_whatever_was_done_to_a_header_every_name_is_accounted_for(
    expected: list[str], order: list[int], extra: list[str]
) -> None:
    found = [expected[at] for at in order if at < len(expected)][1:] + extra
    said = "；".join(told(expected, found))
    assert all(f"“{name}”" in said for name in expected if name not in found)
    assert all(f"“{name}”" in said for name in found if name not in expected)


@pytest.mark.req("S0-3", part="compare")
def test_a_renamed_column_is_one_difference() -> None:
    assert told(["*姓名", "性别"], ["姓 名", "性別"]) == ["B2 应为“性别”，现为“性別”"]


def test_width_star_and_blanks_are_no_difference() -> None:
    assert told(["*姓名", "性别"], ["姓 名", "＊性别 "]) == []


@pytest.mark.parametrize("name", TABLES)
def test_what_a_template_says_of_itself_is_read_back(name: str) -> None:
    form = new_form(name, sheet="采集表", ordered=True, rows=7)
    assert read_form(form.texts()) == form
    need_today(form)


@pytest.mark.parametrize(
    "damage",
    [{"columns": "["}, {"columns": "[1]"}, {"rows": "x"}, {"table": "nobody"}, {"format": "2"}, {"columns": "5"}],
)
def test_a_damaged_hidden_page_is_refused_with_a_remedy(damage: dict[str, str]) -> None:
    texts = new_form("person", sheet="采集表").texts() | damage
    with pytest.raises(FormError, match="renshe template"):
        read_form(texts)
    with pytest.raises(FormError, match="renshe template"):
        read_form({})


@pytest.mark.req("S0-3", part="version")
def test_a_template_of_another_dictionary_is_refused_where_its_columns_differ_and_only_there() -> None:
    texts = new_form("person", sheet="采集表").texts() | {"dictionary": "0123456789abcdef"}
    need_today(read_form(texts))
    columns = json.loads(texts["columns"])
    columns[3][1] = "*姓氏"
    del columns[5]
    with pytest.raises(FormError, match=r"0123456789abcdef.*“\*姓名”.*“\*姓氏”.*民族.*renshe template person"):
        need_today(read_form(texts | {"columns": json.dumps(columns)}))


def keys(*ordinals: int | None) -> list[tuple[int, str | None]]:
    return [
        (row, None if number is None else row_key(number, ["pension", "a.csv", number]))
        for row, number in enumerate(ordinals, 3)
    ]


FORM = new_form("person", sheet="采集表", ordered=True, rows=5)


@pytest.mark.req("S0-32", part="compare")
def test_the_first_moved_row_is_named_with_its_place_and_the_place_that_it_should_have() -> None:
    assert order_problem(FORM, keys(1, 2, 3, 4, 5)) is None
    assert order_problem(FORM, keys(1, 4, 2, 3, 5)) == (
        "从第 4 行起顺序被改动：这里应是模板原第 4 行（它现在在第 5 行），现在却是模板原第 6 行"
    )


def test_missing_doubled_and_foreign_rows_are_named() -> None:
    assert order_problem(FORM, keys(1, 2, 4, 5)) == "缺 1 行，第一处是模板原第 5 行"
    assert order_problem(FORM, keys(1, 2, 2, 3, 4, 5)) == "第 5 行与第 4 行是同一行（重复）"
    said = order_problem(FORM, keys(1, None, 2, 3, 4, 5))
    assert said == "第 4 行不是模板发出的行（新增的行只能放在最后）"
    assert order_problem(FORM, keys(1, 2, 3, 4, 5, None, 9)) is None


@given(st.permutations(list(range(1, 6))), st.integers(0, 5))
def test_only_the_published_order_with_new_rows_behind_it_passes(order: list[int], new: int) -> None:
    rows: list[int | None] = [*order, *[None] * new]
    assert (order_problem(FORM, keys(*rows)) is None) == (order == sorted(order))
    assert order_problem(FORM, keys(*rows[1:])) is not None
    assert order_problem(FORM, keys(*rows, order[0])) is not None


@given(st.one_of(st.none(), st.text(), st.sampled_from(["[]", "[0]", "[true]", "[1.0]", '["1"]', "1", "null", "{}"])))
def test_what_is_no_row_key_names_no_row(text: str | None) -> None:
    assert ordinal_of(text) is None
    assert ordinal_of(row_key(3, ["医保", '"', 1])) == 3
