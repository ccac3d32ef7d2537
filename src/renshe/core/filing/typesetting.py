"""Documents set by typst: a template, data apart from it, one font that comes along.

Rule (S2-38, S2-46): forms look the same on every machine and in ten years. So nothing of the machine is used: fonts
come with the program, the date is told, no package is fetched.

Invariant: data reach the template as one JSON text and are shown as text; whatever stands in them, nothing of it is
obeyed. The same template, data and moment give the same bytes. A character that the font does not have is shown by its
code, 〔U+2A6A5〕, never as an empty box: names have such characters.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import justmytype_intl_cjk
import typst
from fontTools.ttLib import TTFont

import renshe

ROOT = Path(renshe.__file__).parent
HOUSE = Path(__file__).parent / "templates" / "house.typ"
FONT = Path(justmytype_intl_cjk.__file__).parent / "fonts" / "ofl" / "notosanssc"

_one_at_a_time = Lock()


def typeset(template: Path, data: Mapping[str, Any], at: datetime, *, format: Literal["pdf", "png"] = "pdf") -> bytes:
    """Return the document that ``template`` makes of ``data``, dated ``at``; as PNG: its first page, to be looked at.

    Raises typst.TypstError where the template asks for what the data do not have.
    """
    told = json.dumps(_printable(data), ensure_ascii=False, sort_keys=True)
    with _one_at_a_time:
        made = _compiler(template).compile(
            format=format,
            sys_inputs={"data": told},
            timestamp=int(at.timestamp()),
            ppi=110 if format == "png" else None,
        )
    if isinstance(made, list):
        made = made[0]
    if made is None:
        raise RuntimeError("typst made nothing")
    return made


@cache
def template_digest(template: Path) -> str:
    """Return what stands for exactly this template, what it leans on, and what sets it."""
    parts = [
        template.read_bytes(),
        HOUSE.read_bytes(),
        version("typst").encode(),
        version("justmytype-intl-cjk").encode(),
    ]
    return sha256(b"\x00".join(sha256(part).digest() for part in parts)).hexdigest()


def _printable(value: Any) -> Any:
    """Return ``value`` with all its texts in characters that the font has."""
    if isinstance(value, str):
        if value.isascii() and value.isprintable():
            return value
        return "".join(one if one == "\n" or ord(one) in _characters() else _code(one) for one in value)
    if isinstance(value, Mapping):
        return {key: _printable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(one) for one in value]
    return value


def _code(one: str) -> str:
    # What is never seen – controls, marks of direction – is left out; the rest is named.
    return "" if unicodedata.category(one)[0] == "C" else " " if one.isspace() else f"〔U+{ord(one):04X}〕"


@cache
def _characters() -> frozenset[int]:
    """Return the characters that the font has."""
    with TTFont(next(FONT.glob("*.ttf")), lazy=True) as font:
        return frozenset(font.getBestCmap())


@cache
def _compiler(template: Path) -> typst.Compiler:
    # Kept: a first document costs ten times what the next one does.
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONT])
    return typst.Compiler(input=template, root=ROOT, font_paths=fonts, ignore_system_fonts=True)
