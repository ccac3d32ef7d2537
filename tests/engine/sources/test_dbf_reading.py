"""DBF tables: every type, deleted and damaged records, memo files, heads that contradict themselves."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dbfread
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from renshe.engine.sources import dbf
from renshe.engine.sources.base import Reader, SourceError
from renshe.engine.sources.opening import open_source

WriteDbf = Callable[..., Path]
ReadRows = Callable[[Reader], dict[int, list[Any]]]
ReadRejects = Callable[[Reader], dict[int, str]]

PERSON = [("AAC001", "C", 8, 0), ("姓名", "C", 10, 0), ("AAC006", "D", 8, 0), ("AAE180", "N", 10, 2), ("YX", "L", 1, 0)]


def test_values_are_as_written(write_dbf: WriteDbf, read_rows: ReadRows) -> None:
    path = write_dbf(
        PERSON,
        [
            ("00123", "张三", "19890101", "3000.50", "T"),
            ("  7", " 李 四㐂", "        ", "-1.00", "n"),
            ("8", "", "00000000", "**********", "?"),
        ],
    )
    reader = open_source(path)
    assert reader.header == ("AAC001", "姓名", "AAC006", "AAE180", "YX")
    assert (reader.layout.format, reader.layout.encoding) == ("dbf", "gb18030")
    assert read_rows(reader) == {
        1: ["00123", "张三", "19890101", "3000.50", "1"],
        2: ["  7", " 李 四㐂", None, "-1.00", "0"],
        3: ["8", None, "00000000", "**********", None],
    }
    assert reader.layout.notes == []


TEXTS = st.text(st.sampled_from("张三李〇㐂 aX0|\\\n"), max_size=4).map(lambda text: text.rstrip(" "))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(TEXTS, TEXTS, st.sampled_from([b" ", b"*"])), max_size=12), st.integers(1, 300))
def test_what_is_written_is_read_back_in_blocks_of_any_size(
    write_dbf: WriteDbf,
    read_rows: ReadRows,
    read_rejects: ReadRejects,
    records: list[tuple[str, str, bytes]],
    block: int,
) -> None:
    fields = [("A", "C", 16, 0), ("B", "C", 16, 0)]
    flags = b"".join(flag for _, _, flag in records)
    path = write_dbf(fields, [(first, second) for first, second, _ in records], flags=flags, end=b"\x1a")
    reader = open_source(path)
    original, dbf.BLOCK_BYTES = dbf.BLOCK_BYTES, block
    try:
        rows, rejects = read_rows(reader), read_rejects(reader)
    finally:
        dbf.BLOCK_BYTES = original
    assert rows == {
        number: [first or None, second or None]
        for number, (first, second, flag) in enumerate(records, 1)
        if flag == b" " and (first or second)
    }
    assert rejects == {number: "已删除标记" for number, record in enumerate(records, 1) if record[2] == b"*"}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(TEXTS.filter(str.strip), st.integers(-999, 999)), min_size=1, max_size=8))
def test_the_same_values_as_dbfread(write_dbf: WriteDbf, read_rows: ReadRows, records: list[tuple[str, int]]) -> None:
    path = write_dbf([("A", "C", 16, 0), ("B", "N", 6, 0)], [(text, str(number)) for text, number in records])
    expected = [[row["A"] or None, str(row["B"])] for row in dbfread.DBF(path, encoding="gb18030")]
    assert list(read_rows(open_source(path)).values()) == expected


def test_bytes_that_are_no_text_reject_their_record_and_keep_it(write_dbf: WriteDbf, read_rows: ReadRows) -> None:
    half = "张".encode("gb18030")[:1]
    path = write_dbf([("A", "C", 4, 0), ("姓名", "C", 3, 0)], [("1", "张"), ("2", b"\xd5\xc5" + half), ("3", "李")])
    reader = open_source(path)
    assert list(read_rows(reader)) == [1, 3]
    reject = next(batch.rejects for batch in reader.batches())[0]
    assert (reject.source_row, reject.raw_bytes) == (2, b" 2   \xd5\xc5\xd5")
    assert reject.reason == "字段“姓名”第3字节起无法按GB18030解码"
    assert "张\\xd5" in reject.raw


def test_a_truncated_file_says_so_and_rejects_the_record_that_is_cut(
    write_dbf: WriteDbf, read_rows: ReadRows, read_rejects: ReadRejects
) -> None:
    path = write_dbf(PERSON, [(str(number), "张三", "19890101", "1", "T") for number in range(5)])
    data = path.read_bytes()
    path.write_bytes(data[:-20])
    reader = open_source(path)
    assert list(read_rows(reader)) == [1, 2, 3, 4]
    assert read_rejects(reader) == {5: "文件在这条记录中间截断"}
    assert reader.layout.notes == ["文件头记有 5 条记录，文件只够 4 条，可能不完整；请向提供方核对条数"]


def test_records_behind_the_count_of_the_head_are_read(write_dbf: WriteDbf, read_rows: ReadRows) -> None:
    records = [(str(number), "张三", "19890101", "1", "T") for number in range(5)]
    reader = open_source(write_dbf(PERSON, records, count=2))
    assert list(read_rows(reader)) == [1, 2, 3, 4, 5]
    assert reader.layout.notes == ["文件头记有 2 条记录，实际读到 5 条，多出的也已读取"]
    list(reader.batches())
    assert len(reader.layout.notes) == 1


def test_what_stands_behind_the_end_mark_is_no_record(write_dbf: WriteDbf, read_rows: ReadRows) -> None:
    records = [("1", "张三", "19890101", "1", "T")]
    for end in (b"", b"\x1a", b"\0" * 50, b"\x1a" + b"\0" * 90, b"\x1a" + b"x" * 90):
        reader = open_source(write_dbf(PERSON, records, end=end))
        assert list(read_rows(reader)) == [1]
        assert not [reject for batch in reader.batches() for reject in batch.rejects]


def test_a_record_with_a_broken_flag_is_a_reject(write_dbf: WriteDbf, read_rejects: ReadRejects) -> None:
    records = [(str(number), "张三", "19890101", "1", "T") for number in range(3)]
    path = write_dbf(PERSON, records, flags=b" x ")
    assert read_rejects(open_source(path)) == {2: "删除标志字节异常（0x78），记录可能已损坏"}


def test_binary_fields_of_visual_foxpro(write_dbf: WriteDbf, read_rows: ReadRows) -> None:
    fields = [
        ("I", "I", 4, 0),
        ("Y", "Y", 8, 4),
        ("B", "B", 8, 2),
        ("T", "T", 8, 0),
        ("V", "V", 6, 0),
        ("_NullFlags", "0", 1, 0),
    ]
    moment = struct.pack("<LL", 2447528, (8 * 3600 + 1800) * 1000)
    path = write_dbf(
        fields,
        [
            (struct.pack("<i", -5), struct.pack("<q", 30005000), struct.pack("<d", 0.1), moment, "张三x ", b"\0"),
            (bytes(4), bytes(8), bytes(8), b" " * 8, b"abc  \x03", b"\x03"),
        ],
        version=0x30,
        field_flags=bytes([2, 0, 0, 0, 0, 5]),
    )
    reader = open_source(path)
    assert reader.header == ("I", "Y", "B", "T", "V")
    assert read_rows(reader) == {
        1: ["-5", "3000.5000", "0.1", "1989-01-01 08:30:00", "张三x"],
        2: [None, "0.0000", "0", None, "abc"],
    }


def test_memo_fields_are_read_from_the_file_beside(write_dbf: WriteDbf, read_rows: ReadRows) -> None:
    fields = [("A", "C", 4, 0), ("BZ", "M", 10, 0)]
    path = write_dbf(fields, [("1", "1"), ("2", ""), ("3", "9")], version=0xF5)
    assert read_rows(open_source(path)) == {1: ["1", None], 2: ["2", None], 3: ["3", None]}
    assert open_source(path).layout.notes == ["备注文件（.fpt 或 .dbt）不在旁边，备注字段“BZ”未读取"]
    memo = "补缴说明\r\n第二行".encode("gb18030")
    content = struct.pack(">LHH504s", 2, 0, 512, b"") + struct.pack(">LL", 1, len(memo)) + memo
    path.with_suffix(".FPT").write_bytes(content)
    reader = open_source(path)
    assert reader.layout.notes == []
    assert read_rows(reader) == {1: ["1", "补缴说明\r\n第二行"], 2: ["2", None]}
    assert [reject.reason for batch in reader.batches() for reject in batch.rejects] == [
        "字段“BZ”的备注内容读不出，备注文件可能已损坏"
    ]


def test_the_encoding_is_the_one_given_or_said_or_found(write_dbf: WriteDbf, read_rows: ReadRows) -> None:
    fields = [("姓名", "C", 12, 0)]
    records = [("张三",), ("李四",), ("王五",)]
    path = write_dbf(fields, records, encoding="utf-8")
    reader = open_source(path)
    assert (reader.layout.encoding, reader.header) == ("utf-8", ("姓名",))
    assert read_rows(reader)[1] == ["张三"]
    with pytest.raises(SourceError, match="encoding = “GBK” 写错了"):
        open_source(path, encoding="GBK")
    assert open_source(write_dbf(fields, records, codepage=0), encoding="GBK").layout.encoding == "gb18030"
    assert open_source(write_dbf(fields, records, encoding="utf-8", codepage=0x4D)).layout.encoding == "gb18030"
    assert open_source(write_dbf(fields, [("a",)], codepage=0x57)).layout.encoding == "gb18030"
    with pytest.raises(SourceError, match="不支持的编码"):
        open_source(path, encoding="klingon")


def test_a_long_text_field_of_foxpro(write_dbf: WriteDbf, read_rows: ReadRows) -> None:
    path = write_dbf([("A", "C", 300, 300 >> 8), ("B", "C", 2, 0)], [("x" * 299, "y")])
    assert read_rows(open_source(path)) == {1: ["x" * 299, "y"]}


def test_columns_called_alike_or_not_at_all(write_dbf: WriteDbf) -> None:
    reader = open_source(write_dbf([("A", "C", 2, 0), ("A", "C", 2, 0), (" ", "C", 2, 0)], [("1", "2", "3")]))
    assert reader.header == ("A", "A_2", "字段3")


@pytest.mark.parametrize(
    ("place", "value", "what"),
    [
        (8, b"\xff\xff", "文件头长度"),
        (10, b"\x01\x00", "文件头长度"),
        (10, b"\x63\x00", "与记录长度 99 不符"),
        (43, b"\x01", "第 1 个字段的类型无法识别"),
        (75, b"x", "第 2 个字段的类型无法识别"),
        (48, b"\x20", "与记录长度"),
    ],
)
def test_a_head_that_contradicts_itself_is_refused(write_dbf: WriteDbf, place: int, value: bytes, what: str) -> None:
    path = write_dbf(PERSON, [("1", "张三", "19890101", "1", "T")])
    data = bytearray(path.read_bytes())
    data[place : place + len(value)] = value
    path.write_bytes(data)
    with pytest.raises(SourceError, match=what) as caught:
        open_source(path)
    assert "DBF 文件头损坏" in str(caught.value)
    assert "请由原系统重新导出" in str(caught.value)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 400), st.integers(0, 255))
def test_any_damaged_byte_loses_no_record_in_silence(write_dbf: WriteDbf, place: int, value: int) -> None:
    path = write_dbf(PERSON, [(str(number), "张三", "19890101", "1", "T") for number in range(6)])
    data = bytearray(path.read_bytes())
    data[min(place, len(data) - 1)] = value
    path.write_bytes(data)
    try:
        reader = open_source(path)
        seen = sum(len(batch.rows) + len(batch.rejects) for batch in reader.batches())
    except SourceError as exc:
        assert "\n" not in str(exc)
    else:
        assert reader.layout.format != "dbf" or seen == 6 or reader.layout.notes


def test_a_single_name_is_read_as_what_it_is_whole_in(write_dbf: WriteDbf, read_rows: ReadRows) -> None:
    path = write_dbf([("A", "C", 16, 0)], [("李〇",)])
    assert read_rows(open_source(path)) == {1: ["李〇"]}
