"""PDF, looked through without being read: pages counted, programs and hidden files refused.

Rule (规范附件内容, S1-13): a document shows the same to everybody and does nothing when it is opened.

Invariant: names are looked for where they may hide, written with ``#`` and in packed object streams too; what cannot be
looked into is refused.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from renshe.core.filing.findings import Dangerous, Unknown
from renshe.core.filing.limits import limits

_BEGINS = re.compile(rb"(?<!end)stream\r?\n")
_ENDS = b"endstream"
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
# Long names are looked for everywhere: no picture holds one by chance.
_RUNS = re.compile(rb"/(?:JavaScript|Launch|RichMedia|SubmitForm|ImportData|GoToE|Rendition)\b")
_HIDES = re.compile(rb"/EmbeddedFiles?\b")
# Short ones only outside of streams.
_RUNS_SHORT = re.compile(rb"/(?:JS|XFA)\b")
_ENCRYPTED = re.compile(rb"/Encrypt\b")
_TREE = re.compile(rb"/Type\s*/Pages\b")
_PAGE = re.compile(rb"/Type\s*/Page\b(?!s)")
_FILTERS = re.compile(rb"/Filter\s*(?:\[([^\]]*)\]|(/\w+))")
_COUNT = re.compile(rb"/Count\s+(\d{1,6})\b")


def examine(content: bytes) -> int:
    """Return how many pages a PDF has; Dangerous or Unknown where it may not be taken."""
    if not re.search(rb"%%EOF\s*\x00*\s*$", content[-1024:]):
        raise Dangerous("结尾不完整或夹带了其他内容") if b"%%EOF" in content else Unknown
    outside = [_unescaped(_outside(content))]
    outside += [_unescaped(one) for one in _packed(content)]
    whole = _unescaped(content)
    told = b"\n".join(outside)
    if _ENCRYPTED.search(told):
        raise Dangerous("已加密，无法检查")
    if _RUNS.search(whole) or _RUNS.search(told) or _RUNS_SHORT.search(told):
        raise Dangerous("含有打开时自动执行的内容")
    if _HIDES.search(whole) or _HIDES.search(told):
        raise Dangerous("夹带了其他文件")
    found = pages(outside)
    if not found:
        raise Unknown
    return found


def count_pages(content: bytes) -> int:
    """Return how many pages a PDF of our own making has."""
    return pages([_unescaped(_outside(content)), *_packed(content)])


def pages(parts: list[bytes]) -> int:
    """Return the number of pages that the root of the page tree tells, or else that of the pages there are."""
    told = [
        int(count[1])
        for part in parts
        for one in re.split(rb"\bendobj\b", part)
        if _TREE.search(one) and (count := _COUNT.search(one))
    ]
    return max(told, default=0) or sum(len(_PAGE.findall(part)) for part in parts)


def _streams(content: bytes) -> Iterator[tuple[int, int]]:
    """Yield where the streams begin and end, looking at every byte once."""
    at = 0
    while (begins := _BEGINS.search(content, at)) and (ends := content.find(_ENDS, begins.end())) >= 0:
        yield begins.end(), ends
        at = ends + len(_ENDS)


def _outside(content: bytes) -> bytes:
    """Return what stands outside of streams."""
    parts, at = [], 0
    for begins, ends in _streams(content):
        parts.append(content[at:begins])
        at = ends
    return b"\n".join([*parts, content[at:]])


def _packed(content: bytes) -> list[bytes]:
    """Return what object streams hold."""
    found, room = [], limits().unpacked
    for begins, ends in _streams(content):
        told = content[max(0, begins - 2048) : begins]
        told = _unescaped(told[told.rfind(b"obj") + 3 :])
        if b"/ObjStm" not in told:
            continue
        filters = _FILTERS.search(told)
        if filters is None:
            found.append(content[begins:ends])
            continue
        if (filters[1] or filters[2]).split() != [b"/FlateDecode"]:
            raise Dangerous("结构特殊，无法检查")
        unpacking = zlib.decompressobj()
        try:
            found.append(unpacking.decompress(content[begins:ends], room))
        except zlib.error:
            raise Dangerous("结构特殊，无法检查") from None
        room -= len(found[-1])
        if unpacking.unconsumed_tail or room <= 0:
            raise Dangerous("解压后过大")
    return found


def _unescaped(content: bytes) -> bytes:
    return _ESCAPED.sub(lambda one: bytes([int(one[1], 16)]), content) if b"#" in content else content
