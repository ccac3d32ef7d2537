"""A simulated project with one round behind it, and a clerk's hands: lists taken out, filled in, written again."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from renshe.engine.rounds.clean import clean
from renshe.engine.simulate import simulate

FILL = ("处理方式", "新值", "依据", "经办人", "复核人", "日期")
HANDS = {"依据": "居民身份证复印件", "经办人": "李经办"}


@dataclass(frozen=True)
class Formula:
    """A cell that is calculated."""

    text: str
    result: Any = ""


@dataclass
class Page:
    """A sheet: its header, its rows by header, ranges (first row, last row, header) to be merged, rows from 1."""

    header: list[str]
    rows: list[dict[str, Any]]
    merged: list[tuple[int, int, str]] = field(default_factory=list)

    @property
    def is_list(self) -> bool:
        """Whether it is a list to be filled in."""
        return "识别码" in self.header


Pages = dict[str, Page]


def read_pages(path: Path) -> Pages:
    """Read every sheet by another library than renshe's own."""
    book = CalamineWorkbook.from_path(str(path))
    pages: Pages = {}
    for name in book.sheet_names:
        header, *rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False) or [[]]
        pages[name] = Page([str(cell) for cell in header], [dict(zip(header, row, strict=True)) for row in rows])
    return pages


def write_pages(path: Path, pages: Pages) -> Path:
    """Write sheets as a spreadsheet program would: texts, numbers, dates, formulas, merged cells."""
    with xlsxwriter.Workbook(str(path)) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, page in pages.items():
            sheet = book.add_worksheet(name)
            for at, title in enumerate(page.header):
                sheet.write_string(0, at, title)
            for number, row in enumerate(page.rows, 1):
                for at, title in enumerate(page.header):
                    cell = row.get(title)
                    if isinstance(cell, Formula):
                        sheet.write_formula(number, at, cell.text, None, cell.result)
                    elif isinstance(cell, dt.date):
                        sheet.write_datetime(number, at, cell, day)
                    elif isinstance(cell, int | float):
                        sheet.write_number(number, at, cell)
                    elif cell:
                        sheet.write_string(number, at, cell)
            for first, last, title in page.merged:
                at = page.header.index(title)
                sheet.merge_range(first - 1, at, last - 1, at, page.rows[first - 2].get(title) or "")
    return path


def only_persons_and_units(project: Path) -> None:
    """Leave the sources of two tables: rounds of seconds instead of a quarter of a minute."""
    toml = project / "project.toml"
    head, *blocks = re.split(r"(?=^\[\[(?:source|control)\]\])", toml.read_text("utf-8"), flags=re.MULTILINE)
    kept = [
        block for block in blocks if re.search(r'table += "(person|unit|parameter)"', block) and "count" not in block
    ]
    toml.write_text(head + "".join(kept), "utf-8")


@pytest.fixture(scope="session")
def cleaned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project after its first round; nobody writes into it."""
    project = tmp_path_factory.mktemp("mending") / "project"
    simulate(project, 2_100, 5, 0.15)
    only_persons_and_units(project)
    clean(project)
    return project


@pytest.fixture
def project(cleaned: Path, tmp_path: Path) -> Path:
    """A copy of the project for one test."""
    return Path(shutil.copytree(cleaned, tmp_path / "project"))


@pytest.fixture(scope="session")
def published(cleaned: Path) -> Pages:
    """The lists of the first round as they were published; copied before they are changed."""
    return read_pages(cleaned / "rounds" / "0001" / "report.xlsx")


def copied(pages: Pages, *names: str) -> Pages:
    """Copy the sheets ``names`` (all where none is named)."""
    return {
        name: Page(list(page.header), [dict(row) for row in page.rows])
        for name, page in pages.items()
        if not names or name in names
    }


def findings(project: Path, number: int) -> list[dict[str, Any]]:
    """Return the findings of a round."""
    path = project / "rounds" / f"{number:04d}" / "findings.parquet"
    return duckdb.sql(f"FROM read_parquet('{path}')").to_arrow_table().to_pylist()


def column(page: Page, title: str) -> str:
    """Return the letters of a column."""
    at, letters = page.header.index(title) + 1, ""
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def identity(row: dict[str, Any]) -> list[Any]:
    """Return what the hidden cell of a row says."""
    parts: list[Any] = json.loads(row["识别码"])
    return parts


@pytest.fixture
def libreoffice(tmp_path: Path) -> Iterator[Callable[[Path, str], Path]]:
    """Save a workbook by LibreOffice in another format (xlsx, ods); skipped where there is none."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice (soffice) is not installed: workbooks saved by it are NOT tested here")

    def save(path: Path, kind: str) -> Path:
        folder = tmp_path / f"saved-{kind}"
        profile = f"-env:UserInstallation=file://{tmp_path}/profile"
        command = [program, profile, "--headless", "--convert-to", kind, "--outdir", str(folder), str(path)]
        subprocess.run(command, check=True, capture_output=True)
        return folder / f"{path.stem}.{kind}"

    yield save
