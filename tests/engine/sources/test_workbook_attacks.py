"""Workbooks that are broken, hostile or something else: one clear line, never a crash."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from renshe.engine.sources import archive
from renshe.engine.sources.base import Reader, SourceError
from renshe.engine.sources.opening import open_source

WriteBook = Callable[..., Path]
ReadRows = Callable[[Reader], dict[int, list[Any]]]

TABLE = [["个人编号", "姓名"], ["1", "张三"], ["2", "李四"]]
KNOWN = frozenset({"个人编号", "姓名"})


def refusal(path: Path) -> str:
    """Open and read to the end; return the error, which must be one line that names the file and a remedy."""
    with pytest.raises(SourceError) as caught:
        for _ in open_source(path, known_names=KNOWN).batches():
            pass
    text = str(caught.value)
    assert text.startswith(f"{path}：")
    assert "；" in text
    assert "\n" not in text
    return text


def rezipped(source: Path, target: Path, changes: dict[str, bytes | None]) -> Path:
    """Copy a zip with parts changed, added or (None) left out."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = changes.pop(name, old.read(name))
            if data is not None:
                new.writestr(name, data)
        for name, added in changes.items():
            if added is not None:
                new.writestr(name, added)
    return target


def test_an_empty_file(tmp_path: Path) -> None:
    for suffix in (".xlsx", ".xls", ".ods", ".dbf", ".parquet", ".csv"):
        path = tmp_path / f"a{suffix}"
        path.touch()
        assert "0 字节" in refusal(path)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0, 0.999))
def test_a_truncated_workbook_is_refused_in_every_format(write_book: WriteBook, share: float) -> None:
    path = write_book(人员=TABLE)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    try:
        rows = sum(len(batch.rows) for batch in open_source(path, known_names=KNOWN).batches())
    except SourceError as exc:
        assert "\n" not in str(exc)
    else:
        # Only the last, unused sectors of an XLS may be missing without harm.
        assert (path.suffix, rows) == (".xls", 2)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 0.9999), byte=st.integers(0, 255))
def test_a_workbook_with_a_damaged_byte_is_read_or_refused(write_book: WriteBook, place: float, byte: int) -> None:
    path = write_book(人员=TABLE)
    data = bytearray(path.read_bytes())
    data[int(len(data) * place)] = byte
    path.write_bytes(data)
    try:
        for _ in open_source(path, known_names=KNOWN).batches():
            pass
    except SourceError as exc:
        assert "\n" not in str(exc)


def test_a_zip_that_is_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("人员.csv", "个人编号,姓名\n1,张三\n")
    assert "是压缩包，不是工作簿" in refusal(path)


def test_a_zip_without_anything(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w"):
        pass
    assert "是压缩包，不是工作簿" in refusal(path)


def test_a_zip_bomb_is_refused_before_it_is_unfolded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("[Content_Types].xml", b"<Types/>")
        with target.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(201):
                part.write(bytes(1 << 20))

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("unfolded")

    monkeypatch.setattr(zipfile.ZipFile, "open", fail)
    assert "疑为压缩炸弹，未打开" in refusal(path)


def test_too_many_parts_and_too_many_bytes(write_xlsx: WriteBook, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_xlsx(人员=TABLE)
    monkeypatch.setattr(archive, "MAX_ENTRIES", 3)
    assert "疑为压缩炸弹" in refusal(path)
    monkeypatch.undo()
    monkeypatch.setattr(archive, "MAX_BYTES", 100)
    assert "疑为压缩炸弹" in refusal(path)


def test_a_directory_that_understates_a_part_smuggles_nothing_in(tmp_path: Path, write_xlsx: WriteBook) -> None:
    plain = write_xlsx(人员=[["个人编号", "姓名"], *([str(number), "张三"] for number in range(20_000))])
    name = "xl/worksheets/sheet1.xml"
    data = bytearray(plain.read_bytes())
    entry = data.rindex(name.encode()) - 46
    assert data[entry : entry + 4] == b"PK\x01\x02"
    struct.pack_into("<L", data, entry + 24, 1000)
    plain.write_bytes(data)
    assert "工作簿已损坏" in refusal(plain)


def test_a_part_too_large_to_hold(write_xlsx: WriteBook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_HELD", 10)
    assert "请拆分工作表或另存为 CSV" in refusal(write_xlsx(人员=TABLE))


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("xl/workbook.xml", None),
        ("xl/workbook.xml", b"<workbook"),
        ("xl/_rels/workbook.xml.rels", None),
        ("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row r='1'>"),
        ("xl/worksheets/sheet1.xml", b"not xml at all"),
        ("xl/worksheets/sheet1.xml", b'<worksheet><sheetData><row r="x"></row></sheetData></worksheet>'),
        ("xl/styles.xml", b"<styleSheet>"),
    ],
)
def test_a_workbook_with_a_broken_part(write_xlsx: WriteBook, tmp_path: Path, part: str, content: bytes | None) -> None:
    assert "工作簿已损坏或不完整" in refusal(rezipped(write_xlsx(人员=TABLE), tmp_path / "b.xlsx", {part: content}))


def test_entities_that_multiply(write_xlsx: WriteBook, tmp_path: Path) -> None:
    """A billion laughs: entities in entities unfold a small part into gigabytes."""
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    text = (
        f'<!DOCTYPE worksheet [<!ENTITY e0 "ha">{levels}]><worksheet><sheetData><row r="1">'
        '<c r="A1" t="inlineStr"><is><t>&e11;</t></is></c></row></sheetData></worksheet>'
    )
    path = rezipped(write_xlsx(人员=TABLE), tmp_path / "b.xlsx", {"xl/worksheets/sheet1.xml": text.encode()})
    assert "工作簿已损坏或不完整" in refusal(path)


def test_a_workbook_without_sheet_data(write_xlsx: WriteBook, tmp_path: Path) -> None:
    for sheet in (b"<worksheet/>", b"<worksheet><sheetData/></worksheet>"):
        path = rezipped(write_xlsx(人员=TABLE), tmp_path / "b.xlsx", {"xl/worksheets/sheet1.xml": sheet})
        assert "工作簿中没有数据" in refusal(path)


def test_one_stray_cell_in_the_far_corner_costs_nothing(tmp_path: Path, read_rows: ReadRows) -> None:
    book = openpyxl.Workbook()
    for row in TABLE:
        book.active.append(row)
    book.active["XFD1048576"] = "x"
    book.save(tmp_path / "far.xlsx")
    reader = open_source(tmp_path / "far.xlsx", known_names=KNOWN)
    rows = read_rows(reader)
    assert list(rows) == [2, 3, 1048576]
    assert rows[2] == ["1", "张三", None]


def repeated_ods(path: Path, columns: int, rows: int) -> Path:
    """An ODS with a header and one row, written once and repeated."""
    cell = '<table:table-cell office:value-type="string"{}><text:p>{}</text:p></table:table-cell>'
    header = cell.format("", "个人编号") + cell.format("", "姓名")
    row = cell.format("", "1") + cell.format(f' table:number-columns-repeated="{columns}"', "张三")
    content = (
        f"<office:document-content><table:table table:name='人员'><table:table-row>{header}</table:table-row>"
        f'<table:table-row table:number-rows-repeated="{rows}">{row}</table:table-row></table:table>'
        "</office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        target.writestr("content.xml", content)
    return path


def test_repeated_rows_of_an_ods_are_unfolded_while_they_are_read(tmp_path: Path, read_rows: ReadRows) -> None:
    reader = open_source(repeated_ods(tmp_path / "a.ods", 1, 3), known_names=KNOWN)
    assert read_rows(reader) == {number: ["1", "张三"] for number in (2, 3, 4)}
    endless = open_source(repeated_ods(tmp_path / "b.ods", 1, 99_999_999), known_names=KNOWN)
    assert next(endless.batches()).rows[:2].tolist() == [2, 3]


def test_a_small_ods_that_unfolds_beyond_all_measure(tmp_path: Path) -> None:
    assert "疑为压缩炸弹" in refusal(repeated_ods(tmp_path / "a.ods", 500, 99_999_999))
    assert "超过 2000 列的限度" in refusal(repeated_ods(tmp_path / "b.ods", 99_999_999, 1))


def test_cells_with_control_characters_and_half_characters(
    write_xlsx: WriteBook, tmp_path: Path, read_rows: ReadRows
) -> None:
    sheet = (
        '<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>个人编号</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>姓名</t></is></c></row><row r="2">'
        '<c r="A2" t="inlineStr"><is><t>a_x0000_b_x001F_</t></is></c>'
        '<c r="B2" t="inlineStr"><is><t>_xD842_ _xD83D__xDE00_ _x005F_x0041_</t></is></c></row></sheetData></worksheet>'
    )
    path = rezipped(write_xlsx(人员=TABLE), tmp_path / "b.xlsx", {"xl/worksheets/sheet1.xml": sheet.encode()})
    assert read_rows(open_source(path, known_names=KNOWN))[2] == ["a\0b\x1f", "\ufffd 😀 _x0041_"]


def test_password_protected_workbooks(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"))
    assert "设有打开密码" in refusal(path)


def test_an_encrypted_ods(write_book: WriteBook, tmp_path: Path) -> None:
    path = write_book(人员=TABLE)
    if path.suffix == ".ods":
        manifest = b'<m:manifest xmlns:m="m"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'
        assert "设有打开密码" in refusal(rezipped(path, tmp_path / "b.ods", {"META-INF/manifest.xml": manifest}))


def test_an_encrypted_xls(write_book: WriteBook) -> None:
    path = write_book(人员=TABLE)
    if path.suffix == ".xls":
        data = bytearray(path.read_bytes())
        # The record WriteAccess of the same stream, renamed to FilePass.
        place = data.index(b"\x5c\x00\x70\x00")
        data[place] = 0x2F
        path.write_bytes(data)
        assert "设有打开密码" in refusal(path)


@pytest.mark.parametrize(("offset", "claim"), [(4, b"\xff\xff\xff\xff"), (10, b"\xff\xff")])
def test_an_xls_sheet_that_claims_more_than_its_format_holds(write_book: WriteBook, offset: int, claim: bytes) -> None:
    """The library sets aside memory for the claim, and failing that ends the whole process."""
    path = write_book(人员=TABLE)
    if path.suffix == ".xls":
        data = bytearray(path.read_bytes())
        place = data.index(b"\x00\x02\x0e\x00") + 4
        data[place + offset : place + offset + len(claim)] = claim
        path.write_bytes(data)
        assert "XLS 工作簿已损坏" in refusal(path)


def test_documents_of_other_programs(tmp_path: Path) -> None:
    foreign = {
        "PDF": b"%PDF-1.7",
        "gzip": b"\x1f\x8b\x08",
        "RAR": b"Rar!\x1a\x07",
        "SQLite": b"SQLite format 3\0",
        "Access": b"\0\1\0\0Standard ACE DB",
        "Word": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "WordDocument".encode("utf-16-le"),
        "xlsb": b"",
    }
    for what, content in foreign.items():
        path = tmp_path / "a.xlsx"
        path.write_bytes(content)
        if what == "xlsb":
            with zipfile.ZipFile(path, "w") as target:
                target.writestr("[Content_Types].xml", "<Types/>")
                target.writestr("xl/workbook.bin", b"")
        assert what in refusal(path)
