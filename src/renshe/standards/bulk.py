"""Bulk twins: how a scalar function of this package is applied to a whole Arrow column.

The rule: a column has few distinct spellings, so the scalar function runs once per distinct value, and only on the
values that a vectorised fast path could not settle. The scalar function is always the authority.

Invariant: for every value, the bulk twin gives exactly what its scalar function gives (property tests hold this).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

# Rows worked on at a time: temporaries of this size stay in the processor's cache.
BLOCK = 1 << 16


def flat(array: Any) -> pa.Array:
    """Return ``array`` (Array or ChunkedArray) as one Array; dictionaries stay encoded."""
    if isinstance(array, pa.ChunkedArray):
        return array.combine_chunks() if array.num_chunks != 1 else array.chunk(0)
    return array


def text_of(array: Any) -> pa.StringArray:
    """Return any column as plain text: dictionaries decoded, numbers as they print (20210531, not 20210531.0).

    Floating NaN means "missing" in files written by data-frame programs, so it becomes null.
    """
    array = flat(array)
    if pa.types.is_string(array.type):
        return array
    if pa.types.is_floating(array.type):
        array = pc.if_else(pc.is_nan(array), pa.scalar(None, array.type), array)
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    return array if pa.types.is_string(array.type) else array.cast(pa.string())


def bytes_of(array: pa.StringArray) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Return offsets (rows + 1) and bytes of a text column, without copying."""
    _, offsets, data = array.buffers()
    if offsets is None or len(array) == 0:
        return np.zeros(1, np.int32), np.zeros(0, np.uint8)
    starts = np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1]
    return starts, np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)


def present(array: pa.Array) -> Mask:
    """Return a mask that is true where ``array`` is not null."""
    if array.null_count == 0:
        return np.ones(len(array), np.bool_)
    mask: Mask = pc.is_valid(array).to_numpy(zero_copy_only=False)
    return mask


def byte_table(*members: int) -> NDArray[np.bool_]:
    """Return a look-up table of 256 bytes that is true for ``members``."""
    table = np.zeros(256, np.bool_)
    table[list(members)] = True
    return table


def rows_with(array: pa.StringArray, anywhere: NDArray[np.bool_], first: NDArray[np.bool_]) -> Mask:
    """Return the rows that hold a byte of ``anywhere``, begin with a byte of ``first``, or are empty text.

    Both are tables of 256. The caller cleans these rows only; a column of plain digits costs two passes over its bytes.
    """
    starts, data = bytes_of(array)
    rows = np.zeros(len(array), np.bool_)
    plain = _plain_range(anywhere)
    for low, high in blocks(len(array)):
        begins, ends, here = starts[low:high], starts[low + 1 : high + 1], rows[low:high]
        filled = ends > begins
        here |= ~filled
        part = data[starts[low] : starts[high]]
        if part.size == 0:
            continue
        here[filled] = first[data[begins[filled]]]
        if part.min() < plain[0] or part.max() > plain[1]:
            hits = np.flatnonzero(anywhere[part]) + starts[low]
            here[np.searchsorted(starts[low : high + 1], hits, side="right") - 1] = True
    return rows & present(array)


def _plain_range(table: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the longest run of bytes that are not in ``table``: a block inside it needs no closer look."""
    edges = np.concatenate(([-1], np.flatnonzero(table), [256]))
    longest = int(np.argmax(np.diff(edges)))
    return int(edges[longest]) + 1, int(edges[longest + 1]) - 1


def blocks(count: int) -> Iterator[tuple[int, int]]:
    """Yield (low, high) so that the half-open ranges cover ``count`` rows."""
    for low in range(0, count, BLOCK):
        yield low, min(low + BLOCK, count)


def map_text(array: pa.StringArray, function: Callable[[str], str | None], rows: Mask | None = None) -> pa.StringArray:
    """Return ``array`` with ``function`` applied to each distinct text of ``rows`` (all rows by default)."""
    if rows is None:
        return _mapped(array, function)
    if not rows.any():
        return array
    mask = pa.array(rows)
    return pc.replace_with_mask(array, mask, _mapped(array.filter(mask), function))


def _mapped(array: pa.StringArray, function: Callable[[str], str | None]) -> pa.StringArray:
    encoded = array.dictionary_encode()
    results = pa.array([function(text) for text in encoded.dictionary.to_pylist()], pa.string())
    return results.take(encoded.indices)


@dataclass(slots=True)
class Numbers:
    """A column of numbers in the making: ``values``, which rows are ``missing``, which hold text that is ``bad``."""

    values: NDArray[np.int64]
    missing: Mask
    bad: Mask

    @property
    def unknown(self) -> Mask:
        """Rows without a number, for either reason."""
        return self.missing | self.bad

    def take(self, indices: pa.Array) -> Numbers:
        """Return the rows named by ``indices`` (a dictionary's codes; null stays missing)."""
        here = present(indices)
        at = np.zeros(len(indices), np.int64)
        at[here] = indices.drop_null().to_numpy()
        if len(self.values) == 0:
            return Numbers(at, ~here, ~here & here)
        return Numbers(self.values[at], self.missing[at] | ~here, self.bad[at] & here)


Fast = Callable[[NDArray[np.int32], NDArray[np.uint8], NDArray[np.int64]], Mask]


def numbers(array: pa.StringArray, fast: Fast, parse: Callable[[str], int | None]) -> Numbers:
    """Type a text column.

    ``fast(starts, bytes, out)`` gets one block (offsets of rows + 1), writes the numbers it is sure of into ``out``
    and returns which rows these are. The rest goes to ``parse``, once per distinct text: a number, None for text that
    means "nothing", ValueError for text that is no such number.
    """
    count = len(array)
    values = np.zeros(count, np.int64)
    done = np.zeros(count, np.bool_)
    starts, data = bytes_of(array)
    for low, high in blocks(count):
        done[low:high] = fast(starts[low : high + 1], data, values[low:high])
    here = present(array)
    result = Numbers(values, ~here, np.zeros(count, np.bool_))
    rest = here & ~done
    if rest.any():
        _parse_rest(array, np.flatnonzero(rest), parse, result)
    return result


def _parse_rest(
    array: pa.StringArray, rows: NDArray[np.intp], parse: Callable[[str], int | None], result: Numbers
) -> None:
    encoded = array.take(pa.array(rows)).dictionary_encode()
    size = len(encoded.dictionary)
    values = np.zeros(size, np.int64)
    missing = np.zeros(size, np.bool_)
    bad = np.zeros(size, np.bool_)
    for at, text in enumerate(encoded.dictionary.to_pylist()):
        try:
            number = parse(text)
        except ValueError:
            bad[at] = True
            continue
        missing[at] = number is None
        values[at] = number or 0
    codes = encoded.indices.to_numpy()
    result.values[rows] = values[codes]
    result.missing[rows] = missing[codes]
    result.bad[rows] = bad[codes]
