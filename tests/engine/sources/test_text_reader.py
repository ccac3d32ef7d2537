"""Text files as agencies send them: what loads, what is rejected and why, what is said about the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from renshe.engine.sources.base import Layout, SourceError
from renshe.engine.sources.text import PADDED_NOTE, TextReader, open_text

NAMES = frozenset({"个人编号", "姓名", "性别", "缴费基数", "AAC001", "AAC003", "AAC004", "AAE180", "单位名称"})
HEADER = "个人编号,姓名,性别,缴费基数"

Row = tuple[int, list[str | None]]


@pytest.fixture
def load(tmp_path: Path):
    def opened(text: str | bytes, encoding: str = "utf-8", name: str = "ac01.csv", **options) -> Loaded:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return Loaded(open_text(path, **{"known_names": NAMES, **options}))

    return opened


class Loaded:
    """A reader and all that came out of it."""

    def __init__(self, reader: TextReader) -> None:
        self.reader = reader
        self.header, self.layout = reader.header, reader.layout
        self.rows: list[Row] = []
        self.rejects: list[tuple[int, str, str]] = []
        self.raw_bytes: list[bytes | None] = []
        for batch in reader.batches():
            cells = [list(row) for row in zip(*[column.to_pylist() for column in batch.columns], strict=True)]
            self.rows.extend(zip(batch.rows.tolist(), cells, strict=True))
            self.rejects.extend((reject.source_row, reject.reason, reject.raw) for reject in batch.rejects)
            self.raw_bytes.extend(reject.raw_bytes for reject in batch.rejects)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-be"])
def test_damaged_extract_with_titles_and_totals(load, encoding: str) -> None:
    text = f"""白城市企业职工养老保险人员汇总表
填报单位：某某市社会保险事业管理局,,,日期：2021-05-31

{HEADER}
1001,张三,1,3000.00
1002,李四,2,

合计,2,,3000.00
{HEADER}
1003,"王,五",1,"4""0"
1004,赵六
1005,合计科技有限公司,1,1
1006,"长春市
绿园区",1,2
1007,"未闭合,1,2
1008,𠮷\ue000,1,2
,,,
1009,截断"""
    file = load(text, encoding)
    assert file.header == ("个人编号", "姓名", "性别", "缴费基数")
    assert file.rows == [
        (5, ["1001", "张三", "1", "3000.00"]),
        (6, ["1002", "李四", "2", None]),
        (10, ["1003", "王,五", "1", '4"0']),
        (12, ["1005", "合计科技有限公司", "1", "1"]),
        (13, ["1006", "长春市\n绿园区", "1", "2"]),
        (16, ["1008", "𠮷\ue000", "1", "2"]),
    ]
    assert file.rejects == [
        (8, "合计行", "合计,2,,3000.00"),
        (9, "重复表头", HEADER),
        (11, "列数不符：应为4列，实为2列", "1004,赵六"),
        (15, "引号未闭合", '1007,"未闭合,1,2'),
        (17, "空行：只有分隔符", ",,,"),
        (18, "列数不符：应为4列，实为2列；末行没有换行符，文件可能被截断", "1009,截断"),
    ]
    assert (file.reader.rows_read, file.reader.rows_loaded, file.reader.rows_rejected) == (12, 6, 6)
    assert file.layout.header_row == 4
    assert file.layout.notes == [
        "表头之前有2行标题：白城市企业职工养老保险人员汇总表；填报单位：某某市社会保险事业管理局,,,日期：2021-05-31"
    ]


def test_undecodable_line_is_rejected_with_its_bytes_and_the_rest_loads(load) -> None:
    good = "1001,张三,1,3000.00\n".encode("gb18030")
    bad = "1002,李四".encode("gb18030")[:-1] + b",2,1.00"
    file = load(HEADER.encode("gb18030") + b"\n" + good + bad + b"\n" + good)
    assert [row for row, _ in file.rows] == [2, 4]
    assert file.rejects == [(3, "第8字节起无法按GB18030解码", "1002,李\\xcb,2,1.00")]
    assert file.raw_bytes == [bad]


def test_lone_surrogate_of_utf16_is_rejected_with_its_bytes(load) -> None:
    bad = "1002,李".encode("utf-16-le") + b"\x00\xd8" + ",2,1".encode("utf-16-le")
    end = "\n".encode("utf-16-le")
    file = load(b"\xff\xfe" + HEADER.encode("utf-16-le") + end + bad + end + "1003,王,1,2".encode("utf-16-le"))
    assert file.rows == [(3, ["1003", "王", "1", "2"])]
    assert file.rejects[0][:2] == (2, "第13字节起无法按UTF-16-LE解码")
    assert file.raw_bytes == [bad]


def test_null_byte_is_rejected_and_named(load) -> None:
    file = load(f"{HEADER}\n1001,张\0三,1,2\n1002,李四,2,3\n")
    assert file.rejects == [(2, "含有空字节（第9字节）", "1001,张\\x00三,1,2")]
    assert [row for row, _ in file.rows] == [3]


@pytest.mark.parametrize("delimiter", ["|", "^"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_delimiter_inside_a_character_of_gb18030_is_no_delimiter(load, delimiter: str, quote: str) -> None:
    inside = bytes([0xB0, ord(delimiter)]).decode("gb18030")
    rows = [["个人编号", "姓名", "性别"], ["1001", f"{inside}{inside}一{inside}", "1"], ["1002", "甲", f"丙{inside}"]]
    text = "\n".join(delimiter.join(f"{quote}{cell}{quote}" for cell in row) for row in rows)
    file = load(text + "\n", "gb18030")
    assert file.layout.delimiter == delimiter
    assert [cells for _, cells in file.rows] == rows[1:]


@pytest.mark.parametrize("tail", ["\x1a", "\n\x1a", "\0\0\0", "\n\0\0\x1a", "\n"])
def test_padding_at_the_end_is_no_row(load, tail: str) -> None:
    file = load(f"{HEADER}\n1001,张三,1,2{tail}")
    assert file.rows == [(2, ["1001", "张三", "1", "2"])]
    assert file.rejects == []
    assert file.layout.notes == ([] if tail == "\n" else [PADDED_NOTE])


def test_line_longer_than_the_limit_is_one_reject_with_its_beginning(load) -> None:
    file = load(f"{HEADER}\n1001,{'张' * 200},1,2\n1002,李四,2,3\n", line_limit=100, block_size=64)
    assert [row for row, _ in file.rows] == [3]
    (reject,) = file.rejects
    assert reject[:2] == (2, "单行超过100字节，这里只有开头，全文见源文件的这一行")
    assert reject[2].startswith("1001,张张张") and len(reject[2]) < 60


def test_joined_lines_are_one_reject(load) -> None:
    file = load(f"{HEADER}\n1001,张三,1,21002,李四,2,3\n1003,王五,1,4\n")
    assert file.rejects == [(2, "列数不符：应为4列，实为7列", "1001,张三,1,21002,李四,2,3")]
    assert [row for row, _ in file.rows] == [3]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_every_kind_of_line_end(load, line_end: str) -> None:
    file = load(line_end.join([HEADER, "1001,张三,1,2", "", "1002,李四,2,3", ""]), "gb18030")
    assert file.rows == [(2, ["1001", "张三", "1", "2"]), (4, ["1002", "李四", "2", "3"])]
    assert file.rejects == []
    assert file.layout.notes == (["行尾是回车符（旧 Mac 格式）"] if line_end == "\r" else [])


def test_carriage_return_inside_a_cell_is_text(load) -> None:
    file = load(f"{HEADER}\n1001,张\r三,1,2\n" + "1002,李四,2,3\n" * 5)
    assert file.rows[0] == (2, ["1001", "张\r三", "1", "2"])
    assert len(file.rows) == 6


def test_quotes_in_a_file_that_does_not_quote_are_text(load) -> None:
    lines = [f'{1000 + at},"大力"公司,1,5寸"管' for at in range(5)]
    file = load("\n".join([HEADER, *lines]) + "\n")
    assert [cells for _, cells in file.rows] == [[f"{1000 + at}", '"大力"公司', "1", '5寸"管'] for at in range(5)]


def test_file_without_header_numbers_its_columns(load) -> None:
    file = load("220101198001011234;张三;1\n220101198001011235;李四;2\n", "gb18030", name="导出.txt")
    assert file.header == ("列1", "列2", "列3")
    assert [row for row, _ in file.rows] == [1, 2]
    assert file.layout == Layout("txt", "gb18030", ";", header_row=None, notes=["没有找到表头，列名按列1、列2……编号"])


def test_words_that_come_again_below_are_no_header(load) -> None:
    file = load("张三,男,汉族\n李四,男,汉族\n王五,女,回族\n", known_names=frozenset())
    assert file.header == ("列1", "列2", "列3")
    assert len(file.rows) == 3


def test_header_is_found_without_known_names(load) -> None:
    file = load("汇总表\n\n甲列,乙列,丙列\nA01,一,1\nA02,二,2\n", known_names=frozenset())
    assert (file.header, file.layout.header_row) == (("甲列", "乙列", "丙列"), 3)
    assert [row for row, _ in file.rows] == [4, 5]


def test_codes_above_labels_and_column_numbers_are_header(load) -> None:
    file = load(f"AAC001,AAC003,AAC004,AAE180\n{HEADER}\n1,2,3,4\n1001,张三,1,2\n{HEADER}\n")
    assert file.header == ("AAC001", "AAC003", "AAC004", "AAE180")
    assert file.rows == [(4, ["1001", "张三", "1", "2"])]
    assert file.rejects == [(5, "重复表头", HEADER)]


def test_damaged_first_row_is_not_taken_for_a_part_of_the_header(load) -> None:
    file = load(f"{HEADER}\n,张三,甲,\n1002,李四,2,3\n")
    assert file.rows == [(2, [None, "张三", "甲", None]), (3, ["1002", "李四", "2", "3"])]


def test_rows_above_the_header_are_rejects(load) -> None:
    file = load(f"1000,赵一,1,2\n{HEADER}\n1001,张三,1,2\n")
    assert file.rejects == [(1, "表头之前的行", "1000,赵一,1,2")]
    assert file.rows == [(3, ["1001", "张三", "1", "2"])]


def test_header_names_are_unique_and_never_empty(load) -> None:
    file = load("个人编号,姓名,,姓名\n1001,张三,x,李四\n1002,王五,y,赵六\n")
    assert file.header == ("个人编号", "姓名", "列3", "姓名_2")


def test_header_over_two_lines_in_quotes(load) -> None:
    file = load('个人编号,"姓\n名",性别\n1001,张三,1\n1002,李四,2\n1003,王五,1\n')
    assert file.header == ("个人编号", "姓名", "性别")
    assert [row for row, _ in file.rows] == [3, 4, 5]


def test_delimiter_at_the_end_of_every_row_is_no_column(load) -> None:
    file = load(f"{HEADER}\n1001,张三,1,2,\n1002,李四,2,3,\n1003,王五,1,4,多\n1004,赵六,1,5\n1005,钱七,1\n")
    assert file.header == ("个人编号", "姓名", "性别", "缴费基数")
    assert [row for row, _ in file.rows] == [2, 3]
    assert [reason for _, reason, _ in file.rejects] == [
        "没有列名的第5列有值",
        "列数不符：行尾缺少分隔符",
        "列数不符：应为4列，实为3列",
    ]
    assert "每行末尾多出的空单元格不读" in file.layout.notes


@pytest.mark.parametrize("end", ["", ","])
def test_delimiter_at_the_end_of_the_header_is_no_column(load, end: str) -> None:
    file = load(f"{HEADER},\n1001,张三,1,2{end}\n1002,李四,2,3{end}\n")
    assert file.header == ("个人编号", "姓名", "性别", "缴费基数")
    assert [row for row, _ in file.rows] == [2, 3]


def test_unnamed_last_column_with_values_is_a_column(load) -> None:
    file = load(f"{HEADER},\n1001,张三,1,2,甲\n1002,李四,2,3,\n")
    assert file.header == ("个人编号", "姓名", "性别", "缴费基数", "列5")
    assert file.rows[0] == (2, ["1001", "张三", "1", "2", "甲"])


def test_blank_lines_are_no_rows_and_lines_of_delimiters_are_rejects(load) -> None:
    file = load(f'{HEADER}\n\n  \n,,,\n"","","",""\n , \u3000,,\n,,\n\t\n1001,张三,1,2\n')
    assert file.rows == [(9, ["1001", "张三", "1", "2"])]
    assert file.rejects == [
        (4, "空行：只有分隔符", ",,,"),
        (5, "空行：只有分隔符", '"","","",""'),
        (6, "空行：只有分隔符", " , \u3000,,"),
        (7, "空行：只有分隔符", ",,"),
    ]


def test_empty_and_quoted_empty_cells_are_null_and_blanks_are_kept(load) -> None:
    file = load(f'{HEADER}\n1001,"", 1 ,\u3000\n')
    assert file.rows == [(2, ["1001", None, " 1 ", "\u3000"])]


def test_files_that_were_put_one_behind_the_other(load) -> None:
    part = f"\ufeff{HEADER}\n1001,张三,1,2\n"
    file = load(part + part)
    assert [row for row, _ in file.rows] == [2, 4]
    assert [(row, reason) for row, reason, _ in file.rejects] == [(3, "重复表头")]


def test_titles_and_header_of_every_page_are_repeated_headers(load) -> None:
    page = f"人员汇总表,,,\n{HEADER}\n"
    file = load(f"{page}1001,张三,1,2\n{page}1002,李四,2,3\n")
    assert [row for row, _ in file.rows] == [3, 6]
    assert [(row, reason) for row, reason, _ in file.rejects] == [(4, "重复表头"), (5, "重复表头")]


def test_line_that_a_query_tool_draws_is_a_reject(load) -> None:
    file = load(f"{HEADER}\n----,------,-,------\n-1001,-,-,-2\n,, -- ,==\n")
    assert [row for row, _ in file.rows] == [3]
    assert [(row, reason) for row, reason, _ in file.rejects] == [(2, "分隔线"), (4, "分隔线")]


def test_footers_are_rejects(load) -> None:
    wide = ",".join(f"{name}{at}" for at in range(3) for name in ("姓名", "性别", "编号"))
    file = load(
        f"{wide}\n{',甲' * 8}\n制表人：张三,,,审核人：李四{',' * 5}\n以下空白{',' * 8}\n", known_names=frozenset()
    )
    assert [reason for _, reason, _ in file.rejects] == ["表尾行", "表尾行"]
    assert len(file.rows) == 1


def test_character_that_begins_like_a_byte_order_mark_survives(load) -> None:
    name = b"\xef\xbb\xbf\xa1".decode("gb18030")
    file = load(f"姓名,性别\n{name},1\n张三,2\n", "gb18030")
    assert [cells for _, cells in file.rows] == [[name, "1"], ["张三", "2"]]


def test_one_column(load) -> None:
    file = load("个人编号\n1001\n\n1002\n合计\n")
    assert file.rows == [(2, ["1001"]), (4, ["1002"])]
    assert [reason for _, reason, _ in file.rejects] == ["合计行"]
    assert file.layout.delimiter is None


def test_header_only_is_a_table_without_rows(load) -> None:
    file = load(HEADER)
    assert (file.header, file.rows, file.rejects) == (("个人编号", "姓名", "性别", "缴费基数"), [], [])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "文件是空的（0 字节）；请由原系统重新导出"),
        (b"\n \r\n\t\n", "文件里只有空行"),
        (b"\0" * 99, "文件里只有空行"),
    ],
)
def test_empty_files_are_refused_with_a_remedy(load, data: bytes, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        load(data)


def test_reading_twice_gives_the_same(load) -> None:
    file = load(f"{HEADER}\n1001,张三,1,2\n1002,李四\n")
    assert Loaded(file.reader).rows == file.rows
    assert Loaded(file.reader).rejects == file.rejects
    assert file.reader.rows_read == 2


def test_file_that_vanishes_is_refused(load, tmp_path: Path) -> None:
    reader = load(f"{HEADER}\n1001,张三,1,2\n").reader
    (tmp_path / "ac01.csv").unlink()
    with pytest.raises(SourceError, match="读取中断"):
        list(reader.batches())


def test_the_layout_says_how_a_file_would_be_read(tmp_path: Path) -> None:
    path = tmp_path / "人员.TSV"
    path.write_bytes("汇总\n个人编号\t姓名\n1001\t张三\n".encode("gb18030"))
    expected = Layout("tsv", "gb18030", "\t", header_row=2, notes=["表头之前有1行标题：汇总"])
    assert open_text(path, known_names=NAMES).layout == expected
