"""SQL of the keys by which rows belong together, and of the columns that SQL names.

The first key must be known; the others may be null on both sides, as parts of a key may be.

Invariant: wherever keys are compared with those of a relation, that relation calls them ``k0``, ``k1`` …
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def as_keys(keys: Iterable[str]) -> str:
    """Return ``keys`` (SQL) as the columns ``k0``, ``k1`` … of a SELECT."""
    return ", ".join(f"{key} AS k{at}" for at, key in enumerate(keys))


def key_names(count: int, alias: str = "") -> str:
    """Return the names of so many keys, of the relation ``alias`` where given."""
    return ", ".join(f"{alias}k{at}" for at in range(count))


def same_pairs(pairs: Iterable[tuple[str, str]]) -> str:
    """Return SQL that is true where both of each pair are the same."""
    return " AND ".join(
        f"{one} {'IS NOT DISTINCT FROM' if at else '='} {other}" for at, (one, other) in enumerate(pairs)
    )


def same_keys(alias: str, keys: Sequence[str]) -> str:
    """Return SQL that is true where ``keys`` are those of the relation ``alias``."""
    return same_pairs((f"{alias}.k{at}", key) for at, key in enumerate(keys))


def columns_named(texts: Iterable[str], aliases: str) -> set[str]:
    """Return the columns that compiled SQL names of rows called by one of the letters ``aliases``."""
    pattern = re.compile(rf'\b[{aliases}]\."?([A-Za-z_]\w*)')
    return {name for text in texts for name in pattern.findall(text)}
