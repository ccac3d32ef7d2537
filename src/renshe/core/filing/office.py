"""Office files, which are archives: DOCX, XLSX and OFD, opened part by part within limits.

Rule (规范附件内容, S1-13): texts and tables without programs, without other files inside, and without anything that
is fetched from elsewhere when the file is opened.

Invariant: no part is unpacked beyond what it says of itself, all parts together not beyond the limit, whatever they
say; no name of a part leads out of the archive.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from io import BytesIO

from renshe.core.filing.findings import Dangerous, Unknown
from renshe.core.filing.limits import limits

_KINDS = (
    (
        b"wordprocessingml.document.main+xml",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "docx",
    ),
    (b"spreadsheetml.sheet.main+xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
)
_PROGRAM = re.compile(
    r"vbaproject|vbadata|macrosheets|activex|/embeddings/|customui"
    r"|\.(?:bin|exe|dll|js|vbs|jar|bat|cmd|ps1|scr|lnk|hta|com|msi|sh|py|docm|xlsm|zip|rar|7z|gz)$",
    re.IGNORECASE,
)
# Printer settings are bytes of the printer's maker that no reader runs.
_HARMLESS = re.compile(r"^xl/printersettings/printersettings\d+\.bin$", re.IGNORECASE)
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^<>]*>", re.IGNORECASE)
_DEFINED = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_FIELD = re.compile(rb"\bDDE(?:AUTO)?\b")
_ENCRYPTED = 0x1


def is_archive(content: bytes) -> bool:
    """Whether a program that unpacks would take this for an archive."""
    return zipfile.is_zipfile(BytesIO(content))


def examine(content: bytes) -> tuple[str, str]:
    """Return media type and ending of an office file; Dangerous or Unknown where it may not be taken."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
            _examine_directory(content, archive, parts)
            return _kind(archive, parts)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError):
        raise Unknown from None


def _examine_directory(content: bytes, archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> None:
    """Judge by what the archive says of itself, before anything is unpacked."""
    if parts and min(part.header_offset for part in parts) != 0:
        raise Dangerous("夹带了其他内容")
    if len(content) - content.rfind(b"PK\x05\x06") != 22 + len(archive.comment):
        raise Dangerous("夹带了其他内容")
    names = [part.filename for part in parts]
    if len(parts) > limits().parts or sum(part.file_size for part in parts) > limits().unpacked:
        raise Dangerous("解压后过大")
    if len({name.lower() for name in names}) != len(names) or sum(part.compress_size for part in parts) > len(content):
        raise Dangerous("内部文件重复或重叠")
    for part in parts:
        name = part.filename
        if name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/") or "\x00" in name:
            raise Dangerous("内部文件名指向别处")
        if part.flag_bits & _ENCRYPTED:
            raise Dangerous("已加密，无法检查")
        if part.file_size > 2**20 and part.file_size > limits().ratio * max(part.compress_size, 1):
            raise Dangerous("解压后过大")
        if _PROGRAM.search(name) and not _HARMLESS.match(name):
            raise Dangerous("含有宏、程序或其他文件")


def _kind(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> tuple[str, str]:
    held = {part.filename: part for part in parts}
    for part in parts:
        # Unpacked no further than it says, and compared with its own check sum.
        content = archive.read(part)
        if content[:2] == b"MZ" or content[:4] in (b"\x7fELF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
            raise Dangerous("含有宏、程序或其他文件")
        if part.filename.lower().endswith((".xml", ".rels")):
            _examine_part(part.filename, content)
    if "OFD.xml" in held:
        return "application/ofd", "ofd"
    if "[Content_Types].xml" not in held:
        raise Unknown
    types = archive.read("[Content_Types].xml")
    if re.search(rb"macroEnabled", types, re.IGNORECASE):
        raise Dangerous("含有宏、程序或其他文件")
    for told, media_type, ending in _KINDS:
        if told in types:
            return media_type, ending
    raise Unknown


def _examine_part(name: str, content: bytes) -> None:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        # The same in the letters that are looked for.
        content = content.decode("utf-16", "replace").encode()
    if _DEFINED.search(content):
        raise Dangerous("含有自行展开的内容")
    if _FIELD.search(content) and name.startswith(("word/", "xl/externalLinks")):
        raise Dangerous("打开时会执行命令")
    if name.lower().endswith(".rels"):
        for relation in _RELATION.findall(content):
            outside = re.search(rb"TargetMode\s*=\s*[\"']\s*External", relation, re.IGNORECASE)
            if outside and not re.search(rb"Type\s*=\s*[\"'][^\"']*/hyperlink[\"']", relation, re.IGNORECASE):
                raise Dangerous("打开时会从别处取内容")
