"""XLS sheets (BIFF8, Excel 97 to 2003, WPS .et) through python-calamine.

A sheet of this format has at most 65,536 rows and 256 columns, so a whole sheet in memory is bounded. Calamine gives
error cells as empty ones; ``biff`` says where they are, and looks at the file first.

Invariant: a row carries the number that the spreadsheet shows, and each cell the text that it shows (see ``cells``).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from renshe.engine.sources.base import SourceError
from renshe.engine.sources.biff import XlsDamage, xls_facts
from renshe.engine.sources.cells import value_text
from renshe.engine.sources.sheet_xml import Row, SheetFacts, put
from renshe.engine.sources.xlsx import formula_notes

_T = TypeVar("_T")


class XlsBook:
    """The sheets of an XLS workbook. ``sheets`` maps each name to whether it is visible; raises SourceError."""

    format = "xls"
    encoding: str | None = None

    def __init__(self, path: Path) -> None:
        self._path = path
        content = path.read_bytes()
        try:
            self._facts = xls_facts(content)
        except XlsDamage as exc:
            raise self._damaged() from exc
        if self._facts.encrypted:
            raise password_error(path)
        # By content: calamine goes by the suffix of a path, and agencies rename files.
        self._book = self._guarded(lambda: CalamineWorkbook.from_filelike(io.BytesIO(content)))
        self._places = {sheet.name: place for place, sheet in enumerate(self._book.sheets_metadata)}
        self.sheets = {
            sheet.name: sheet.visible == SheetVisibleEnum.Visible
            for sheet in self._book.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet
        }

    def _guarded(self, action: Callable[[], _T]) -> _T:
        try:
            return action()
        except PasswordError as exc:
            raise password_error(self._path) from exc
        except CalamineError as exc:
            raise self._damaged() from exc
        except BaseException as exc:
            # A panic of the Rust library derives from BaseException and has no importable class.
            if type(exc).__name__ != "PanicException":
                raise
            raise self._damaged() from exc

    def _damaged(self) -> SourceError:
        return SourceError(
            f"{self._path}：XLS 工作簿已损坏或不完整；请用 Excel 或 WPS 打开后另存为 xlsx，或向提供方重新索取"
        )

    def rows(self, name: str) -> Iterator[tuple[int, Row]]:
        """Yield (row number as shown, cells) of each row that holds anything; raises SourceError on damage."""
        sheet = self._guarded(lambda: self._book.get_sheet_by_name(name))
        errors: dict[int, list[tuple[int, str]]] = {}
        if len(self._facts.errors) == len(self._places):
            for (row, column), text in self._facts.errors[self._places[name]].items():
                errors.setdefault(row, []).append((column, text))
        # Rows come from the first row of the sheet, columns from the first that holds anything.
        padding: Row = [None] * (sheet.start[1] if sheet.start else 0)
        for index, values in enumerate(sheet.iter_rows()):
            cells = padding + [_shown(value) for value in values]
            for column, text in errors.get(index, ()):
                put(cells, column, text)
            if any(cells):
                yield index + 1, cells

    def facts(self, name: str) -> SheetFacts:
        """Return formulas and merged ranges of a sheet."""
        if len(self._facts.sheets) != len(self._places):
            return SheetFacts()
        return self._facts.sheets[self._places[name]]

    def notes(self, name: str) -> list[str]:
        """Return what a reader of the sheet should know."""
        return formula_notes(self.facts(name))


def _shown(value: object) -> str | None:
    return str(value).upper() if isinstance(value, bool) else value_text(value)


def password_error(path: Path) -> SourceError:
    """Return the error for a workbook that only opens with a password."""
    return SourceError(f"{path}：工作簿设有打开密码，无法读取；请用 Excel 或 WPS 打开，去掉密码后另存")
