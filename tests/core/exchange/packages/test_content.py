"""What travels arrives as it was, in every form; columns that differ from the agreement's are named."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renshe.core.exchange.packages.content import ContentRefused, content_read, content_written, layout_problems
from renshe.standards.layouts import table_layouts

MEDIA = ("parquet", "csv", "json")
LAYOUT = {
    "sheet": "参保名单", "title": "某省参保人员名单", "notes": ["填报单位："], "header_row": 4, "numbered": "序号",
    "widths": {"证件号码": 22},
}  # fmt: skip
XML = {"table": "表2"}
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


PLAIN = st.none() | st.text(st.characters(min_codepoint=32, blacklist_categories=("Cs", "Co", "Cn")), min_size=1)


@given(rows=st.lists(st.tuples(st.text("0123456789X", min_size=1), PLAIN), max_size=8))
def test_a_workbook_in_its_layout_is_read_back_the_same(rows: list[tuple[str | None, str | None]]) -> None:
    given = table(*rows)
    assert content_read(content_written(given, "xlsx", LAYOUT), "xlsx", given.column_names, LAYOUT).equals(given)


def test_a_workbook_looks_as_its_layout_says() -> None:
    data = content_written(table(("00122080", "=1+1")), "xlsx", LAYOUT)
    sheet = openpyxl.load_workbook(BytesIO(data))["参保名单"]
    assert [sheet["A1"].value, sheet["A2"].value, sheet["A4"].value, sheet["B4"].value] == [
        "某省参保人员名单", "填报单位：", "序号", "证件号码",
    ]  # fmt: skip
    assert [sheet[name].value for name in ("A5", "B5", "C5")] == ["1", "00122080", "=1+1"]
    assert sheet["C5"].data_type == "s" and sheet["B5"].number_format == "@" and sheet.freeze_panes == "A5"
    assert sheet.column_dimensions["B"].width == pytest.approx(22, abs=1)


def workbook(rows: list[list[Any]], name: str = "参保名单") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = name
    for row in rows:
        sheet.append(row)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


HEAD: list[list[Any]] = [["某省"], [], [], ["序号", "证件号码", "金额"]]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([*HEAD, [1, 220822198001010016, "1"]], "第 5 行第 2 列不是文本"),
        ([*HEAD, [1, "1", True]], "第 5 行第 3 列不是文本"),
        ([*HEAD, [1, "1", "1", "多"]], "第 5 行在表头以外"),
        ([*HEAD, [1, "1", "1"], [], [2, "2", "2"]], "第 6 行是空行"),
        ([*HEAD[:3], ["证件号码", "金额"]], "第 1 列应为“序号”"),
        ([*HEAD[:3], ["序号", "金额", "证件号码"]], "第 1 列应为“证件号码”"),
        ([*HEAD[:3], ["序号", None, "证件号码"]], "空列或者同名"),
        (HEAD[:2], "没有表头"),
    ],
)
def test_a_workbook_out_of_its_layout_is_refused(rows: list[list[Any]], said: str) -> None:
    with pytest.raises(ContentRefused, match=said):
        content_read(workbook(rows), "xlsx", ["证件号码", "金额"], LAYOUT)
    with pytest.raises(ContentRefused, match="没有工作表"):
        content_read(workbook(HEAD, "别的"), "xlsx", ["证件号码", "金额"], LAYOUT)


def test_numbers_of_a_workbook_that_lost_nothing_are_taken() -> None:
    data = workbook([*HEAD, [1, "1", 12.5], [2, 3, 0.1], [None, None, None]])
    found = content_read(data, "xlsx", ["证件号码", "金额"], LAYOUT)
    assert found.to_pylist() == [{"证件号码": "1", "金额": "12.5"}, {"证件号码": "3", "金额": "0.1"}]


CODED = st.none() | st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff"), min_size=1
)


@given(rows=st.lists(st.tuples(CODED, CODED), max_size=8))
def test_the_xml_of_the_standard_is_read_back_the_same(rows: list[tuple[str | None, str | None]]) -> None:
    # The order of the agreement is not that of the standard.
    given = table(*rows, columns=("AAC002", "AAC001"))
    data = content_written(given, "xml", XML)
    assert content_read(data, "xml", ["AAC002", "AAC001"], XML).equals(given)


def test_every_record_has_all_codes_of_its_table_in_their_order() -> None:
    text = content_written(table(("1", "2\r"), columns=("AAC001", "AAC003")), "xml", XML).decode()
    inside = text.partition("<record>")[2].partition("</record>")[0]
    codes = table_layouts()["表2"].codes
    at = [inside.index(f"<{code}") for code in codes]
    assert at == sorted(at) and len(codes) == 48 and "<AAC003>2&#13;</AAC003>" in inside
    assert 'code="表2" name="养老保险个人基本信息表"' in text
    with pytest.raises(ContentRefused, match="不能表示"):
        content_written(table(("\x01", "2"), columns=("AAC001", "AAC003")), "xml", XML)


@pytest.mark.req("S3-4", part="a message that breaks the declared form")
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<table ", "<!DOCTYPE table><table ", "DOCTYPE"),
        ('code="表2"', 'code="表1"', "code 为 表2"),
        ("<AAC001>1</AAC001>", "", "应为 AAC001"),
        ("<AAC001>1</AAC001>", "<AAC001>1</AAC001><AAC001>1</AAC001>", "实为 AAC001"),
        ("<AAC001>1</AAC001>", "<AAC001><b>1</b></AAC001>", "不应再有元素"),
        ("<record>", "<record>字", "元素以外"),
        ("<AAE005/>", "<AAE005>备注</AAE005>", "不在协议的各列"),
        ("</table>", "", "不是可读的 XML"),
        ("<record>", "<row>", "应为 record"),
    ],
)
def test_xml_out_of_its_layout_is_refused(old: str, new: str, said: str) -> None:
    text = content_written(table(("1", "2"), columns=("AAC001", "AAC003")), "xml", XML).decode()
    assert old in text, text
    with pytest.raises(ContentRefused, match=said):
        content_read(text.replace(old, new, 1).encode(), "xml", ["AAC001", "AAC003"], XML)


@given(data=st.binary(max_size=200))
def test_whatever_is_sent_as_workbook_or_xml_is_read_or_refused(data: bytes) -> None:
    for media, layout in (("xlsx", LAYOUT), ("xml", XML)):
        with pytest.raises(ContentRefused):
            content_read(data, media, ["AAC001"], layout)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("media", "layout", "said"),
    [
        ("csv", {"sheet": "x"}, "没有版式"),
        ("xlsx", {"shet": "x"}, "没有“shet”"),
        ("xlsx", {"sheet": "a/b"}, "工作表名称"),
        ("xlsx", {"title": "x"}, "表头应在第 2 行"),
        ("xlsx", {"header_row": 3, "first_row": 3}, "数据在表头以下"),
        ("xlsx", {"widths": {"没有": 3}}, "没有列“没有”"),
        ("xlsx", {"notes": "x"}, "文字的列表"),
        ("xml", {}, "应写明 table"),
        ("xml", {"table": "表9"}, "应写明 table"),
        ("xml", {"table": "表3"}, "表3没有指标“证件号码”"),
    ],
)
def test_a_layout_that_cannot_be_kept_to_is_told(media: str, layout: dict[str, Any], said: str) -> None:
    assert said in "；".join(layout_problems(media, layout, ["证件号码"]))
    assert not layout_problems("xlsx", LAYOUT, ["证件号码"]) and not layout_problems("xml", XML, ["AAC001"])
