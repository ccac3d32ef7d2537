"""What may be attached is known by its content; what is dangerous, damaged or two things at once is refused."""

from __future__ import annotations

import zipfile
import zlib
from io import BytesIO

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.filing.conftest import a_jpeg, a_pdf, a_png, an_office_file

from renshe.core.errors import BusinessError
from renshe.core.filing.limits import limits
from renshe.core.filing.naming import clean_name
from renshe.core.filing.recognising import recognise


def packed(content: bytes, filters: bytes = b"/FlateDecode") -> bytes:
    inside = zlib.compress(content)
    return b"9 0 obj << /Type /ObjStm /N 1 /First 4 /Filter %s /Length %d >> stream\n%s\nendstream endobj" % (
        filters, len(inside), inside,
    )  # fmt: skip


def a_workbook() -> bytes:
    book, made = openpyxl.Workbook(), BytesIO()
    book.active["A1"] = "张丽华"
    book.active["A1"].hyperlink = "https://example.org/"
    book.save(made)
    return made.getvalue()


def raw_zip(change: dict[str, object] | None = None, names: tuple[str, ...] = ("a.xml",)) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("OFD.xml", "<OFD/>")
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), "x")
    return made.getvalue()


@pytest.mark.req("S1-13", part="kinds of files")
@pytest.mark.parametrize(
    ("content", "ending", "pages"),
    [
        (a_pdf(), "pdf", 1),
        (a_pdf(12), "pdf", 12),
        (a_pdf(1, inside=packed(b"1 0 << /Type /Pages /Count 40 >>")), "pdf", 40),
        (a_png(), "png", 1),
        (a_jpeg(), "jpg", 1),
        (a_jpeg(behind=b"SEFHx" * 100), "jpg", 1),
        (an_office_file("docx"), "docx", None),
        (an_office_file("ofd"), "ofd", None),
        (a_workbook(), "xlsx", None),
        ("姓名，张丽华\r\n".encode(), "txt", None),
        ("姓名，张丽华".encode("gb18030"), "txt", None),
        ("\ufeff姓名".encode(), "txt", None),
    ],
)
def test_a_file_is_known_by_its_content(content: bytes, ending: str, pages: int | None) -> None:
    known = recognise(content, "随便.exe")
    assert (known.ending, known.pages) == (ending, pages)


SCRIPT = b"5 0 obj << /S /JavaScript /JS (app.alert(1)) >> endobj"
RELATION = b'<Relationship Type="http://x/attachedTemplate" Target="http://evil/" TargetMode="External"/>'

# What is refused, and which word the refusal says.
DANGEROUS = {
    "pdf that runs (自动执行)": a_pdf(inside=SCRIPT),
    "pdf that runs, written with # (自动执行)": a_pdf(inside=b"5 0 obj << /S /J#61v#61Script /J#53 (x) >> endobj"),
    "pdf that runs, packed (自动执行)": a_pdf(inside=packed(SCRIPT)),
    "pdf that runs, packed and short (自动执行)": a_pdf(inside=packed(b"<< /JS (x) >>")),
    "pdf that runs, behind a false stream (自动执行)": a_pdf(inside=b"% stream\n" + SCRIPT + b"\n% endstream"),
    "pdf packed strangely (结构特殊)": a_pdf(inside=packed(SCRIPT, b"[/ASCIIHexDecode /FlateDecode]")),
    "pdf packed wrongly (结构特殊)": a_pdf(inside=packed(b"x").replace(b"stream\nx\x9c", b"stream\nyy")),
    "pdf that launches (自动执行)": a_pdf(inside=b"5 0 obj << /S /Launch /F (cmd.exe) >> endobj"),
    "pdf with a file inside (其他文件)": a_pdf(inside=b"5 0 obj << /Type /EmbeddedFile >> endobj"),
    "pdf under a password (加密)": a_pdf(inside=b"5 0 obj << /Encrypt 6 0 R >> endobj"),
    "pdf and archive (夹带)": a_pdf() + raw_zip(),
    "pdf and archive, the end made good (两种文件)": a_pdf() + raw_zip() + b"\n%%EOF\n",
    "pdf bomb (解压后过大)": a_pdf(inside=packed(b"\x00" * (limits().unpacked + 1))),
    "png with something behind (夹带)": a_png(behind=raw_zip()),
    "png too large (像素)": a_png(200_000, 200_000),
    "jpeg and archive (两种)": a_jpeg(behind=raw_zip()),
    "jpeg and pdf (两种)": a_jpeg(comment=a_pdf()),
    "jpeg and page (网页代码)": a_jpeg(comment=b"<script>alert(1)</script>"),
    "jpeg too large (像素)": a_jpeg(60_000, 60_000),
    "docx with macros (宏)": an_office_file("docx", **{"word/vbaProject.bin": b"x"}),
    "docx with a program (程序)": an_office_file("docx", **{"word/media/image1.png": b"MZ\x90\x00"}),
    "docx with a file (其他文件)": an_office_file("docx", **{"word/embeddings/oleObject1.bin": b"x"}),
    "docx with a template elsewhere (别处取)": an_office_file("docx", **{"word/_rels/settings.xml.rels": RELATION}),
    "docx with a command (执行命令)": an_office_file(
        "docx", **{"word/document.xml": b"<w:instrText>DDEAUTO cmd</w:instrText>"}
    ),
    "docx that unfolds (展开)": an_office_file("docx", **{"word/document.xml": b'<!DOCTYPE x [<!ENTITY a "b">]>'}),
    "docx that unfolds, in other letters (展开)": an_office_file(
        "docx", **{"word/document.xml": '\ufeff<!DOCTYPE x [<!ENTITY a "b">]>'.encode("utf-16")}
    ),
    "xlsx with macros (宏)": an_office_file("xlsx", **{"docProps/x.xml": b"x", "xl/macrosheets/sheet1.xml": b"x"}),
    "archive bomb (解压后过大)": an_office_file("docx", **{"word/document.xml": b"\x00" * 50_000_000}),
    "archive in archive (其他文件)": an_office_file("ofd", **{"Doc_0/more": raw_zip()}),
    "archive with a way out (指向别处)": raw_zip(names=("../../etc/cron.d/x",)),
    "archive with a root (指向别处)": raw_zip(names=("/etc/passwd",)),
    "archive of Windows with a way out (指向别处)": raw_zip(names=("..\\x.xml",)),
    "archive with one name twice (重复)": raw_zip(names=("a.xml", "A.xml")),
    "archive with something before (夹带)": b"PK\x03\x04" + b"x" * 100 + raw_zip(),
    "archive with something behind (夹带)": raw_zip() + b"x" * 10,
    "page (网页)": b"<!DOCTYPE html><script>alert(1)</script>",
    "picture that runs (网页)": b'<?xml version="1.0"?><svg onload="alert(1)"/>',
    "script (程序)": b"#!/bin/sh\nrm -rf /\n",
    "postscript (程序)": b"%!PS\n",
}


@pytest.mark.parametrize("what", DANGEROUS)
def test_what_is_dangerous_is_refused_and_says_why(what: str) -> None:
    content, why = DANGEROUS[what], what.rpartition("(")[2].rstrip(")")
    with pytest.raises(BusinessError) as refused:
        recognise(content, "证明.pdf")
    assert refused.value.code == "paper.dangerous", refused.value
    assert str(refused.value).startswith("“证明.pdf”") and why in str(refused.value)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "paper.empty"),
        (b"MZ\x90\x00\x03" * 10, "paper.kind_refused"),
        (b"\x7fELF\x02\x01", "paper.kind_refused"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 10, "paper.kind_refused"),
        (b"%PDF-1.7\n", "paper.kind_refused"),
        (a_pdf().replace(b"/Type /Page", b"/Type /Ghost"), "paper.kind_refused"),
        (a_png()[:-5], "paper.kind_refused"),
        (a_png().replace(b"IDAT", b"IDAX"), "paper.kind_refused"),
        (a_png(0, 5), "paper.kind_refused"),
        (a_jpeg()[:-4], "paper.kind_refused"),
        (raw_zip()[:-30], "paper.kind_refused"),
        (raw_zip().replace(b"OFD.xml", b"XYZ.xml"), "paper.kind_refused"),
        (b"a\x00b", "paper.kind_refused"),
        (b"\xff\xfe\x00\x00", "paper.kind_refused"),
        (b"x" * (limits().size + 1), "paper.too_large"),
    ],
)
def test_what_is_of_no_kind_or_not_whole_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(BusinessError) as refused:
        recognise(content, "x")
    assert refused.value.code == code


@given(
    st.binary(max_size=400), st.sampled_from([b"", b"%PDF-1.4\n", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"PK\x03\x04"])
)
def test_whatever_the_bytes_the_answer_is_a_kind_or_a_refusal(content: bytes, begins: bytes) -> None:
    try:
        recognise(begins + content, "x")
    except BusinessError as refused:
        assert refused.code.startswith("paper.")


@pytest.mark.parametrize("cut", range(0, 400, 7))
def test_a_real_file_that_was_cut_or_bent_is_refused_or_still_one_kind(cut: int) -> None:
    whole = a_workbook()
    for bent in (whole[: -cut or None], whole[:cut] + b"\x00" + whole[cut + 1 :]):
        try:
            assert recognise(bent, "x").ending == "xlsx"
        except BusinessError:
            continue


@pytest.mark.parametrize(
    ("told", "clean"),
    [
        ("身份证.JPG", "身份证.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("D:\\扫描\\x\\档案.doc", "档案.pdf"),
        ("合同\u202egpj.exe", "合同gpj.pdf"),
        ("a\x00b\nc.pdf", "abc.pdf"),
        ("con", "材料con.pdf"),
        ("", "材料.pdf"),
        ("...", "材料.pdf"),
        ("/", "材料.pdf"),
        ("长" * 300 + ".pdf", "长" * 80 + ".pdf"),
        ('<b>"x"</b>.pdf', "b.pdf"),
        ("a%00.pdf", "a00.pdf"),
    ],
)
def test_a_name_is_cleaned_of_what_paths_and_screens_obey(told: str, clean: str) -> None:
    assert clean_name(told, "pdf") == clean


@given(st.text(max_size=300))
def test_a_clean_name_is_always_a_name(told: str) -> None:
    clean = clean_name(told, "pdf")
    assert clean.endswith(".pdf") and 4 < len(clean) <= limits().name + 6
    assert not set(clean) & set('/\\\x00\n\r\t<>:"|?*') and clean == clean.strip() and not clean.startswith(".")


@pytest.mark.parametrize(
    "content",
    [
        a_pdf(inside=b"stream\n" * 400_000),
        a_pdf(inside=b"<< /Type /Pages " * 200_000),
        an_office_file(
            "docx", **{"word/_rels/x.rels": b"<Relationship " * 300_000 + b"".join(bytes([n]) for n in range(48, 58))}
        ),
        b"<" * 2_000_000,
        b"< \n" * 700_000,
        a_jpeg(comment=b"\xff" * 60_000),
    ],
    ids=["streams", "trees", "relations", "brackets", "spaced brackets", "marks"],
)
def test_what_repeats_without_end_is_looked_at_once(content: bytes) -> None:
    # Were a byte looked at again for each that repeats, this would take hours.
    try:
        recognise(content, "x")
    except BusinessError as refused:
        assert refused.code.startswith("paper.")
