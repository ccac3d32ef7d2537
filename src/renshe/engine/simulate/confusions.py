"""Which characters of names stand for one another in damaged records: same sound, like shape, traditional form.

Invariant: only characters that names of the invented people have, so that a damaged name is a possible one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache

from renshe.engine.simulate.linked import Confusions
from renshe.engine.simulate.model import data
from renshe.standards.folding import simplified
from renshe.standards.lookalikes import alike
from renshe.standards.pinyin import name_pinyin, name_sound


@lru_cache(maxsize=1)
def confusions() -> Confusions:
    """Return the confusions of all characters that occur in invented names."""
    lists = data("names")
    given = {char for periods in lists["given"].values() for chars in periods.values() for char in chars.split()}
    names = sorted(given | set("".join(lists["surnames"])))
    sound = _together(names, name_pinyin)
    near = {
        one: "".join(other for other in others if other not in sound[one])
        for one, others in _together(names, name_sound).items()
    }
    shape = {one: "".join(other for other in names if other != one and alike(one, other)) for one in names}
    return Confusions(
        sound=_some(sound),
        near=_some(near),
        shape=_some(shape),
        traditional=_traditional(names),
        others="".join(names),
    )


def _together(names: list[str], meant: Callable[[str], str | None]) -> dict[str, str]:
    """Return for each character the others that mean the same."""
    groups: dict[str, list[str]] = defaultdict(list)
    for char in names:
        groups[meant(char) or char].append(char)
    return {one: "".join(other for other in same if other != one) for same in groups.values() for one in same}


def _some(found: dict[str, str]) -> dict[str, str]:
    return {one: others for one, others in found.items() if others}


def _traditional(names: list[str]) -> dict[str, str]:
    wanted = set(names)
    found: dict[str, str] = {}
    for code in range(0x4E00, 0x9FA6):
        simple = simplified(chr(code))
        if simple != chr(code) and simple in wanted:
            found.setdefault(simple, chr(code))
    return found
