"""What a file is, by its content: one of the kinds that may be attached, whole, and nothing else besides.

Rule (规范附件内容, S1-13): kinds that open everywhere and carry no program. What a file calls itself does not count.

Invariant: what is recognised is of one kind only: a file that another program would read as something else is refused,
and so is one that runs something, hides something or unpacks without end.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from renshe.core.errors import BusinessError
from renshe.core.filing import office, pdf, pictures
from renshe.core.filing.findings import Dangerous, Unknown
from renshe.core.filing.limits import limits

_MARKUP = re.compile(rb"<\s*(?:!doctype|html|script|svg|\?xml|\?php|iframe|body|head)", re.IGNORECASE)
_NEAR = 65_536


@dataclass(frozen=True, slots=True)
class Recognised:
    """``ending``: as a file of the kind is named; ``pages``: where the kind has any."""

    media_type: str
    ending: str
    pages: int | None


def recognise(content: bytes, name: str) -> Recognised:
    """Return what ``content`` is; BusinessError where it may not be attached. ``name`` is told back to the user."""
    if not content:
        raise BusinessError("paper.empty", name=name)
    if len(content) > limits().size:
        raise BusinessError("paper.too_large", name=name, limit=limits().size // 2**20)
    try:
        return _recognise(content)
    except Unknown:
        raise BusinessError("paper.kind_refused", name=name, allowed=limits().allowed) from None
    except Dangerous as found:
        raise BusinessError("paper.dangerous", name=name, why=found.why) from None


def _recognise(content: bytes) -> Recognised:
    if content.startswith(b"%PDF-"):
        pages = pdf.examine(content)
        _alone(content, besides="pdf")
        return Recognised("application/pdf", "pdf", pages)
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        pictures.examine_png(content)
        _alone(content)
        return Recognised("image/png", "png", 1)
    if content.startswith(b"\xff\xd8\xff"):
        pictures.examine_jpeg(content)
        _alone(content)
        return Recognised("image/jpeg", "jpg", 1)
    if content.startswith(b"PK\x03\x04"):
        media_type, ending = office.examine(content)
        if b"%PDF-" in content[:1024]:
            raise Dangerous("同时是两种文件")
        return Recognised(media_type, ending, None)
    _examine_text(content)
    return Recognised("text/plain", "txt", None)


def _alone(content: bytes, besides: str = "") -> None:
    """Refuse a file that is also read as an archive, a document or a page."""
    if b"PK\x05\x06" in content[-_NEAR - 22 :] and office.is_archive(content):
        raise Dangerous("同时是两种文件")
    if besides != "pdf":
        if b"%PDF-" in content[:1024]:
            raise Dangerous("同时是两种文件")
        if _MARKUP.search(content[:_NEAR]) and re.search(rb"<\s*(?:script|\?php|html)", content, re.IGNORECASE):
            raise Dangerous("含有网页代码")


def _examine_text(content: bytes) -> None:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = codecs.decode(content, encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Unknown
    if re.search(r"[\x00-\x08\x0e-\x1f\x7f]", text):
        raise Unknown
    if _MARKUP.search(content) or text.startswith(("#!", "%!", "{\\rtf", "@echo")):
        raise Dangerous("含有网页代码或程序")
