"""Which reader a file needs: its first bytes say so, its suffix only where they do not.

Agencies rename files: a web system's "Excel export" is an HTML table called .xls, a text file is called .xlsx so that
it opens with a double click. What a file is decides; what it is called is at most worth a note.

Invariant: a file is read by the reader of its content or refused in one Chinese line with a remedy.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path

from renshe.engine.sources.archive import Package
from renshe.engine.sources.base import Reader, SourceError, unreadable
from renshe.engine.sources.dbf import DbfReader
from renshe.engine.sources.dbf_header import looks_like_dbf
from renshe.engine.sources.markup import HtmlBook, XmlBook
from renshe.engine.sources.ods import OdsBook
from renshe.engine.sources.parquet import ParquetReader
from renshe.engine.sources.sheet_xml import Row
from renshe.engine.sources.sheets import Book, SheetReader
from renshe.engine.sources.text import open_text
from renshe.engine.sources.xls import XlsBook, password_error
from renshe.engine.sources.xlsx import XlsxBook

_BINARY_SUFFIXES = frozenset({".xlsx", ".xls", ".ods", ".dbf", ".parquet"})
_HEAD_BYTES = 4096
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OFFICE_SHEET = b"urn:schemas-microsoft-com:office:spreadsheet"
_FOREIGN = (
    (b"%PDF", "PDF 文档", "请向提供方索取 Excel 或 CSV 文件"),
    (b"\x1f\x8b", "gzip 压缩文件", "请先解压"),
    (b"7z\xbc\xaf\x27\x1c", "7z 压缩文件", "请先解压"),
    (b"Rar!", "RAR 压缩文件", "请先解压"),
    (b"SQLite format 3\0", "SQLite 数据库", '请在 project.toml 中改用 url = "sqlite:///…" 和 query'),
    (b"\0\1\0\0Standard Jet DB", "Access 数据库", "请在 Access 中把表导出为 Excel 或 CSV 文件"),
    (b"\0\1\0\0Standard ACE DB", "Access 数据库", "请在 Access 中把表导出为 Excel 或 CSV 文件"),
    (b"\x89PNG", "图片", "请向提供方索取 Excel 或 CSV 文件"),
    (b"\xff\xd8\xff", "图片", "请向提供方索取 Excel 或 CSV 文件"),
    (b"{\\rtf", "RTF 文档", "请向提供方索取 Excel 或 CSV 文件"),
    (b"MIME-Version:", "单个文件网页", "请用 Excel 打开后另存为 xlsx"),
)
# The parts that tell what a zip is.
_XLSX_PART, _XLSB_PART = "[Content_Types].xml", "xl/workbook.bin"


def open_source(
    path: Path, *, encoding: str | None = None, sheet: str | None = None, known_names: frozenset[str] = frozenset()
) -> Reader:
    """Open a csv, tsv, txt, xlsx, xls, ods, dbf or parquet file by what it is.

    ``encoding`` is for text, DBF and HTML (found out when absent), ``sheet`` for workbooks; ``known_names`` are labels,
    codes and aliases of the expected table, by which its header is found. Raises SourceError for what cannot be read.
    """
    head = _head(path)
    for magic, what, remedy in _FOREIGN:
        if head.startswith(magic):
            raise SourceError(f"{path}：内容是{what}，不能作为数据文件读取；{remedy}")
    if head.startswith(b"PAR1"):
        return ParquetReader(path)
    if looks_like_dbf(head):
        return DbfReader(path, encoding)
    book = _book(path, head, encoding)
    if book is not None:
        return SheetReader(path, book, sheet, known_names)
    suffix = path.suffix.lower()
    if suffix in _BINARY_SUFFIXES and len(head) < len(_OLE):
        raise SourceError(f"{path}：只有 {len(head)} 字节，文件不完整；请核对是否导出成功，或向提供方重新索取")
    if suffix == ".dbf" and b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return DbfReader(path, encoding)
    reader = open_text(path, encoding=encoding, known_names=known_names)
    if suffix in _BINARY_SUFFIXES:
        reader.layout.notes.append(f"扩展名是 {suffix}，内容是文本，已按文本读取")
    return reader


def open_book(path: Path) -> Book:
    """Open a workbook with all its sheets, by what it is; SourceError for what is none or cannot be read."""
    book = _book(path, _head(path), None)
    if book is None:
        raise SourceError(f"{path}：不是工作簿；请用 Excel、WPS 或 LibreOffice 打开后另存为 xlsx 或 ods")
    return book


def book_rows(book: Book) -> Iterator[tuple[str, int, Row]]:
    """Yield (sheet, row number as shown, cells) of all rows of a workbook that hold anything, sheet after sheet."""
    if isinstance(book, OdsBook):
        yield from book.all_rows()
        return
    for name in book.sheets:
        yield from ((name, number, row) for number, row in book.rows(name))


def _head(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise SourceError(f"{path}：是文件夹或设备，不是文件；请写其中的数据文件")
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
    except OSError as exc:
        raise unreadable(path, exc) from exc
    if not head:
        raise SourceError(f"{path}：文件是空的（0 字节）；请核对是否导出成功，或向提供方重新索取")
    return head


def _book(path: Path, head: bytes, encoding: str | None) -> Book | None:
    """Return the workbook that the file is, or None where it is none."""
    if head.startswith(b"PK"):
        return _zipped_book(path)
    if head.startswith(_OLE):
        _refuse_foreign_ole(path)
        return XlsBook(path)
    text = head.replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").lstrip().lower()
    if text.startswith((b"<?xml", b"<workbook", b"<ss:workbook")) and _OFFICE_SHEET in text:
        return XmlBook(path)
    if text.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<head", b"<style", b"<body", b"<div")):
        return HtmlBook(path, encoding)
    if text.startswith((b"<?xml", b"<!--")) and b"<html" in text:
        return HtmlBook(path, encoding)
    return None


def _zipped_book(path: Path) -> Book:
    package = Package(path)
    try:
        if _XLSB_PART in package:
            raise SourceError(f"{path}：是二进制工作簿（xlsb）；请用 Excel 或 WPS 打开后另存为 xlsx")
        is_ods = "mimetype" in package and b"opendocument.spreadsheet" in package.head("mimetype", 80)
        if not is_ods and _XLSX_PART not in package:
            raise SourceError(f"{path}：是压缩包，不是工作簿；请先解压，把里面的数据文件写入 project.toml")
    finally:
        package.close()
    return OdsBook(path) if is_ods else XlsxBook(path)


def _refuse_foreign_ole(path: Path) -> None:
    """Refuse compound files that are no XLS: an encrypted XLSX or a Word document has streams of other names."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content.find("EncryptedPackage".encode("utf-16-le")) >= 0:
            raise password_error(path)
        if all(content.find(name.encode("utf-16-le")) < 0 for name in ("Workbook", "Book")):
            raise SourceError(
                f"{path}：不是 Excel 工作簿（可能是 Word 等其他文档）或已损坏；请向提供方索取 Excel 或 CSV 文件"
            )
