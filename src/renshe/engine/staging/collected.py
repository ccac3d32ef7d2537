"""A returned collection template as a source: only what the template allows comes in, everything else is named.

Rule: 严格按表格采集数据. Collection accepts the template's fields, types, lengths and codes and nothing else; a row
with one cell that does not fit is a reject whose reason names the cell and what is allowed. Formulas are refused: their
result depends on the program that saved last. Cells merged over several rows are refused: only one of the rows has the
value. A mandatory cell left empty is no refusal: what is not known yet is a finding of the round.

Invariant: rows read = rows yielded + rejects; what is yielded types without loss, and codes are the standard values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from renshe.engine.schema import columns as schema_columns
from renshe.engine.sources.base import Layout, RawBatch, Reader, Reject
from renshe.engine.sources.marker import aside
from renshe.engine.sources.sheet_xml import MAX_PLACES, column_index
from renshe.engine.sources.sheets import SheetReader
from renshe.engine.staging.form import (
    HEADER_ROW,
    KEY_HEADER,
    Form,
    FormError,
    choices,
    need_columns,
    need_today,
    order_problem,
    ordinal_of,
    read_form,
)
from renshe.engine.staging.typing import Reading, Tally, settle_years, type_column
from renshe.standards.bulk import text_of
from renshe.standards.dictionary import Field, table
from renshe.standards.text import clean

_FEW = 6
_FORMS = {
    "date": "应为日期，如 2021-05-31",
    "month": "应为六位年月，如 202105",
    "year": "应为四位年度，如 2021",
    "money": "应为金额，最多两位小数，如 1234.56",
    "int": "应为整数，如 12",
    "rate": "应为比例，如 16% 或 0.16",
    "text": "应为文本；数字单元格位数过长会失真，错误值（#N/A 等）不能作为内容，请按文本重新填写",
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why a cell (``C5``) or a whole row (cell "") is not accepted; ``column`` is the header, "" for a row."""

    cell: str
    column: str
    reason: str

    def __str__(self) -> str:
        where = f"{self.cell}“{self.column}”" if self.column else self.cell
        return f"{where}：{self.reason}" if where else self.reason


@dataclass(slots=True)
class Refused:
    """A row that is not accepted: its number as shown, its texts (empty where the reader took it for no row)."""

    row: int
    texts: list[str | None]
    complaints: list[Complaint]
    raw: str = ""


@dataclass(slots=True)
class Judged:
    """A block of rows after judgement: what is accepted (row key left out), and what is not."""

    accepted: RawBatch
    refused: list[Refused] = field(default_factory=list)


def collected(reader: Reader, name: str, codes: Mapping[str, Mapping[str, str]]) -> Reader:
    """Return ``reader`` itself, or where it reads a collection template, one that accepts only what that allows.

    ``name`` is the table that the rows are for, ``codes`` the project's own spellings by field. FormError where the
    file is a template of another table or version, or where its columns or its order were changed.
    """
    if not isinstance(reader, SheetReader) or not reader.marker:
        return reader
    form = read_form(reader.marker)
    if form.table != name:
        raise FormError(
            f"是“{table(form.table).label}”（{form.table}）的采集模板，不能作为 {name} 的来源；"
            f'请把 table 改为 "{form.table}"，或换成 {name} 的模板'
        )
    return CollectedReader(reader, form, codes)


class CollectedReader:
    """A template's rows as a source (see ``base.Reader``); its header are the labels of the fields, without the key."""

    header: tuple[str, ...]
    layout: Layout

    def __init__(self, reader: SheetReader, form: Form, codes: Mapping[str, Mapping[str, str]]) -> None:
        self.form = form
        self.layout = reader.layout
        self._reader = reader
        need_today(form)
        if reader.layout.sheet in aside(reader.marker):
            raise FormError(f"sheet 指向的工作表“{reader.layout.sheet}”不是填数据的工作表；请删去 sheet")
        need_columns(form, reader.header, reader.letters, reader.layout.header_row or HEADER_ROW)
        entry = table(form.table)
        self.fields: tuple[Field, ...] = tuple(entry.field(field) for field, _ in form.columns)
        self.header = tuple(spec.label for spec in self.fields)
        self._readings = {spec.name: Reading(codes.get(spec.name, {})) for spec in self.fields}
        self._kinds = schema_columns(form.table)
        self._look_through()

    def _look_through(self) -> None:
        """Read the rows once: order, formulas and merged cells are known only at the end of the sheet."""
        keys: list[tuple[int, str | None]] = []
        seen: set[int] = set()
        for batch in self._reader.batches():
            keys += zip(batch.rows.tolist(), batch.columns[-1].to_pylist(), strict=True)
            seen |= {reject.source_row for reject in batch.rejects}
        self._refuse_disorder(keys)
        self._formulas, self._merged = self._spoilt()
        first = (self.layout.header_row or HEADER_ROW) + 1
        seen |= {row for row, _ in keys}
        # A row of nothing but formulas that no program has calculated yet is a row that somebody filled in.
        self._hollow = sorted(row for row in self._formulas if row >= first and row not in seen)

    def _refuse_disorder(self, keys: Sequence[tuple[int, str | None]]) -> None:
        if self.form.ordered and (problem := order_problem(self.form, keys)):
            raise FormError(
                f"工作表“{self.layout.sheet}”的行与发出的模板不一致：{problem}；"
                "该模板不得更改行的顺序，请恢复原来的顺序（或重新取模板填写）"
            )

    def _spoilt(self) -> tuple[dict[int, list[int]], dict[int, tuple[int, int]]]:
        """Return formulas as row -> columns, and merged cells as row -> (first, last row)."""
        facts = self._reader.facts()
        if len(facts.places) >= MAX_PLACES:
            raise FormError("公式单元格过多；请全选复制，用“选择性粘贴—数值”粘贴后再交")
        columns = {column_index(letters): at for at, letters in enumerate(self._reader.letters)}
        formulas: dict[int, list[int]] = {}
        for row, column in facts.places:
            if column in columns:
                formulas.setdefault(row, []).append(columns[column])
        merged = {
            row: (first, last)
            for first, last, column in facts.merged
            if column in columns
            for row in range(first, last + 1)
        }
        return formulas, merged

    def batches(self) -> Iterator[RawBatch]:
        """Yield the accepted rows; the others are rejects, with a reason that names each cell."""
        for judged in self.judged():
            judged.accepted.rejects = [
                Reject(one.row, "；".join(map(str, one.complaints)), one.raw) for one in judged.refused
            ]
            yield judged.accepted

    def judged(self) -> Iterator[Judged]:
        """Yield blocks of accepted and refused rows, each row once, in the order of the sheet inside both."""
        for batch in self._reader.batches():
            yield self._judge(batch)
        if self._hollow:
            nothing = RawBatch(np.array([], np.int64), [pa.array([], pa.string()) for _ in self.fields])
            yield Judged(nothing, [Refused(row, [], self._of_formulas(row)) for row in self._hollow])

    def _judge(self, batch: RawBatch) -> Judged:
        key, written = batch.columns[-1], batch.columns[:-1]
        batch.columns = list(written)
        told: dict[int, list[Complaint]] = {}
        spoilt = self._complain_of_places(batch, key, told)
        for at, complaint in self._complaints_of_values(batch):
            if at not in spoilt:
                told.setdefault(at, []).append(complaint)
        refused = [Refused(one.source_row, [], [Complaint("", "", one.reason)], one.raw) for one in batch.rejects]
        for at, complaints in told.items():
            texts = [cast("str | None", column[at].as_py()) for column in written]
            raw = "\t".join(text or "" for text in texts).rstrip("\t")
            refused.append(Refused(int(batch.rows[at]), texts, complaints, raw))
        refused.sort(key=lambda one: one.row)
        keep = np.ones(len(batch.rows), np.bool_)
        keep[list(told)] = False
        return Judged(self._kept(batch, keep), refused)

    def _complain_of_places(self, batch: RawBatch, key: pa.Array, told: dict[int, list[Complaint]]) -> set[int]:
        """Note in ``told`` rows that are cleared, merged or hold formulas; return those not worth judging further."""
        rows = batch.rows.tolist()
        for at, row in enumerate(rows):
            if row in self._formulas:
                told[at] = self._of_formulas(row)
            if row in self._merged:
                first, last = self._merged[row]
                told.setdefault(at, []).append(
                    Complaint("", "", f"第 {first} 至 {last} 行有上下合并的单元格，请取消合并并逐行填写")
                )
        blank = pa.array(np.ones(len(rows), np.bool_))
        for column in batch.columns:
            blank = pc.and_(blank, pc.equal(pc.fill_null(pc.utf8_trim_whitespace(column), ""), ""))
        for at in cast("list[int]", pc.indices_nonzero(blank).to_pylist()):
            number = ordinal_of(key[at].as_py())
            what = f"模板原第 {HEADER_ROW + number} 行" if number else "这一行"
            told.setdefault(at, [Complaint("", "", f"{what}的内容已被清空；请恢复，或删去整行")])
        return {at for at in told if rows[at] in self._merged}

    def _of_formulas(self, row: int) -> list[Complaint]:
        what = "是公式，请复制后用“选择性粘贴—数值”粘贴"
        return [Complaint(*self._name(place, row), what) for place in self._formulas[row]]

    def _complaints_of_values(self, batch: RawBatch) -> Iterator[tuple[int, Complaint]]:
        """Yield (place in the batch, complaint) of values that keep neither type, length nor code, field by field.

        Code columns of the batch become standard values where they are ones.
        """
        tally = Tally()
        found: dict[str, pa.Array] = {}
        untyped: dict[str, pa.Array] = {}
        strange: dict[str, pa.Array] = {}
        for at, spec in enumerate(self.fields):
            column = _without_choice(spec, batch.columns[at])
            typed = type_column(
                spec, self._kinds[spec.name], column, self._readings[spec.name], tally, batch.unsure.get(at)
            )
            found[spec.name] = typed.values
            if typed.raw is not None:
                untyped[spec.name] = typed.raw
            if spec.type == "code":
                batch.columns[at] = typed.values if typed.raw is None else pc.coalesce(typed.values, typed.raw)
                strange[spec.name] = _unknown(typed.values, tally.unmapped.get(spec.name, ()))
            elif spec.type == "text" and spec.length:
                strange[spec.name] = pc.fill_null(pc.greater(pc.utf8_length(typed.values), spec.length), False)
        if self.form.table == "contribution":
            settle_years(found, untyped, tally)
        for place, spec in enumerate(self.fields):
            for reason, mask in _wrong(spec, untyped.get(spec.name), strange.get(spec.name)):
                for at in cast("list[int]", pc.indices_nonzero(mask).to_pylist()):
                    yield at, Complaint(*self._name(place, int(batch.rows[at])), reason)

    def _name(self, place: int, row: int) -> tuple[str, str]:
        """Return the cell and the header of a column in a row."""
        return f"{self._reader.letters[place]}{row}", (*self.header, KEY_HEADER)[place]

    def _kept(self, batch: RawBatch, keep: npt.NDArray[np.bool_]) -> RawBatch:
        mask = pa.array(keep)
        columns = [column.filter(mask) for column in batch.columns]
        unsure = {at: marks[keep] for at, marks in batch.unsure.items() if at < len(columns)}
        return RawBatch(batch.rows[keep], columns, [], unsure)


def _without_choice(spec: Field, column: pa.Array) -> pa.Array:
    """Return a column with the texts of its drop-down as values: exactly those, whatever they may look like."""
    if spec.codes is None:
        return column
    shown = choices(spec.codes)
    encoded = text_of(column).dictionary_encode()
    values = [shown.get(clean(text) or text, text) for text in encoded.dictionary.to_pylist()]
    return pa.array(values, pa.string()).take(encoded.indices)


def _unknown(values: pa.Array, unmapped: Iterable[str]) -> pa.Array:
    return pc.fill_null(pc.is_in(values, value_set=pa.array(list(unmapped), pa.string())), False)


def _wrong(spec: Field, raw: pa.Array | None, strange: pa.Array | None) -> Iterator[tuple[str, pa.Array]]:
    """Yield why cells of a field are wrong, with the mask of those cells."""
    if raw is not None:
        yield _FORMS.get(spec.type, _FORMS["text"]), raw.is_valid()
    if strange is not None and spec.codes is not None:
        yield allowed_codes(spec.codes), strange
    elif strange is not None:
        yield f"超过 {spec.length} 个字", strange


def allowed_codes(name: str) -> str:
    """Say which codes are allowed: all of a short list, the drop-down of a long one."""
    shown = list(choices(name))
    some = "、".join(shown[:_FEW]) + (" 等，请从下拉列表中选择" if len(shown) > _FEW else "")
    return f"不在代码表中，可填 {some}"
