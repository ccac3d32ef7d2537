"""Which column of a file fills which field: what the project says first, then code, name, label, alias.

Invariant: a column fills at most one field and a field takes at most one column; what matches nothing is reported,
never dropped in silence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from renshe.standards.dictionary import table
from renshe.standards.text import label_key

_CODE = re.compile(r"[A-Z]{3}[0-9]{3}")
_DBF_NAME = 10


class ColumnError(ValueError):
    """``[source.columns]`` names a column that the file does not have."""


@dataclass(frozen=True, slots=True)
class Matching:
    """``fields`` maps field names to column positions; ``unmatched`` lists the positions that fill nothing.

    ``spoken`` maps a field to the field code that its column bears, where that code reads the values in its own way
    (AAE143 and AAA115 both fill ``kind``, and 31 means different things in them).
    """

    fields: Mapping[str, int]
    unmatched: tuple[int, ...]
    spoken: Mapping[str, str]


@lru_cache(maxsize=32)
def _own_names(name: str) -> Mapping[str, str]:
    known: dict[str, str] = {}
    for field in table(name).fields:
        for text in (field.code, field.name, field.label):
            if text:
                known.setdefault(label_key(text), field.name)
    return known


@lru_cache(maxsize=32)
def known_names(name: str) -> Mapping[str, str]:
    """Return every normalised name under which a field of table ``name`` may be written, with the field.

    An alias never takes another field's own name.
    """
    known = dict(_own_names(name))
    for field in table(name).fields:
        for text in field.aliases:
            known.setdefault(label_key(text), field.name)
    # A DBF cuts names to ten characters.
    cut = Counter(field.name[:_DBF_NAME] for field in table(name).fields)
    for field in table(name).fields:
        if cut[field.name[:_DBF_NAME]] == 1:
            known.setdefault(label_key(field.name[:_DBF_NAME]), field.name)
    return known


def match_columns(name: str, header: Sequence[str], explicit: Mapping[str, str]) -> Matching:
    """Match the columns of a file to the fields of table ``name``; ColumnError where ``explicit`` cannot be met."""
    normals = [label_key(text) for text in header]
    fields: dict[str, int] = {}
    for field, column in explicit.items():
        exact = [at for at, text in enumerate(header) if text == column]
        loose = [at for at, text in enumerate(normals) if text == label_key(column)]
        if not exact and not loose:
            raise ColumnError(
                f"[source.columns] 的 {field} = “{column}” 在文件中没有这一列；"
                f"请改成文件的列之一或删去这一行，文件的列有：{'、'.join(header[:40])}{' 等' if header[40:] else ''}"
            )
        fields[field] = (exact or loose)[0]
    taken = set(fields.values())
    # Codes, names and labels first: where AAC002 and AAE135 stand side by side, the identity number is the former.
    for known in (_own_names(name), known_names(name)):
        for at, text in enumerate(normals):
            found = known.get(text)
            if at not in taken and found is not None and found not in fields:
                fields[found] = at
                taken.add(at)
    spoken = {field: normals[at] for field, at in fields.items() if _CODE.fullmatch(normals[at])}
    return Matching(fields, tuple(at for at in range(len(header)) if at not in taken), spoken)
