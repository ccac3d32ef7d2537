"""A template is the data dictionary as a sheet: every table, every column, every code."""

from __future__ import annotations

import re
import stat
from datetime import date
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from tests.engine.templates.conftest import fill, template

from renshe.engine.project import ProjectError
from renshe.engine.sources.marker import MARKER_SHEET
from renshe.engine.staging.form import choices, header_of, read_form
from renshe.engine.templates.columns import form_of
from renshe.engine.templates.loading import check_template, open_template
from renshe.engine.templates.writing import MOST_ROWS, write_template
from renshe.standards.dictionary import TABLES, dictionary_version, table


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A blank template of every table."""
    folder = tmp_path_factory.mktemp("templates")
    return {name: template(folder / f"{name}.xlsx", name) for name in TABLES}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.req("S0-3", part="write")
def test_the_columns_are_those_of_the_dictionary_in_its_order(books: dict[str, Path], name: str) -> None:
    sheet = openpyxl.load_workbook(books[name]).worksheets[0]
    headers = [cell.value for cell in sheet[2]]
    assert headers == [header_of(field) for field in table(name).fields] + ["行标识"]
    assert [h.startswith("*") for h in headers[:-1]] == [field.mandatory for field in table(name).fields]
    hints = [cell.value for cell in sheet[1]]
    assert all(
        hint.startswith("必填" if field.mandatory else "选填")
        for hint, field in zip(hints, table(name).fields, strict=False)
    )
    assert sheet.freeze_panes == "B3"
    assert sheet.column_dimensions[openpyxl.utils.get_column_letter(len(headers))].hidden


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.req("S0-43", part="write")
def test_every_column_is_checked_as_its_type_says(books: dict[str, Path], name: str) -> None:
    book = openpyxl.load_workbook(books[name])
    sheet = book.worksheets[0]
    checks = {str(check.sqref).split(":")[0]: check for check in sheet.data_validations.dataValidation}
    kinds = {"text": "textLength", "rate": "textLength", "date": "date", "month": "custom", "year": "whole"}
    kinds |= {"int": "whole", "money": "decimal", "code": "list"}
    for at, field in enumerate(table(name).fields, 1):
        letters = openpyxl.utils.get_column_letter(at)
        check = checks[f"{letters}3"]
        assert check.type == kinds[field.type], field.name
        assert check.showErrorMessage
        assert str(check.sqref) == f"{letters}3:{letters}1048576"
        if field.type == "text" and field.length:
            assert check.formula1 == str(field.length)


@pytest.mark.parametrize("name", TABLES)
def test_drop_downs_hold_the_whole_code_list(books: dict[str, Path], name: str) -> None:
    book = openpyxl.load_workbook(books[name])
    checks = {str(check.sqref).split(":")[0]: check for check in book.worksheets[0].data_validations.dataValidation}
    coded = [(at, field) for at, field in enumerate(table(name).fields, 1) if field.codes]
    assert coded
    for at, field in coded:
        place = checks[f"{openpyxl.utils.get_column_letter(at)}3"].formula1
        page, first, last = re.fullmatch(r"'(.+)'!\$([A-Z]+\$\d+):\$([A-Z]+\$\d+)", place).groups()  # type: ignore[union-attr]
        cells = book[page][f"{first.replace('$', '')}:{last.replace('$', '')}"]
        assert [cell.value for (cell,) in cells] == list(choices(field.codes or ""))


@pytest.mark.parametrize("name", TABLES)
def test_identifiers_are_text_cells_and_numbers_are_not(books: dict[str, Path], name: str) -> None:
    sheet = openpyxl.load_workbook(books[name]).worksheets[0]
    formats = {"date": "yyyy-mm-dd", "month": "0", "year": "0", "int": "0", "money": "0.00"}
    for at, field in enumerate(table(name).fields, 1):
        column = sheet.column_dimensions[openpyxl.utils.get_column_letter(at)]
        assert column.number_format == formats.get(field.type, "@"), field.name


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.req("S0-3", part="version")
def test_the_hidden_page_says_which_template_it_is(books: dict[str, Path], name: str) -> None:
    page = openpyxl.load_workbook(books[name])[MARKER_SHEET]
    assert page.sheet_state == "veryHidden"
    form = read_form({row[0].value: row[1].value for row in page.iter_rows()})
    assert (form.table, form.dictionary, form.rows, form.ordered) == (name, dictionary_version(), 0, False)
    assert [field for field, _ in form.columns] == list(table(name).names)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.req("S0-43")
def test_every_example_and_every_choice_that_a_template_shows_is_accepted(
    books: dict[str, Path], name: str, tmp_path: Path
) -> None:
    """One row per code of the longest list, every other column filled with the example of its hint."""
    lists = {field.name: list(choices(field.codes)) for field in table(name).fields if field.codes}
    examples: dict[str, Any] = {}
    for field in table(name).fields:
        if field.codes is None and (found := re.search(r"例 ([^；]+?)(?: 或|；|$)", form_of(field))):
            examples[field.name] = _typed(field.type, found[1])
    rows = [
        examples | {key: text for key, text in zip(lists, texts, strict=True) if text}
        for texts in zip_longest(*lists.values())
    ]
    path = tmp_path / "filled.xlsx"
    path.write_bytes(books[name].read_bytes())
    found = check_template(fill(path, name, rows))
    assert [str(complaint) for one in found.refused for complaint in one.complaints] == []
    assert found.accepted == len(rows)


def _typed(kind: str, text: str) -> Any:
    if kind == "date":
        return date.fromisoformat(text)
    if kind in ("month", "year", "int"):
        return int(text)
    return float(text) if kind == "money" else text


def test_published_values_come_back_as_they_were(tmp_path: Path) -> None:
    row = {
        "person_no": "0001",
        "id_number": "11010519491231002X",
        "name": "=王建国",
        "sex": "1 男",
        "birth_date": date(1949, 12, 31),
        "file_birth_date": date(1899, 5, 1),
        "deemed_months": 36,
        "bank_account": "6222000000000000001",
    }
    path = template(tmp_path / "人员.xlsx", "person", [row])
    reader = open_template(path)
    (batch,) = reader.batches()
    back = {spec.name: column[0].as_py() for spec, column in zip(reader.fields, batch.columns, strict=True)}
    shown = {**row, "sex": "1", "birth_date": "1949-12-31", "file_birth_date": "1899-05-01", "deemed_months": "36"}
    assert {name: value for name, value in back.items() if value is not None} == shown


def test_amounts_come_back_to_the_cent(tmp_path: Path) -> None:
    amounts = [Decimal("0.01"), Decimal("-1234567.89"), Decimal("9999999999999.99"), Decimal("9999999999999999.99")]
    rows = [{"person_no": str(at), "base": amount} for at, amount in enumerate(amounts)]
    path = template(tmp_path / "缴费.xlsx", "contribution", rows)
    (batch,) = open_template(path).batches()
    column = batch.columns[table("contribution").names.index("base")]
    assert [Decimal(text) for text in column.to_pylist()] == amounts


@pytest.mark.parametrize(
    ("name", "said"),
    [("表.xls", "只能存为 xlsx"), ("没有/表.xlsx", "没有文件夹"), ("已有.xlsx", "文件已存在")],
)
def test_a_place_where_no_template_can_be_written_is_refused_and_nothing_changes(
    tmp_path: Path, name: str, said: str
) -> None:
    (tmp_path / "已有.xlsx").write_text("某人填了一半", "utf-8")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*")}
    with pytest.raises(ProjectError, match=said):
        write_template(tmp_path / name, "person")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*")} == before


def test_more_rows_than_a_sheet_holds_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="--system"):
        write_template(tmp_path / "表.xlsx", "contribution", iter(()), count=MOST_ROWS + 1)
    assert not list(tmp_path.iterdir())


def test_a_template_that_breaks_while_it_is_written_leaves_nothing(tmp_path: Path) -> None:
    def rows() -> Any:
        yield "[1]", ["1"]
        raise RuntimeError("source gone")

    with pytest.raises(RuntimeError):
        write_template(tmp_path / "表.xlsx", "unit", rows(), count=2)
    assert not list(tmp_path.iterdir())


def test_a_filled_template_is_its_owners_only(tmp_path: Path) -> None:
    path = template(tmp_path / "人员.xlsx", "person", [{"person_no": "1"}])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_ordered_templates_offer_no_sorting(tmp_path: Path) -> None:
    ordered = template(tmp_path / "a.xlsx", "person", [{"person_no": "1"}], ordered=True)
    free = template(tmp_path / "b.xlsx", "person", [{"person_no": "1"}])
    assert openpyxl.load_workbook(ordered).worksheets[0].auto_filter.ref is None
    assert openpyxl.load_workbook(free).worksheets[0].auto_filter.ref == "A2:AG3"
