"""What a workbook says of itself: a hidden sheet of names and values that a program wrote when it gave the book out.

A returned collection sheet is found by this page, not by its looks: which sheet holds the rows (``SHEET``), which
sheets only help to fill it in (``ASIDE``). The other names mean nothing here; whoever wrote them reads them.

Invariant: a book without the page is read as any other; with it, the sheet of rows is the one that it names, or the
only one left beside the helping ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

MARKER_SHEET = "_renshe_template"
SHEET, ASIDE = "sheet", "aside"


def read_marker(rows: Iterable[tuple[int, Sequence[str | None]]]) -> dict[str, str]:
    """Return the names and values on a marker page: the first two cells of its rows."""
    return {row[0]: row[1] or "" for _, row in rows if len(row) > 1 and row[0]}


def aside(marker: Mapping[str, str]) -> frozenset[str]:
    """Return the sheets that hold no rows, the marker page included; just that where the page does not say."""
    try:
        names = json.loads(marker.get(ASIDE, ""))
    except ValueError:
        names = None
    told = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    return frozenset({MARKER_SHEET, *told})


def sheet_of_rows(marker: Mapping[str, str], sheets: Iterable[str]) -> str | None:
    """Return the sheet that holds the rows: the one named, else the only one that is not aside; None if none is."""
    names = list(sheets)
    if marker.get(SHEET) in names:
        return marker[SHEET]
    left = [name for name in names if name not in aside(marker)]
    return left[0] if len(left) == 1 else None
