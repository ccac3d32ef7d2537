"""Characters that eyes confuse (形近字): 未 and 末, 己 已 巳, 玲 and 铃.

Rule: GB/T 40217-2021 §4.2 (a name is that of the identity document): a name typed from paper often differs from it by
one character that looks like the right one. ``data/lookalikes.csv`` holds the pairs, measured on a font and completed
by hand; ``tools/build_lookalikes.py`` tells how, and which characters were looked at. They are simplified characters:
compare folded names (``folding.simple_name``).

``similarity`` is how far the two pictures agree, from 0 to 1. Pairs below 0.66 are in because they share their main
part (玲 and 铃, 0.58), because one is the main part of the other (艳 and 滟, 0.31), or because clerks are known to
confuse them: that a pair is listed says more than its figure.

Invariant: a pair is alike from either side, and every character is like itself.
"""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib import resources

import pyarrow as pa


def alike(one: str, other: str) -> bool:
    """Whether two characters are the same or look alike."""
    return one == other or (one, other) in _similarities()


def alike_name(one: str | None, other: str | None) -> bool:
    """Whether two names differ in one character, and the two characters there look alike."""
    if one is None or other is None or len(one) != len(other):
        return False
    differing = [pair for pair in zip(one, other, strict=True) if pair[0] != pair[1]]
    return len(differing) == 1 and alike(*differing[0])


def alike_names(one: pa.Array, other: pa.Array) -> pa.BooleanArray:
    """Bulk twin of ``alike_name``, for two columns of the same length."""
    return pa.array(map(alike_name, one.to_pylist(), other.to_pylist()), pa.bool_())


def pairs() -> pa.Table:
    """Every pair of different characters that look alike, in either order: ``a``, ``b`` and their ``similarity``."""
    found = _similarities()
    columns = [[one for one, _ in found], [other for _, other in found], list(found.values())]
    return pa.table(dict(zip(("a", "b", "similarity"), columns, strict=True)))


@lru_cache(maxsize=1)
def _similarities() -> dict[tuple[str, str], float]:
    """The similarity of each pair, in either order. Read once, when first asked for."""
    text = resources.files("renshe.standards").joinpath("data/lookalikes.csv").read_text(encoding="utf-8")
    found = {(one, other): int(percent) / 100 for one, other, percent in list(csv.reader(text.splitlines()))[1:]}
    return found | {(other, one): similarity for (one, other), similarity in found.items()}
