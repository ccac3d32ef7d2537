"""Text as a clerk typed it: what a cell means once blanks, text marks and full-width forms are taken away.

Rules: GB/T 40217-2021 §4.2 (name in full as on the identity document; a unit's name is not letters and digits only and
has no illegal characters); project plan of Baicheng, class one (test data and invented persons are junk).
Cleaning never guesses: it removes what has no meaning and folds what means the same; digits and characters stay.

Invariant: cleaning is idempotent, and ``f_array`` / ``f_states`` give for every row what the scalar gives.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from renshe.standards.bulk import byte_table, map_text, rows_with, text_of

# Characters that print nothing: they carry no meaning wherever they stand.
_INVISIBLE = [0xAD, 0x180E, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065)]
# Blanks of every width, and control characters.
_BLANK = [*range(0x21), *range(0x7F, 0xA1), 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000]
_BLANKS = "".join(map(chr, _BLANK))
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}

_TO_HALF: dict[int, int | str | None] = {**dict.fromkeys(_INVISIBLE), **_FULL_WIDTH, 0x3000: " "}
_TO_PLAIN: dict[int, int | str | None] = {
    **dict.fromkeys(_INVISIBLE),
    **dict.fromkeys(_BLANK, " "),
    **dict.fromkeys(map(ord, "•‧∙⋅・･"), "·"),
}

# What programs write for "nothing".
_DOUBTFUL = frozenset({"none", "nan", "nat", "<na>", "#n/a", "n/a"})
_NOTHING = frozenset({"null", "(null)", "<null>", r"\n"}) | _DOUBTFUL

# Bytes (UTF-8) that begin or are a character which cleaning may touch, and first bytes of text marks and "nothing".
_TOUCHED = (*range(0x21), 0x7F, 0xC2, 0xE1, 0xE2, 0xE3, 0xEF)
_FIRST = byte_table(*b"'=nN\\(<#", 0xE2, 0xEF)
_TOUCHED_TEXT = byte_table(*_TOUCHED)
_TOUCHED_NAME = byte_table(*_TOUCHED, *b".")

# After NFKC: what joins and ornaments the words of a column name, and a unit behind it.
_SEPARATORS = re.compile(r"[\s\u200b\ufeff_\-—·.、,，:：;；/\\*＊()（）\[\]【】“”\"']+")
_IN_BRACKETS = re.compile(r"[(\[【][^)\]】]*[)\]】]")

_FAR = r"[^\x00-ɏ]"  # beyond the Latin letters: Chinese characters and the other scripts of the country
_INNER_BLANK = re.compile(rf"(?<={_FAR}) +(?={_FAR})| *· *|(?<={_FAR}) *[.．] *(?={_FAR})")


def _bare(text: str) -> str | None:
    """Take blanks at the ends and Excel's text marks (leading apostrophe, ="…") away; None where nothing is left."""
    text = _stripped(text)
    return None if not text or text.casefold() in _NOTHING else text


def _stripped(text: str) -> str:
    while True:
        bare = text.strip(_BLANKS)
        if bare.startswith('="') and bare.endswith('"') and len(bare) > 2:
            bare = bare[2:-1]
        elif bare[:1] in ("'", "‘", "’"):
            bare = bare[1:]
        if bare == text:
            return text
        text = bare


def clean(text: str | None) -> str | None:
    """Return what a coded, numeric or id field means: half-width, bare of blanks and text marks; None for nothing.

    Inner blanks stay (they may be the damage). ``NULL``, ``\\N``, ``(null)``, ``None``, ``#N/A`` and such are nothing.
    """
    return None if text is None else _bare(text.translate(_TO_HALF))


def is_doubtful_nothing(text: str) -> bool:
    """Tell whether ``clean`` takes for nothing what may have been something: an error cell ``#N/A``, a name ``Nan``.

    An empty text, ``NULL`` and ``\\N`` can mean nothing else.
    """
    return _stripped(text.translate(_TO_HALF)).casefold() in _DOUBTFUL


def clean_array(array: Any) -> pa.StringArray:
    """Bulk twin of ``clean``; a column that needs no cleaning is returned as it is."""
    return _cleaned(array, clean, rows=_TOUCHED_TEXT)


def clean_name(text: str | None) -> str | None:
    """Return a name as written, without blanks at the ends and between Chinese characters, middle dots as ``·``.

    Characters keep their width. A full stop between two Chinese characters is a middle dot (买买提.吐尔逊).
    """
    bare = None if text is None else _bare(text.translate(_TO_PLAIN))
    if bare is None:
        return None
    return re.sub(" {2,}", " ", _INNER_BLANK.sub(lambda match: "·" if match[0].strip() else "", bare))


def clean_name_array(array: Any) -> pa.StringArray:
    """Bulk twin of ``clean_name``."""
    return _cleaned(array, clean_name, rows=_TOUCHED_NAME)


def _cleaned(array: Any, function: Callable[[str | None], str | None], rows: Any) -> pa.StringArray:
    texts = text_of(array)
    return map_text(texts, function, rows_with(texts, rows, _FIRST))


def label_key(text: str) -> str:
    """Return a column name as it is compared: width, case, blanks, punctuation and a unit in brackets do not count."""
    half = unicodedata.normalize("NFKC", text).upper()
    return _SEPARATORS.sub("", _IN_BRACKETS.sub("", half)) or _SEPARATORS.sub("", half)


def half_width(text: str) -> str:
    """Return ``text`` with full-width letters, digits and punctuation as half-width, and nothing else changed."""
    return text.translate(_FULL_WIDTH)


def unit_name_key(text: str | None) -> str | None:
    """Return the name of a unit folded for comparison: width, case, blanks, brackets, dots, 有限责任公司."""
    name = clean_name(text)
    if name is None:
        return None
    folded = re.sub(r"[\s()\[\]{}<>〈〉《》【】〔〕「」“”\"'‘’·.,，、。-]", "", half_width(name).upper())
    return folded.replace("有限责任公司", "有限公司") or None


def unit_name_keys(array: Any) -> pa.StringArray:
    """Bulk twin of ``unit_name_key``."""
    names = text_of(array)
    # Units are mostly distinct, and most are nothing but Chinese characters, of which only the legal form is folded.
    plain = pc.fill_null(pc.match_substring_regex(names, "^[㐀-䶿一-鿿]+$"), True)
    keys = pc.replace_substring(names, "有限责任公司", "有限公司")
    return map_text(keys, unit_name_key, ~plain.to_numpy(zero_copy_only=False))
