"""Templates written, filled in as a clerk would, saved again by other programs, and read back."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from renshe.engine.staging.form import row_key
from renshe.engine.templates.writing import write_template
from renshe.standards.dictionary import table

Rows = Sequence[Mapping[str, Any]]
Fill = Callable[..., Path]


def letters_of(name: str, field: str) -> str:
    """The letters of a field's column in the template of a table."""
    return openpyxl.utils.get_column_letter(table(name).names.index(field) + 1)


def template(path: Path, name: str, rows: Rows = (), *, ordered: bool = False) -> Path:
    """A template of table ``name``, published with ``rows`` (field -> typed value)."""
    fields = table(name).names
    published = [
        (row_key(at, ["pension", "人员.csv", at + 1]), [row.get(field) for field in fields])
        for at, row in enumerate(rows, 1)
    ]
    write_template(path, name, published, count=len(published), ordered=ordered)
    return path


def fill(path: Path, name: str, rows: Rows, *, first: int = 3) -> Path:
    """Type values into a template from row ``first`` on and save it as openpyxl does."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    for at, row in enumerate(rows, first):
        for field, value in row.items():
            sheet[f"{letters_of(name, field)}{at}"] = value
    book.save(path)
    return path


def edit(path: Path, change: Callable[[Any], None]) -> Path:
    """Change the sheet of rows of a template with openpyxl."""
    book = openpyxl.load_workbook(path)
    change(book.worksheets[0])
    book.save(path)
    return path


def as_ods(path: Path) -> Path:
    """The same workbook as OpenDocument, cell by cell: formulas keep their text."""
    target = path.with_suffix(".ods")
    document = OpenDocumentSpreadsheet()
    for sheet in openpyxl.load_workbook(path):
        page = Table(name=sheet.title)
        for cells in sheet.iter_rows():
            line = TableRow()
            for cell in cells:
                line.addElement(_ods_cell(cell.value))
            page.addElement(line)
        document.spreadsheet.addElement(page)
    document.save(str(target))
    return target


def _ods_cell(value: Any) -> TableCell:
    if value is None:
        return TableCell()
    if isinstance(value, str) and value.startswith("="):
        return TableCell(formula=f"of:{value}", valuetype="float", value="1")
    if isinstance(value, int | float):
        return TableCell(valuetype="float", value=str(value))
    if hasattr(value, "isoformat"):
        return TableCell(valuetype="date", datevalue=value.date().isoformat())
    cell = TableCell(valuetype="string")
    cell.addElement(P(text=str(value)))
    return cell


@pytest.fixture(scope="session")
def libreoffice(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path, str], Path]:
    """Save a workbook again by LibreOffice: ``libreoffice(path, "ods") -> path``; skipped where it is not there."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.skip("SKIPPED: no LibreOffice on this machine; saved-again templates are only simulated")
    profile = tmp_path_factory.mktemp("profile")

    def convert(path: Path, suffix: str) -> Path:
        target = path.parent / "saved"
        subprocess.run(
            [
                program,
                f"-env:UserInstallation=file://{profile}",
                "--headless",
                "--convert-to",
                suffix,
                "--outdir",
                str(target),
                str(path),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
        return target / f"{path.stem}.{suffix}"

    return convert
