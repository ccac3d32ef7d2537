"""Values keep their meaning, and what has none for us keeps its text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from renshe.engine.schema import columns
from renshe.engine.staging.typing import Reading, Tally, Typed, raw_maps, type_column
from renshe.standards.dictionary import table


def typed(name: str, field: str, values: list[Any], codes: Mapping[str, str] | None = None) -> tuple[Typed, Tally]:
    tally = Tally()
    array = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
    return type_column(table(name).field(field), columns(name)[field], array, Reading(codes or {}), tally), tally


def test_dates_in_every_spelling_are_one_date() -> None:
    spellings = [
        "19890101",
        "1989-1-1",
        "1989.1.1",
        "1989年1月1日",
        "１９８９－０１－０１",
        "1989年1月",
        "32509",
        " 1989/01/01 ",
    ]
    found, tally = typed("person", "birth_date", spellings)
    assert set(found.values.to_pylist()) == {date(1989, 1, 1)}
    assert not tally.untyped


def test_what_cannot_be_typed_stays_as_written_and_is_counted() -> None:
    found, tally = typed("person", "birth_date", ["1989-02-30", None, "19890101"])
    assert found.values.to_pylist() == [None, None, date(1989, 1, 1)]
    assert found.raw is not None
    assert found.raw.to_pylist() == ["1989-02-30", None, None]
    assert tally.untyped == {"birth_date": 1}
    assert raw_maps(3, {"birth_date": found.raw}).to_pylist() == [[("birth_date", "1989-02-30")], None, None]


def test_identity_numbers_lose_marks_and_small_x_but_no_digit() -> None:
    written = [
        "'11010519491231002x",
        "１１０１０５１９４９１２３１００２Ｘ",
        "\u3000110105491231002",
        "220802198901011000",
    ]
    found, _ = typed("person", "id_number", written)
    assert found.values.to_pylist() == [
        "11010519491231002X",
        "11010519491231002X",
        "110105491231002",
        "220802198901011000",
    ]


@pytest.mark.req("S0-1", part="codes")
def test_codes_by_label_by_project_and_unknown_ones_kept_and_counted() -> None:
    found, tally = typed("person", "sex", ["男", "2", "女性", "M", "雄"], {"M": "1"})
    assert found.values.to_pylist() == ["1", "2", "2", "1", "雄"]
    assert tally.unmapped == {"sex": {"雄": 1}}


def test_money_with_separators_and_native_numbers() -> None:
    found, _ = typed("contribution", "base", ["4,000.00", "￥4000", "(1,234.50)", "336.00000000000006"])
    assert found.values.to_pylist() == [Decimal("4000.00"), Decimal("4000.00"), Decimal("-1234.50"), Decimal("336.00")]
    native, _ = typed("contribution", "base", pa.array([4000.0, 1.1]))
    assert native.values.to_pylist() == [Decimal("4000.00"), Decimal("1.10")]


def test_native_whole_numbers_become_text_without_a_point() -> None:
    found, _ = typed("person", "person_no", pa.array([1001.0, 2.0]))
    assert found.values.to_pylist() == ["1001", "2"]
    found, _ = typed("contribution", "insurance", pa.array([110, 210], pa.int64()))
    assert found.values.to_pylist() == ["110", "210"]


def test_an_end_in_the_year_9999_is_no_end() -> None:
    found, tally = typed("enrolment", "end_date", ["99991231", "9999-12-31", "20210531"])
    assert found.values.to_pylist() == [None, None, date(2021, 5, 31)]
    assert not tally.untyped


@pytest.mark.parametrize(
    ("field", "word"), [("name", "Nan"), ("name", "None"), ("birth_date", "#N/A"), ("sex", " n/a ")]
)
def test_a_word_that_is_taken_for_nothing_stays_as_written(field: str, word: str) -> None:
    found, tally = typed("person", field, [word, "NULL", "\\N", "", None])
    assert found.values.to_pylist() == [None] * 5
    assert found.raw is not None
    assert found.raw.to_pylist() == [word, None, None, None, None]
    assert tally.untyped == {field: 1}


def test_words_that_mean_nothing_leave_nothing_behind() -> None:
    found, tally = typed("person", "name", ["NULL", "(null)", "\\N", " "])
    assert (found.values.null_count, found.raw, tally.untyped) == (4, None, {})


@pytest.mark.parametrize(
    ("name", "field"), [("contribution", "base"), ("person", "person_no"), ("person", "birth_date")]
)
def test_a_number_that_is_none_stays_as_written(name: str, field: str) -> None:
    found, tally = typed(name, field, pa.array([float("nan"), None]))
    assert found.values.to_pylist() == [None, None]
    assert found.raw is not None
    assert found.raw.to_pylist() == ["nan", None]
    assert tally.untyped == {field: 1}


@pytest.mark.parametrize("field", ["name", "sex", "birth_date"])
def test_bytes_that_are_no_text_are_no_value(field: str) -> None:
    found, tally = typed("person", field, ["\\xffd8", None])
    assert found.values.to_pylist() == [None, None]
    assert found.raw is not None
    assert found.raw.to_pylist() == ["\\xffd8", None]
    assert (tally.untyped, tally.unmapped) == ({field: 1}, {})
