"""A bureau that may attach, issue and file, with a place for papers of its own."""

from __future__ import annotations

import struct
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from tests.core.org.bureau import NEXT_YEAR, SETUP, Bureau, make

from renshe.core.filing import alarms, attachments, documents, volumes
from renshe.core.journal.context import declared
from renshe.core.org.operations import operation
from renshe.core.org.setting_up import grant_install

HERE = "220822"
RIGHTS = (
    attachments.ATTACH, attachments.READ, attachments.RELEASE,
    documents.ISSUE, documents.VOID, volumes.ARCHIVE, alarms.CHECK,
)  # fmt: skip


def furnish() -> Bureau:
    found = make()
    with declared(SETUP):
        for post in found.posts.values():
            for name in RIGHTS:
                if operation(name).kind in post.group.kinds and post.code != "audit":
                    grant_install(post=post, operation_name=name, region=found.regions["220000"], valid_until=NEXT_YEAR)
    return found


@pytest.fixture(autouse=True)
def papers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where papers lie."""
    folder = tmp_path / "papers"
    monkeypatch.setattr(settings, "PAPERS", folder)
    monkeypatch.setattr(settings, "SCANNER", "")
    monkeypatch.setattr(settings, "SCANNER_REQUIRED", False)
    return folder


@pytest.fixture
def bureau(db: None) -> Bureau:
    return furnish()


@pytest.fixture
def bureau_committed(committed: None) -> Bureau:
    return furnish()


def a_pdf(pages: int = 1, said: str = "x", inside: bytes = b"") -> bytes:
    kids = " ".join(f"{at + 3} 0 R" for at in range(pages))
    parts = [
        "1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj",
        f"2 0 obj << /Type /Pages /Kids [{kids}] /Count {pages} >> endobj",
        *(f"{at + 3} 0 obj << /Type /Page /Parent 2 0 R >> endobj" for at in range(pages)),
    ]
    body = "\n".join(["%PDF-1.7", f"% {said}", *parts]).encode() + b"\n" + inside
    return body + b"\ntrailer << /Root 1 0 R >>\nstartxref\n0\n%%EOF\n"


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def a_png(width: int = 2, height: int = 2, behind: bytes = b"") -> bytes:
    size = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\x00" * 3 for _ in range(2)))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", size) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"") + behind


def a_jpeg(width: int = 2, height: int = 2, comment: bytes = b"", behind: bytes = b"") -> bytes:
    def segment(mark: int, content: bytes) -> bytes:
        return bytes([0xFF, mark]) + struct.pack(">H", len(content) + 2) + content

    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    told = segment(0xFE, comment) if comment else b""
    return (
        b"\xff\xd8"
        + told
        + segment(0xC0, frame)
        + segment(0xDA, b"\x01\x01\x00\x00\x3f\x00")
        + b"\x00\xff\xd9"
        + behind
    )


TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
}


def an_office_file(kind: str = "docx", **more: bytes) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        if kind == "ofd":
            archive.writestr("OFD.xml", "<OFD/>")
        else:
            archive.writestr("[Content_Types].xml", f'<Types><Override ContentType="{TYPES[kind]}"/></Types>')
        for name, content in more.items():
            archive.writestr(name, content)
    return made.getvalue()
