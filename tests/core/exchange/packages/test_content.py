"""What travels arrives as it was, in every form; columns that differ from the agreement's are named."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renshe.core.exchange.packages.content import ContentRefused, content_read, content_written

MEDIA = ("parquet", "csv", "json")
TEXTS = st.none() | st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00\r"), min_size=1)


def table(*rows: tuple[str | None, ...], columns: tuple[str, ...] = ("证件号码", "金额")) -> pa.Table:
    return pa.table({name: pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate(columns)})


@pytest.mark.parametrize("media", MEDIA)
@given(rows=st.lists(st.tuples(TEXTS, TEXTS), max_size=8))
def test_what_is_written_is_read_back_the_same(media: str, rows: list[tuple[str | None, str | None]]) -> None:
    given = table(*rows)
    assert content_read(content_written(given, media), media, given.column_names).equals(given)


@pytest.mark.parametrize("media", MEDIA)
def test_an_empty_text_is_no_value(media: str) -> None:
    found = content_read(content_written(table(("", "0012.50")), media), media, ["证件号码", "金额"])
    assert found.to_pylist() == [{"证件号码": None, "金额": "0012.50"}]


@pytest.mark.parametrize("media", MEDIA)
def test_columns_that_differ_are_named(media: str) -> None:
    data = content_written(table(("1", "2")), media)
    for columns, said in (
        (["证件号码"], "多出第 2 列“金额”"),
        (["金额", "证件号码"], "第 1 列应为“金额”，实为“证件号码”"),
        (["证件号码", "金额", "姓名"], "第 3 列应为“姓名”，实为“（没有）”"),
    ):
        with pytest.raises(ContentRefused, match=said):
            content_read(data, media, columns)


@pytest.mark.parametrize("media", MEDIA)
@given(data=st.binary(max_size=60))
def test_whatever_is_sent_is_read_or_refused(media: str, data: bytes) -> None:
    try:
        content_read(data, media, ["a"])
    except ContentRefused as refused:
        assert str(refused)


def test_numbers_that_are_no_text_are_refused() -> None:
    with pytest.raises(ContentRefused, match="不是文本"):
        content_read(content_written(pa.table({"a": [1.5]}), "parquet"), "parquet", ["a"])
    with pytest.raises(ContentRefused, match="同名"):
        content_read("甲,甲\n1,2\n".encode(), "csv", ["甲", "甲"])
