"""The fast and the thorough way through the XML of a sheet give the same rows."""

from __future__ import annotations

import io
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renshe.engine.sources import sheet_xml
from renshe.engine.sources.sheet_xml import CellContext, SheetDamage, column_index, column_letters, sheet_rows

STRINGS = ["张三", "", "a & b"]
STYLES = ["", "date", "elapsed"]
TEXT = st.text(st.sampled_from("张 a<&>\"'0_x0041_]"), max_size=8)


@st.composite
def cells(draw: st.DrawFn) -> str:
    """The inside of a cell behind its reference: what Excel, WPS, POI, openpyxl and xlsxwriter write, and odder."""
    text = escape(draw(TEXT))
    number = draw(st.sampled_from(["0", "1", "-0.5", "3000.50", "1E+5", "2.2080219890101101E+17", "32509", "44347.25"]))
    formula = draw(st.sampled_from(["", "<f>1+1</f>", '<f t="shared" si="0"/>', "<f/>", "<f>A1&lt;2</f>"]))
    style = draw(st.sampled_from(["", ' s="0"', ' s="1"', ' s="2"']))
    return draw(
        st.sampled_from(
            [
                f"{style}/>",
                f"{style}></c>",
                f"{style}>{formula}<v>{number}</v></c>",
                f'{style} t="n">{formula}<v>{number}</v></c>',
                f'{style} t="s"><v>{draw(st.integers(0, 2))}</v></c>',
                f'{style} t="str">{formula}<v>{text}</v></c>',
                f'{style} t="inlineStr"><is><t>{text}</t></is></c>',
                f'{style} t="inlineStr"><is><t xml:space="preserve"> {text} </t></is></c>',
                f'{style} t="inlineStr"><is><r><t>{text}</t></r><r><rPr><b/></rPr><t>乙</t></r></is></c>',
                f'{style} t="b">{formula}<v>1</v></c>',
                f'{style} t="e">{formula}<v>#N/A</v></c>',
                f'{style} t="d"><v>1989-01-01T00:00:00</v></c>',
                f"{style}>{formula}<v></v></c>",
                f"{style}>{formula}<v /></c>",
                f't="str"{style}><v>{text}</v></c>'.join([" ", ""]),
            ]
        )
    )


ROWS = st.lists(st.lists(cells(), max_size=5), max_size=6)


def sheet(rows: list[list[str]], *, prolog: str = "", references: bool = True) -> bytes:
    body = ""
    for number, row in enumerate(rows, 3):
        inside = ""
        for column, cell in enumerate(row):
            inside += f'<c r="{column_letters(column * 3)}{number}"{cell}' if references else f"<c{cell}"
        body += f'<row r="{number}" spans="1:5">{inside}</row>' if row else f'<row r="{number}"/>'
    text = f'<worksheet xmlns="x"><dimension ref="A1"/><sheetData>{prolog}{body}</sheetData><pageMargins/></worksheet>'
    return text.encode()


def read(data: bytes) -> tuple[list[tuple[int, Any]], int, int]:
    context = CellContext(STRINGS, STYLES, since_1904=False)
    rows = [(number, _trimmed(row)) for number, row in sheet_rows(io.BytesIO(data), context)]
    return [row for row in rows if row[1]], context.facts.formulas, context.facts.uncalculated


def _trimmed(row: list[str | None]) -> list[str | None]:
    while row and not row[-1]:
        row.pop()
    return row


@given(ROWS)
def test_both_ways_give_the_same_rows_and_facts(rows: list[list[str]]) -> None:
    assert read(sheet(rows)) == read(sheet(rows, prolog="<!-- the thorough way -->"))


def test_common_cells_go_the_fast_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("thorough way")

    data = sheet([[' s="1" t="s"><v>0</v></c>', "><v>12</v></c>", ' t="inlineStr"><is><t>a&amp;b</t></is></c>']])
    expected = [(3, ["张三", None, None, "12", None, None, "a&b"])]
    assert read(data)[0] == expected
    monkeypatch.setattr(sheet_xml, "_SheetParser", fail)
    assert read(data)[0] == expected


def test_cells_without_references_stand_side_by_side() -> None:
    assert read(sheet([["><v>1</v></c>", "/>", "><v>3</v></c>"]], references=False))[0] == [(3, ["1", None, "3"])]


def test_a_sheet_over_many_blocks_gives_every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_xml, "_CHUNK", 97)
    data = sheet([[f"><v>{number}</v></c>"] for number in range(200)])
    assert [row for _, row in read(data)[0]] == [[str(number)] for number in range(200)]


@pytest.mark.parametrize("cut", [b"</sheetData>", b"</row></sheetData>", b"</v></c></row></sheetData>"])
def test_a_sheet_that_ends_early_is_damage(cut: bytes) -> None:
    data = sheet([["><v>1</v></c>"], ["><v>2</v></c>"]])
    with pytest.raises((SheetDamage, expat.ExpatError)):
        read(data[: data.index(cut)])


@pytest.mark.parametrize("cell", [' t="s"><v>99</v></c>', ' t="s"><v>x</v></c>', ' s="1"><v>x</v></c>'])
def test_a_cell_that_refers_to_nothing_is_damage(cell: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        read(sheet([[cell]]))


@given(st.integers(0, 16_383))
def test_column_letters_and_back(index: int) -> None:
    assert column_index(column_letters(index)) == index


@pytest.mark.parametrize("letters", ["", "XFE", "AAAA", "a", "Ａ"])
def test_letters_that_are_no_column(letters: str) -> None:
    with pytest.raises(ValueError, match=f"^{letters}$"):
        column_index(letters)
