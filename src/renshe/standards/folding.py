"""Names folded to one written form, so that one name written in two systems is one text.

Rules: 通用规范汉字表 (国发〔2013〕23号) and 第一批异体字整理表: traditional and variant characters are other shapes of
a standard one (張偉 and 张伟, 呂 and 吕, 峯 and 峰). Letters count without width and case; blanks, middle dots and what
clerks type for them do not count at all (买买提·吐尔逊, 买买提.吐尔逊, 买买提吐尔逊). Nothing is folded that two
people may lawfully be called apart:

- A character of GB 2312 stays as it is: systems of every age could write it, so whoever wrote 乾, 於 or 徵 meant it,
  though as traditional characters they would be 干, 于 and 征. The one exception is 甯: registers that knew only the
  simplified set wrote 宁 for the same surname.
- 昇 and 陞 are standard in names since 2013, but have no place in GB 2312: older systems wrote 升. They are folded.
  喆, 堃, 淼, 邨 and 甦 are standard since 2013, too, and stay: who could not write them left a hole, or wrote whatever
  sounds alike, for which there is ``pinyin``.
- 付 and 傅, 肖 and 萧, 闫 and 阎, 邱 and 丘 are surnames of their own by now and stay; they sound alike as well.

Traditional characters and those of Japan come from OpenCC, character by character (its phrases would make the answer
depend on the neighbours); ``data/variants.csv`` has the variants that it lacks.

Invariants: folding is idempotent; ``simple_names`` gives for every row what ``simple_name`` gives.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from renshe.standards.bulk import text_of
from renshe.standards.characters import CODE_POINTS, Characters, joined, parts
from renshe.standards.text import clean_name, clean_name_array

# What joins the parts of a name or stands for what joins them; other dots are ``·`` already (``clean_name``).
_JOINTS = " ·.,，。、．｡､'’‘`´-‐‑‒–—―－_＇＿ꞏ⸱᛫་"
# Chinese characters; their code points for compatibility; radicals that copied PDF text has in their place.
_IDEOGRAPHS = (*range(0x3400, 0xA000), *range(0x20000, 0x323B0))
_TWINS = (*range(0x2E80, 0x2FE0), *range(0xF900, 0xFB00), *range(0x2F800, 0x2FA20))
# Scripts with small letters: Latin, Greek, Cyrillic; and the full-width forms.
_LETTERS = (*range(0x61, 0x530), *range(0x1E00, 0x1F00))
_FULL_WIDTH = range(0xFF01, 0xFF5F)


def simple_name(text: str | None) -> str | None:
    """Return a name as it is compared (see the module): 張　偉 is 张伟, "O’Brien, Anne" is OBRIENANNE."""
    name = None if text is None else clean_name(text.translate(_folds()))
    # What cleaning uncovers may be folded again, and what is left may be a word for nothing: ``N.U.L.L``.
    while name is not None and (folded := name.translate(_folds())) != name:
        name = clean_name(folded)
    return name


def simple_names(array: Any) -> pa.StringArray:
    """Bulk twin of ``simple_name``; a column with nothing to fold is returned as it is."""
    folds = _table_of_folds()
    # Folded first: cleaning is slow for rows with blanks and dots, and few are left.
    names = clean_name_array(_mapped(text_of(array), folds))
    while (folded := _mapped(names, folds)) is not names:
        names = clean_name_array(folded)
    return names


def simplified(text: str) -> str:
    """Return ``text`` with traditional and variant characters as standard ones, and nothing else changed."""
    return text.translate(_standard_forms())


def simplified_array(array: Any) -> pa.StringArray:
    """Bulk twin of ``simplified``; a column with nothing to change is returned as it is."""
    names = text_of(array)
    changed = _mapped(names, _table_of_forms())
    return names if changed is names else pc.if_else(pc.is_valid(names), changed, pa.scalar(None, pa.string()))


def _mapped(names: pa.StringArray, table: NDArray[np.uint32]) -> pa.StringArray:
    """Return the column with each character replaced ("" where nothing is left), or itself if none is to be."""
    pieces, changed = [], False
    for part, chars in parts(names):
        codes = table[chars.codes]
        if np.array_equal(codes, chars.codes):
            pieces.append(part)
            continue
        changed = True
        pieces.append(Characters(codes, chars.starts).only(codes != CODE_POINTS).text())
    return joined(pieces) if changed else names


@lru_cache(maxsize=1)
def _table_of_folds() -> NDArray[np.uint32]:
    return _table(_folds())


@lru_cache(maxsize=1)
def _table_of_forms() -> NDArray[np.uint32]:
    return _table(_standard_forms())


def _table(changes: Mapping[int, int | None]) -> NDArray[np.uint32]:
    """What each code point becomes; ``CODE_POINTS`` (no character) for those that fall away."""
    table = np.arange(CODE_POINTS, dtype=np.uint32)
    for code, other in changes.items():
        table[code] = CODE_POINTS if other is None else other
    return table


@lru_cache(maxsize=1)
def _folds() -> dict[int, int | None]:
    """Every character that folding changes, for ``str.translate``; None where it falls away."""
    folds: dict[int, int | None] = dict(_standard_forms())
    for code in (*_LETTERS, *_FULL_WIDTH):
        # Letters whose capital is two letters (ß) stay: a table gives one for one.
        capital = chr(code - 0xFEE0 if code in _FULL_WIDTH else code).upper()
        if len(capital) == 1 and capital != chr(code):
            folds[code] = ord(capital)
    return folds | dict.fromkeys(map(ord, _JOINTS))


@lru_cache(maxsize=1)
def _standard_forms() -> dict[int, int]:
    """Every Chinese character that is another shape of a standard one, with this one."""
    plain = {chr(code): unicodedata.normalize("NFKC", chr(code)) for code in _TWINS}
    known = {twin: char for twin, char in plain.items() if len(char) == 1 and twin != char}
    known = _opencc() | known | _own_variants()
    return {ord(char): ord(_last(char, known)) for char in known}


def _last(char: str, known: dict[str, str]) -> str:
    """Follow ``known`` to its end: 鉱 is 鑛 (Japan's other shape), and 鑛 is 矿."""
    while char in known:
        char = known[char]
    return char


def _own_variants() -> dict[str, str]:
    text = resources.files("renshe.standards").joinpath("data/variants.csv").read_text(encoding="utf-8")
    return dict(list(csv.reader(text.splitlines()))[1:])


def _opencc() -> dict[str, str]:
    """What OpenCC makes of each character that GB 2312 lacks: first as a traditional one, else as one of Japan."""
    # Imported here: most runs fold no name.
    from opencc import OpenCC

    chars = [char for char in map(chr, _IDEOGRAPHS) if not _in_gb2312(char)]

    # One character a line: across a line's end no phrase is found.
    def converted(names: list[str], *steps: str) -> list[str]:
        text = "\n".join(names)
        for step in steps:
            text = OpenCC(step).convert(text)
        return text.split("\n")

    simple = converted(chars, "t2s")
    japanese = converted(chars, "jp2t", "t2s")
    found = zip(chars, simple, japanese, strict=True)
    forms = {char: own if own != char else other for char, own, other in found}
    return {char: form for char, form in forms.items() if len(form) == 1 and form != char}


def _in_gb2312(char: str) -> bool:
    try:
        return bool(char.encode("gb2312"))
    except UnicodeEncodeError:
        return False
