"""HTML and XML tables that web systems export as .xls, and text that is called so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from renshe.engine.sources.base import Reader, SourceError
from renshe.engine.sources.opening import open_source

ReadRows = Callable[[Reader], dict[int, list[Any]]]

KNOWN = frozenset({"个人编号", "姓名", "单位应缴", "个人应缴"})
PAGE = """<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>
<meta http-equiv="Content-Type" content="text/html; charset={charset}"><style>td {{color: red}}</style></head><body>
<table><tr><td>导航</td></tr></table>
<table border=1>
<tr><td colspan=4>某市缴费明细</td></tr>
<tr><th rowspan="2">个人编号</th><th rowspan="2">姓&nbsp;名</th><th colspan="2">应缴</th></tr>
<tr><th>单位</th><th>个人</th></tr>
<tr><td style="mso-number-format:'\\@'">00123</td><td> 张三<br>㐂 </td><td>600.00<td>240.00</tr>
<tr><td>2</td><td>李&amp;四</td><td></td><td>240</td></tr>
<tr><td>合计</td><td></td><td>600</td><td>480</td></tr>
</table></body></html>"""


@pytest.mark.parametrize(
    ("charset", "encoding"), [("gb2312", "gb18030"), ("utf-8", "utf-8-sig"), ("unicode", "utf-16")]
)
def test_a_web_page_called_xls(tmp_path: Path, read_rows: ReadRows, charset: str, encoding: str) -> None:
    path = tmp_path / "a.xls"
    path.write_bytes(PAGE.format(charset=charset).encode(encoding))
    reader = open_source(path, known_names=KNOWN)
    assert (reader.layout.format, reader.layout.sheet, reader.layout.header_row) == ("html", "表2", 2)
    assert reader.layout.encoding == encoding
    assert reader.header == ("个人编号", "姓 名", "单位应缴", "个人应缴")
    assert read_rows(reader) == {4: ["00123", "张三 㐂", "600.00", "240.00"], 5: ["2", "李&四", None, "240"]}
    assert "文件内容是网页表格，不是 Excel 工作簿，已按网页表格读取" in reader.layout.notes


def test_a_web_page_in_another_encoding_than_it_says(tmp_path: Path, read_rows: ReadRows) -> None:
    path = tmp_path / "a.xls"
    path.write_bytes(PAGE.format(charset="utf-8").encode("gb18030"))
    assert read_rows(open_source(path, known_names=KNOWN))[4][1] == "张三 㐂"


def test_a_web_page_that_cannot_be_decoded(tmp_path: Path) -> None:
    path = tmp_path / "a.xls"
    path.write_bytes(PAGE.format(charset="gbk").encode("gb18030") + b"\xff\xff")
    with pytest.raises(SourceError, match="不是 gb18030 文字；请指明 encoding"):
        open_source(path)


def test_tables_in_tables_and_a_page_without_any(tmp_path: Path, read_rows: ReadRows) -> None:
    path = tmp_path / "a.xls"
    inner = "<table><tr><td>个人编号<td>姓名<tr><td>1<td>张三</table>"
    path.write_text(f"<html><table><tr><td>版面</td><td>{inner}</td></tr></table></html>", "utf-8")
    assert read_rows(open_source(path, known_names=KNOWN)) == {2: ["1", "张三"]}
    path.write_text("<html><p>登录超时</p></html>", "utf-8")
    with pytest.raises(SourceError, match="没有数据"):
        open_source(path)


BOOK = """<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<Worksheet ss:Name="人员"><Table>
<Row><Cell ss:MergeAcross="2"><Data ss:Type="String">名册</Data></Cell></Row>
<Row ss:Index="4"><Cell><Data ss:Type="String">个人编号</Data></Cell><Cell><Data ss:Type="String">姓名</Data></Cell>
<Cell ss:Index="4"><Data ss:Type="String">出生日期</Data></Cell><Cell><Data ss:Type="String">基数</Data></Cell></Row>
<Row><Cell><Data ss:Type="Number">1</Data></Cell><Cell><Data ss:Type="String">张三&amp;</Data></Cell>
<Cell ss:Index="4"><Data ss:Type="DateTime">1989-01-01T00:00:00.000</Data></Cell>
<Cell ss:Formula="=1+1"><Data ss:Type="Number">3000.50</Data></Cell></Row>
</Table></Worksheet><Worksheet ss:Name="空"><Table/></Worksheet></Workbook>"""


def test_an_xml_spreadsheet_called_xls(tmp_path: Path, read_rows: ReadRows) -> None:
    path = tmp_path / "a.xls"
    path.write_text(BOOK, "utf-8")
    reader = open_source(path, known_names=KNOWN)
    assert reader.header == ("个人编号", "姓名", "出生日期", "基数")
    assert read_rows(reader) == {5: ["1", "张三&", "1989-01-01", "3000.5"]}
    assert "含公式单元格 1 个，已按保存时的结果读取" in reader.layout.notes


@pytest.mark.parametrize("damage", ["</Worksheet>", 'ss:Index="4"', "Workbook>"])
def test_a_damaged_xml_spreadsheet(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "a.xls"
    path.write_text(BOOK.replace(damage, 'ss:Index="x"' if "Index" in damage else ""), "utf-8")
    with pytest.raises(SourceError, match=r"XML 表格在第 \d+ 行损坏"):
        open_source(path)


def test_text_called_xls_is_read_as_text(tmp_path: Path, read_rows: ReadRows) -> None:
    path = tmp_path / "a.xls"
    path.write_bytes("个人编号\t姓名\r\n00123\t张三\r\n".encode("gb18030"))
    reader = open_source(path, known_names=KNOWN)
    assert reader.header == ("个人编号", "姓名")
    assert read_rows(reader) == {2: ["00123", "张三"]}
    assert "扩展名是 .xls，内容是文本，已按文本读取" in reader.layout.notes


@pytest.mark.parametrize("named", ["klingon", "ascii"])
def test_a_named_encoding_that_cannot_be_is_the_setting_to_mend(tmp_path: Path, named: str) -> None:
    path = tmp_path / "a.xls"
    path.write_bytes(PAGE.format(charset="utf-8").encode("utf-8"))
    with pytest.raises(SourceError, match=r"请改正(或删去)? encoding"):
        open_source(path, encoding=named)
