"""Workbooks as tables: values, row numbers, titles, totals, several sheets, formulas."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
import xlwt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import CoveredTableCell, Table, TableCell, TableRow
from odf.text import P
from openpyxl.styles import Font

from renshe.engine.sources import sheets
from renshe.engine.sources.base import Reader, SourceError
from renshe.engine.sources.opening import open_source

WriteBook = Callable[..., Path]
ReadRows = Callable[[Reader], dict[int, list[Any]]]
ReadRejects = Callable[[Reader], dict[int, str]]

KNOWN = frozenset({"个人编号", "姓名", "公民身份号码", "出生日期", "缴费基数", "AAC001", "AAC003"})
HEADER = ["个人编号", "姓名", "公民身份号码", "出生日期", "缴费基数"]


def test_values_are_the_text_that_the_sheet_shows(write_book: WriteBook, read_rows: ReadRows) -> None:
    path = write_book(
        人员=[
            HEADER,
            ["00123", "张三", "11010519491231002X", dt.date(1949, 12, 31), 3000.5],
            [123, "李 四", None, None, 3000],
        ]
    )
    reader = open_source(path, known_names=KNOWN)
    assert reader.header == tuple(HEADER)
    assert reader.layout.sheet == "人员"
    assert read_rows(reader) == {
        2: ["00123", "张三", "11010519491231002X", "1949-12-31", "3000.5"],
        3: ["123", "李 四", None, None, "3000"],
    }


def test_an_identity_number_that_excel_rounded_stays_visibly_rounded(
    write_book: WriteBook, read_rows: ReadRows
) -> None:
    path = write_book(人员=[["个人编号", "公民身份号码"], ["1", 220802198901011234], ["2", 6222021234567891]])
    rows = read_rows(open_source(path, known_names=KNOWN))
    assert rows[2][1] == "220802198901011000"
    assert rows[3][1] == "6222021234567891"


def test_titles_blank_rows_totals_and_repeated_headers(
    write_book: WriteBook, read_rows: ReadRows, read_rejects: ReadRejects
) -> None:
    path = write_book(
        名册=[
            ["白城市企业职工养老保险参保人员名册"],
            ["填报单位：某某局", None, None, None, "单位：元"],
            [],
            HEADER,
            ["1", "张三", None, None, 3000],
            [],
            ["2", "李四", None, None, 4000],
            ["合计", None, None, None, 7000],
            ["白城市企业职工养老保险参保人员名册"],
            HEADER,
            ["3", "王五", None, None, 5000],
            ["制表人：赵六"],
        ]
    )
    reader = open_source(path, known_names=KNOWN)
    assert reader.layout.header_row == 4
    assert {number: row[1] for number, row in read_rows(reader).items()} == {5: "张三", 7: "李四", 11: "王五"}
    assert read_rejects(reader) == {8: "合计行", 9: "重复表头", 10: "重复表头", 12: "表尾行"}


def test_the_first_sheet_with_the_expected_table_is_read_and_the_others_are_named(
    write_book: WriteBook, read_rows: ReadRows
) -> None:
    path = write_book(
        说明=[["字段", "名称"], ["AAC001", "个人编号"], ["AAC003", "姓名"], ["AAC006", "出生日期"]],
        目录=[],
        人员=[HEADER, ["1", "张三", None, None, 1]],
        续表=[HEADER, ["2", "李四", None, None, 2]],
    )
    reader = open_source(path, known_names=KNOWN)
    assert reader.layout.sheet == "人员"
    notes = "\n".join(reader.layout.notes)
    assert "另有工作表“说明”未读取" in notes
    assert 'sheet = "续表"' in notes
    assert read_rows(open_source(path, sheet="续表", known_names=KNOWN)) == {2: ["2", "李四", None, None, "2"]}
    with pytest.raises(SourceError, match=r"没有名为“人员二”的工作表.*说明、目录、人员、续表"):
        open_source(path, sheet="人员二")
    with pytest.raises(SourceError, match="工作表“目录”中没有数据"):
        open_source(path, sheet="目录")


def test_a_sheet_that_begins_below_and_right_of_the_corner(write_book: WriteBook, read_rows: ReadRows) -> None:
    path = write_book(人员=[[], [], [None, None, "个人编号", "姓名"], [None, None, "1", "张三"]])
    reader = open_source(path, known_names=KNOWN)
    assert reader.header == ("个人编号", "姓名")
    assert read_rows(reader) == {4: ["1", "张三"]}


def test_columns_without_a_name_are_read_when_they_hold_anything(write_book: WriteBook, read_rows: ReadRows) -> None:
    path = write_book(人员=[["个人编号", None, "姓名", None, "姓名"], ["1", None, "张三", "旁注", "张珊"]])
    reader = open_source(path, known_names=KNOWN)
    assert reader.header == ("个人编号", "姓名", "列D", "姓名_2")
    assert read_rows(reader) == {2: ["1", "张三", "旁注", "张珊"]}


def test_a_sheet_without_a_header_loses_no_row(write_book: WriteBook, read_rows: ReadRows) -> None:
    path = write_book(数据=[["10001", "张三", "19890101"], ["10002", "李四", "19900101"]])
    reader = open_source(path, known_names=KNOWN)
    assert reader.header == ("列A", "列B", "列C")
    assert reader.layout.header_row is None
    assert list(read_rows(reader)) == [1, 2]


def test_a_header_without_rows_is_an_empty_table_and_a_blank_book_is_refused(
    write_book: WriteBook, read_rows: ReadRows
) -> None:
    assert read_rows(open_source(write_book(人员=[HEADER]), known_names=KNOWN)) == {}
    with pytest.raises(SourceError, match="工作簿中没有数据"):
        open_source(write_book(人员=[]), known_names=KNOWN)


CELLS = st.one_of(
    st.none(),
    st.text(st.sampled_from("张三李 &<>\"'abc09_x\n,|㐂𠮷é"), min_size=1, max_size=12).filter(
        lambda text: text.strip()
    ),
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.integers(-(10**9), 10**9).map(lambda number: number / 100),
    st.dates(dt.date(1900, 3, 1), dt.date(2100, 1, 1)),
)


def _expected(cell: Any) -> str | None:
    if cell is None:
        return None
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.isoformat() if isinstance(cell, dt.date) else str(cell)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=8))
def test_what_is_written_is_read_back_with_its_row_number(
    write_book: WriteBook, read_rows: ReadRows, read_rejects: ReadRejects, rows: list[list[Any]]
) -> None:
    reader = open_source(write_book(表=[["个人编号", "姓名", "缴费基数"], *rows]), known_names=KNOWN)
    expected = {
        number: [_expected(cell) for cell in row]
        for number, row in enumerate(rows, 2)
        if any(c is not None for c in row)
    }
    rejected = read_rejects(reader)
    assert read_rows(reader) == {number: row for number, row in expected.items() if number not in rejected}
    assert set(rejected) <= set(expected)


@pytest.fixture
def formulas(tmp_path: Path) -> Path:
    path = tmp_path / "formulas.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ["1", "张三"])
        sheet.write_formula(1, 4, "=1000+2000", None, 3000)
        sheet.write_row(2, 0, ["2", "李四"])
        sheet.write_formula(2, 4, "=1/0", None, "#DIV/0!")
        sheet.write_formula(2, 3, '=""', None, "")
    return path


def test_formulas_are_read_as_saved_and_counted(formulas: Path, read_rows: ReadRows) -> None:
    reader = open_source(formulas, known_names=KNOWN)
    rows = read_rows(reader)
    assert (rows[2][4], rows[3][4]) == ("3000", "#DIV/0!")
    (note,) = reader.layout.notes
    assert note.startswith("含公式单元格 3 个：2 个有保存结果，已按其读取；1 个没有保存结果，按空值读取；")


def test_formulas_that_were_never_calculated_are_empty_and_said_so(write_xlsx: WriteBook, read_rows: ReadRows) -> None:
    reader = open_source(write_xlsx(人员=[HEADER, ["1", "张三", None, None, "=1+1"]]), known_names=KNOWN)
    assert read_rows(reader)[2] == ["1", "张三", None, None, None][: len(reader.header)]
    (note,) = [note for note in reader.layout.notes if "公式" in note]
    assert note.startswith("含公式单元格 1 个：0 个有保存结果，已按其读取；1 个没有保存结果，按空值读取；")
    list(reader.batches())
    assert len(reader.layout.notes) == len(set(reader.layout.notes))


def test_error_cells_logicals_times_and_hidden_rows_of_xlsx(tmp_path: Path, read_rows: ReadRows) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["个人编号", "姓名", "甲项", "乙项", "丙项", "丁项"])
    sheet.append(["1", "#N/A", True, dt.datetime(2021, 5, 31, 8, 30), dt.time(8, 30), dt.timedelta(hours=30)])
    sheet["B2"].data_type = "e"
    sheet.row_dimensions[2].hidden = True
    sheet["G9"].font = Font(bold=True)
    book.save(tmp_path / "a.xlsx")
    reader = open_source(tmp_path / "a.xlsx", known_names=KNOWN)
    assert read_rows(reader) == {2: ["1", "#N/A", "TRUE", "2021-05-31 08:30:00", "08:30:00", "30:00:00"]}


def test_error_cells_and_formulas_of_xls(tmp_path: Path, read_rows: ReadRows) -> None:
    book = xlwt.Workbook()
    for name in ("空", "人员"):
        sheet = book.add_sheet(name)
    sheet.write(0, 0, "个人编号")
    sheet.write(0, 1, "姓名")
    sheet.write(0, 2, "缴费基数")
    sheet.write(1, 0, True)
    sheet.row(1).set_cell_error(1, 42)
    sheet.write(1, 2, xlwt.Formula("1+2"))
    book.save(str(tmp_path / "a.xls"))
    reader = open_source(tmp_path / "a.xls", known_names=KNOWN)
    assert read_rows(reader)[2][:2] == ["TRUE", "#N/A"]
    assert "含公式单元格 1 个，已按保存时的结果读取" in reader.layout.notes


def test_dates_of_the_1904_calendar(tmp_path: Path, read_rows: ReadRows) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx", {"date_1904": True, "default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["个人编号", "姓名", "出生日期"])
        sheet.write_row(1, 0, ["1", "张三"])
        sheet.write_datetime(1, 2, dt.datetime(1989, 1, 1))
    assert read_rows(open_source(tmp_path / "a.xlsx", known_names=KNOWN))[2][2] == "1989-01-01"


def test_numbers_padded_with_zeros_are_read_as_shown(tmp_path: Path, read_rows: ReadRows) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["个人编号", "姓名"])
        sheet.write_number(1, 0, 123, book.add_format({"num_format": "00000000"}))
        sheet.write_string(1, 1, "张三")
    assert read_rows(open_source(tmp_path / "a.xlsx", known_names=KNOWN)) == {2: ["00000123", "张三"]}


def test_many_batches_hold_every_row_once(
    write_xlsx: WriteBook, read_rows: ReadRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_xlsx(
        人员=[["个人编号", "姓名"], *([str(number), "合计" if number % 5 else "张三"] for number in range(50))]
    )
    whole = read_rows(open_source(path, known_names=KNOWN))
    monkeypatch.setattr(sheets, "BATCH_CELLS", 14)
    reader = open_source(path, known_names=KNOWN)
    assert all(len(batch.rows) + len(batch.rejects) <= 7 for batch in reader.batches())
    assert read_rows(reader) == whole


def test_cells_right_of_the_table_are_noted_not_lost_in_silence(write_xlsx: WriteBook) -> None:
    rows = [["个人编号", "姓名"], *([str(number), "张三"] for number in range(1, 1200)), ["1200", "张三", "旁注"]]
    reader = open_source(write_xlsx(人员=rows), known_names=KNOWN)
    assert sum(len(batch.rows) for batch in reader.batches()) == 1200
    assert any("首个在 C1201" in note for note in reader.layout.notes)


def test_a_workbook_of_other_namespaces_and_prefixes(
    write_xlsx: WriteBook, tmp_path: Path, read_rows: ReadRows
) -> None:
    """The libraries of some vendors write ``x:row`` for ``row``, leave out references, and add comments."""
    plain = write_xlsx(人员=[HEADER, ["1", "张三 & 李四", None, dt.date(1989, 1, 1), 3000.5]])
    odd = tmp_path / "odd.xlsx"
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(odd, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name.startswith("xl/worksheets/"):
                text = data.decode().replace("<sheetData>", "<sheetData><!-- <c r='A1'/> -->")
                for tag in ("worksheet", "sheetData", "row", "c", "v", "is", "t"):
                    text = text.replace(f"<{tag}>", f"<x:{tag}>").replace(f"<{tag} ", f"<x:{tag} ")
                    text = text.replace(f"</{tag}>", f"</x:{tag}>")
                data = text.replace("xmlns=", "xmlns:x=").encode()
            target.writestr(name, data)
    assert read_rows(open_source(odd, known_names=KNOWN)) == read_rows(open_source(plain, known_names=KNOWN))


def test_a_logical_is_the_word_that_the_spreadsheet_shows(write_book: WriteBook, read_rows: ReadRows) -> None:
    reader = open_source(write_book(人员=[["个人编号", "姓名"], ["1", True], ["2", False]]), known_names=KNOWN)
    assert read_rows(reader) == {2: ["1", "TRUE"], 3: ["2", "FALSE"]}


MERGED_ROWS = [
    ["个人编号", "姓名", "单位"],
    ["1", "张三", "甲公司"],
    ["2", "李四", None],
    ["3", "王五", None],
    ["4", "赵六", "乙公司"],
    ["5", "孙七", None],
]
MERGED_NOTE = (
    "数据区有 2 处纵向合并的单元格（C2:C4、C5:C6），只有各处的首行有值，其余各行按空值读取；请取消合并并填充后重新导出"
)


def _merged_xlsx(path: Path, *, thorough: bool = False) -> None:
    book = openpyxl.Workbook()
    for row in MERGED_ROWS:
        book.active.append(row)
    for cells in ("C2:C4", "C5:C6", "A9:B9"):
        book.active.merge_cells(cells)
    book.save(path)
    if thorough:
        with zipfile.ZipFile(path) as package:
            parts = {name: package.read(name) for name in package.namelist()}
        parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(b"<sheetData>", b"<sheetData >")
        with zipfile.ZipFile(path, "w") as package:
            for name, data in parts.items():
                package.writestr(name, data)


def _merged_xls(path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("人员")
    for at, row in enumerate(MERGED_ROWS):
        for column, value in enumerate(row):
            if value and not (column == 2 and at in (1, 4)):
                sheet.write(at, column, value)
    sheet.write_merge(1, 3, 2, 2, "甲公司")
    sheet.write_merge(4, 5, 2, 2, "乙公司")
    book.save(str(path))


def _merged_html(path: Path) -> None:
    spans = {"甲公司": " rowspan=3", "乙公司": " rowspan=2"}
    lines = ["".join(f"<td{spans.get(cell, '')}>{cell}" for cell in row if cell) for row in MERGED_ROWS]
    path.write_text("<html><table>" + "".join(f"<tr>{line}" for line in lines) + "</table></html>", "utf-8")


def _merged_xml(path: Path) -> None:
    down = {"甲公司": ' ss:MergeDown="2"', "乙公司": ' ss:MergeDown="1"'}
    cell = '<Cell{}><Data ss:Type="String">{}</Data></Cell>'
    body = "".join(
        f"<Row>{''.join(cell.format(down.get(text, ''), text) for text in row if text)}</Row>" for row in MERGED_ROWS
    )
    name = "urn:schemas-microsoft-com:office:spreadsheet"
    head = f'<?xml version="1.0"?><Workbook xmlns="{name}" xmlns:ss="{name}"><Worksheet ss:Name="人员"><Table>'
    path.write_text(f"{head}{body}</Table></Worksheet></Workbook>", "utf-8")


def _merged_ods(path: Path) -> None:
    spans = {"甲公司": 3, "乙公司": 2}
    book = OpenDocumentSpreadsheet()
    sheet = Table(name="人员")
    for row in MERGED_ROWS:
        line = TableRow()
        for text in row:
            options = {"numberrowsspanned": spans[text], "numbercolumnsspanned": 1} if text in spans else {}
            cell = TableCell(valuetype="string", **options) if text else CoveredTableCell()
            if text:
                cell.addElement(P(text=text))
            line.addElement(cell)
        sheet.addElement(line)
    book.spreadsheet.addElement(sheet)
    book.save(str(path))


@pytest.mark.parametrize(
    ("suffix", "write"),
    [
        ("xlsx", _merged_xlsx),
        ("xlsx", partial(_merged_xlsx, thorough=True)),
        ("xls", _merged_xls),
        ("xls", _merged_html),
        ("xls", _merged_xml),
        ("ods", _merged_ods),
    ],
)
def test_cells_merged_down_the_data_are_noted_and_not_filled(
    tmp_path: Path, read_rows: ReadRows, suffix: str, write: Callable[[Path], None]
) -> None:
    path = tmp_path / f"a.{suffix}"
    write(path)
    reader = open_source(path, known_names=KNOWN)
    assert read_rows(reader) == {number: list(row) for number, row in enumerate(MERGED_ROWS[1:], 2)}
    assert MERGED_NOTE in reader.layout.notes


def test_a_header_merged_over_two_rows_is_no_merged_data(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["个人编号", "姓名", "缴费基数"], [None, None, None], ["1", "张三", "3000"]):
        book.active.append(row)
    book.active.merge_cells("A1:A2")
    book.save(tmp_path / "a.xlsx")
    reader = open_source(tmp_path / "a.xlsx", known_names=KNOWN)
    list(reader.batches())
    assert reader.layout.notes == []
