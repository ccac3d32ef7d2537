"""Canonical digests: two tables are equal when their digests are, whatever their files look like.

A row's digest is taken over all its values in column order; a table's over the number of its rows and the sums of the
row digests, which no order of rows can change: the same as sorting by key, without sorting.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import duckdb


def canonical_digest(connection: duckdb.DuckDBPyConnection, relation: str, columns: Iterable[str]) -> str:
    """Return the canonical digest of ``relation`` (table, view or sub-query) over ``columns``, as 64 hex digits."""
    # chr(30) stands for null and chr(31) parts values, so that no two different rows read alike.
    parts = ", chr(31), ".join(f'coalesce(CAST("{name}" AS VARCHAR), chr(30))' for name in columns)
    row = f"md5_number(concat({parts}))"
    low, high = f"(h & {(1 << 64) - 1}::UHUGEINT)", "(h >> 64)"
    [found] = connection.execute(
        f"SELECT count(*), sum(CAST({low} AS HUGEINT)), sum(CAST({high} AS HUGEINT))"
        f" FROM (SELECT {row} AS h FROM {relation})"
    ).fetchall()
    return hashlib.sha256(repr(tuple(int(part or 0) for part in found)).encode()).hexdigest()
