"""Lists are laid on sheets and workbooks without losing, repeating or needlessly tearing anything."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from renshe.engine.report.sheets import RowList, lay_out


def lists(*sizes: int, title: str = "规则") -> list[RowList]:
    made, first = [], 1
    for size in sizes:
        made.append(RowList(title, "problem", first, size, ()))
        first += size
    return made


@given(
    sizes=st.lists(st.integers(0, 40), max_size=8),
    sheet_rows=st.integers(1, 12),
    workbook_rows=st.integers(1, 30),
)
def test_every_row_has_exactly_one_place_within_the_limits(
    sizes: list[int], sheet_rows: int, workbook_rows: int
) -> None:
    books = lay_out(lists(*sizes), sheet_rows, workbook_rows)
    placed = Counter(row for book in books for piece in book for row in range(piece.first, piece.first + piece.rows))
    assert placed == Counter(range(1, sum(sizes) + 1))
    for book in books:
        assert sum(piece.rows for piece in book) <= workbook_rows
        assert all(0 < piece.rows <= sheet_rows for piece in book)
    names = [piece.name.lower() for book in books for piece in book]
    assert len(set(names)) == len(names)


def test_a_list_that_fits_a_workbook_is_not_torn() -> None:
    books = lay_out(lists(6, 7), 100, 10)
    assert [[piece.rows for piece in book] for book in books] == [[6], [7]]


def test_a_list_larger_than_a_workbook_goes_on_in_the_next() -> None:
    books = lay_out(lists(4, 25), 100, 10)
    assert [[piece.rows for piece in book] for book in books] == [[4, 6], [10], [9]]
    assert [piece.name for book in books for piece in book] == ["规则", "规则(2)", "规则(3)", "规则(4)"]


@given(st.text(max_size=60))
def test_sheet_names_are_legal_in_excel(title: str) -> None:
    (book,) = lay_out(lists(1, 1, title=title), 1, 10)
    for piece in book:
        assert 0 < len(piece.name.encode("utf-16-le")) // 2 <= 31
        # The quote is legal inside a name but would end the name in a link.
        assert not set(piece.name) & set("[]:*?/\\'")
        assert piece.name.lower() not in ("history", "说明", "汇总")
        assert all(char.isprintable() for char in piece.name)
