"""Which encoding a file is in, and what its bytes say."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renshe.engine.sources.base import SourceError
from renshe.engine.sources.encoding import (
    Encoding,
    Sample,
    decode_line,
    find_encoding,
    open_stream,
    original_bytes,
    take_sample,
)
from renshe.engine.sources.text import open_text

TEXT = "个人编号,姓名,性别\n1001,张三,男\n1002,诸葛亮,女\n1003,李四,男\n" * 20


def found(path: Path, data: bytes, given_name: str | None = None) -> Encoding:
    path.write_bytes(data)
    return find_encoding(path, take_sample(path), given_name)


@pytest.mark.parametrize(
    ("codec", "expected"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gb18030", "gb18030"),
        ("gbk", "gb18030"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_encoding_is_found_out(tmp_path: Path, codec: str, expected: str) -> None:
    assert found(tmp_path / "a.csv", TEXT.encode(codec)) == expected


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_some_damaged_bytes_do_not_change_the_encoding(tmp_path: Path, codec: str) -> None:
    lines = TEXT.encode(codec).split(b"\n")
    for at in range(3, len(lines) - 1, 4):
        lines[at] = lines[at][:6] + b"\xff" + lines[at][7:]
    assert found(tmp_path / "a.csv", b"\n".join(lines)) == codec


@pytest.mark.parametrize("text", ["1,女\n2,女\n", "联通\n", "1,模\n2,模\n"])
def test_gb18030_that_happens_to_be_valid_utf8_is_gb18030(tmp_path: Path, text: str) -> None:
    assert found(tmp_path / "a.csv", text.encode("gb18030")) == "gb18030"


def test_first_chinese_character_after_megabytes_of_digits_decides(tmp_path: Path) -> None:
    digits = b"220001,3000.00,202101\n" * 500_000
    data = digits + "220002,张三,1\n".encode("gb18030") + digits[:1_000_000]
    assert found(tmp_path / "a.csv", data) == "gb18030"
    assert found(tmp_path / "b.csv", digits) == "utf-8"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("GBK", "gb18030"), ("cp936", "gb18030"), ("UTF8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("UTF-16", "utf-16-le")],
)
def test_named_encoding_wins(tmp_path: Path, name: str, expected: str) -> None:
    assert found(tmp_path / "a.csv", TEXT.encode("utf-8"), name) == expected


def test_unknown_name_of_encoding_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="不支持的编码“big5”；encoding 可写 utf-8、utf-16、gb18030"):
        found(tmp_path / "a.csv", TEXT.encode("utf-8"), "big5")


ROWS = "个人编号,姓名,性别\n" + "1001,张三,男\n1002,李四,女\n" * 20


@pytest.mark.parametrize("wrote", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("named", ["utf-8", "GBK", "utf-16"])
def test_a_named_encoding_that_the_file_contradicts_is_refused_and_named(
    tmp_path: Path, wrote: str, named: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(ROWS.encode(wrote))
    if wrote.removesuffix("-sig") == named.lower().replace("gbk", "gb18030"):
        assert open_text(path, encoding=named).header == ("个人编号", "姓名", "性别")
        return
    with pytest.raises(SourceError, match=f"encoding = “{named}” 写错了；请改正，或删去它"):
        open_text(path, encoding=named)


def test_damage_in_a_few_places_does_not_overrule_a_named_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(ROWS.encode("gb18030").replace("张三".encode("gb18030"), b"\xd5\xff\xc8", 5))
    assert open_text(path, encoding="gb18030").layout.encoding == "gb18030"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"PK\x03\x04" + bytes(200), "xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(200), "xls"),
        (b"PAR1" + bytes(50), "Parquet"),
        (b"%PDF-1.4\n", "PDF"),
        (b"\x1f\x8b\x08\x00", "解压"),
        (b"\xef\xbb\xbf\n<HTML><table><tr><td>1", "另存为 xlsx"),
        (bytes(range(256)) * 40, "不是 UTF-8、UTF-16 或 GB18030 文本"),
        (b"\x80\xff" * 2000, "不是 UTF-8、UTF-16 或 GB18030 文本"),
    ],
)
def test_what_is_no_text_is_refused_in_one_line(tmp_path: Path, data: bytes, says: str) -> None:
    with pytest.raises(SourceError, match=says) as refused:
        found(tmp_path / "a.csv", data)
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith(f"{tmp_path / 'a.csv'}：")


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="文件不存在"):
        take_sample(tmp_path / "none.csv")


def test_sample_of_a_large_file_reaches_from_beginning_to_end(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"".join(b"%09d\n" % at for at in range(600_000)))
    sample = take_sample(path)
    assert sample.pieces[0][0] == 0
    assert sample.pieces[-1][0] + len(sample.pieces[-1][1]) == sample.size == 6_000_000
    lines = sample.lines("utf-8")
    assert lines[0] == "000000000"
    assert all(len(line) == 9 for line in lines)
    assert 1000 < len(lines) <= 2000
    assert int(lines[-1]) > 590_000
    steps = [int(later) - int(line) for line, later in pairwise(lines)]
    assert min(steps) > 0 and max(steps) < 600_000 // 14


def test_small_sample_keeps_its_unfinished_line() -> None:
    assert Sample(((0, b"a\r\nb\rc"),), 6).lines("utf-8") == ["a", "b", "c"]


def test_undecodable_bytes_are_shown_and_their_place_named() -> None:
    assert decode_line("张三,李".encode("gb18030")[:-1], "gb18030") == ("张三,\\xc0", "第6字节起无法按GB18030解码")
    assert decode_line(b"ab\xffc", "utf-8-sig") == ("ab\\xffc", "第3字节起无法按UTF-8解码")
    assert decode_line("𠮷\ue000".encode("gb18030"), "gb18030") == ("𠮷\ue000", None)


@settings(deadline=None)
@given(st.binary(max_size=60), st.sampled_from(["utf-16-le", "utf-16-be"]), st.integers(1, 9))
def test_any_bytes_read_as_utf16_can_be_given_back(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, encoding: Encoding, size: int
) -> None:
    path = tmp_path_factory.mktemp("utf16") / "a.txt"
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b"\xfe\xff"
    path.write_bytes(mark + data)
    stream = open_stream(path, encoding)
    read = b"".join(iter(lambda: stream.read(size), b""))
    stream.close()
    assert original_bytes(read, encoding) == data
    try:
        expected = data.decode(encoding)
    except UnicodeDecodeError:
        assert decode_line(read, encoding)[1] is not None
    else:
        assert decode_line(read, encoding) == (expected, None)
