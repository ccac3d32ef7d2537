"""Names of files as they are kept: what a user recognises, and nothing that a path, a screen or a program obeys.

Rule (规范附件内容, S1-13): the name is only shown; where a file lies is told by its digest alone, and its ending by its
content.

Invariant: a clean name is one line without separators, controls and marks that turn the writing round.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

from renshe.core.filing.limits import limits

_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)$", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[<>:"|?*%]')


def clean_name(told: str, ending: str) -> str:
    """Return ``told``, a name or path from anywhere, as a plain name that ends as its content is."""
    last = unicodedata.normalize("NFC", told).replace("\\", "/").rstrip("/").rpartition("/")[2]
    # Controls, and what cannot be seen (category C): among these the marks that make "gpj.exe" look like "exe.jpg".
    seen = "".join(one for one in last if unicodedata.category(one)[0] != "C")
    stem = re.sub(r"\s+", " ", _FORBIDDEN.sub("", seen)).strip(" .")
    stem = (PurePosixPath(stem).stem if "." in stem else stem).strip(" .")[: limits().name].strip(" .")
    if not stem or _RESERVED.match(stem):
        stem = f"材料{stem}"
    return f"{stem}.{ending}"
