"""Canonical digests: two tables are equal when their digests are, whatever their files look like.

A row's digest is taken over all its values in column order; a table's over the number of its rows and the sums of the
row digests, which no order of rows can change: the same as sorting by key, without sorting. Sums can be taken further
when a few rows change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import duckdb

# Number of rows, and the sums of the lower and upper halves of their digests.
Sums = tuple[int, int, int]


def row_sums(connection: duckdb.DuckDBPyConnection, relation: str, columns: Iterable[str]) -> Sums:
    """Return the sums over the rows of ``relation`` (table, view or sub-query), by ``columns``."""
    # chr(30) stands for null and chr(31) parts values, so that no two different rows read alike.
    parts = ", chr(31), ".join(f'coalesce(CAST("{name}" AS VARCHAR), chr(30))' for name in columns)
    row = f"md5_number(concat({parts}))"
    low, high = f"(h & {(1 << 64) - 1}::UHUGEINT)", "(h >> 64)"
    [found] = connection.execute(
        f"SELECT count(*), sum(CAST({low} AS HUGEINT)), sum(CAST({high} AS HUGEINT))"
        f" FROM (SELECT {row} AS h FROM {relation})"
    ).fetchall()
    rows, lower, upper = (int(part or 0) for part in found)
    return rows, lower, upper


def plus(sums: Sums, was: Sums, now: Sums) -> Sums:
    """Return ``sums`` with the rows of ``was`` replaced by those of ``now``."""
    rows, lower, upper = (whole - old + new for whole, old, new in zip(sums, was, now, strict=True))
    return rows, lower, upper


def digest_of(sums: Sums) -> str:
    """Return the canonical digest of a table with these row sums, as 64 hex digits."""
    return hashlib.sha256(repr(tuple(sums)).encode()).hexdigest()
