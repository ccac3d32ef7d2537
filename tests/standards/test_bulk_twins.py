"""Text, names, periods, money and codes: the bulk twins give what the scalars give, in every layout of a column."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from renshe.standards import codes, money, names, periods, text

LAYOUTS: dict[str, Callable[[list[str | None]], Any]] = {
    "plain": lambda texts: pa.array(texts, pa.string()),
    "sliced": lambda texts: pa.array(["x", None, *texts, "　"], pa.string()).slice(2, len(texts)),
    "dictionary": lambda texts: pa.array(texts, pa.string()).dictionary_encode(),
    "large": lambda texts: pa.array(texts, pa.large_string()),
    "view": lambda texts: pa.array(texts, pa.string_view()),
    "chunked": lambda texts: pa.chunked_array([texts[:1], texts[1:]], pa.string()),
    "bytes_behind_nulls": lambda texts: (
        pa.Array.from_buffers(
            pa.string(),
            len(texts),
            [
                pa.array([item is not None for item in texts], pa.bool_()).buffers()[1],
                *pa.array([" 2021" if item is None else item for item in texts], pa.string()).buffers()[1:],
            ],
        )
        if texts
        else pa.array([], pa.string())
    ),
}

# Characters and scraps that decide something somewhere.
_SCRAPS = st.sampled_from(
    list(
        "0123456789'=\"NnaA·•.．。,，-－/年月日?？*×□ 　\t\u200b\ufeff\u00a0张三测试某李丽无有限责任公司（）()%¥元eE:T+"
    )
    + "null \\N #N/A None 测试 test \ue863 \U00020000 有限责任公司 00:00:00".split()
)
WILD = st.lists(_SCRAPS, max_size=12).map("".join) | st.text(max_size=6)
_NUMBER = st.integers(0, 9999).map(str) | st.integers(0, 99).map("{:02d}".format)
_DAY = st.dates(date(1849, 1, 1), date(2101, 12, 31))
WRITTEN = st.sampled_from(
    (
        "%Y%m%d|%Y-%m-%d|%Y/%m/%d|%Y.%m.%d|%Y年%m月%d日|%Y%m|%Y-%m|%Y.%m|%Y年%m月|%Y|%Y00|%Y%m%d000000|"
        "%Y-%m-%d 00:00:00|%Y-%m-%dT23:59:60|%Y-%m-%d 24:00:00.0|%Y/%m/%d 12:30:01.123"
    ).split("|")
)
PERIODS = (
    st.builds(lambda day, form: day.strftime(form), _DAY, WRITTEN)
    | st.builds(
        lambda y, m, d, s: f"{y:04d}{s}{m:02d}{s}{d:02d}",
        *[st.integers(0, 9999), *[st.integers(0, 40)] * 2],
        st.sampled_from("-/. "),
    )
    | st.builds(
        lambda y, m, d: f"{y:04d}{m:02d}{d:02d}", st.integers(1840, 2110), st.integers(0, 13), st.integers(0, 32)
    )
    | st.builds(lambda y, m: f"{y:04d}{m:02d}", st.integers(1840, 2110), st.integers(0, 13))
    | st.integers(19990, 60010).map(str)
)
AMOUNTS = (
    st.decimals(-(10**9), 10**9, places=2).map(str)
    | st.decimals(-(10**17), 10**17, places=2).map(str)
    | st.floats(-1e7, 1e7).map(lambda x: repr(round(x, 2) + 3e-11))
    | st.integers(-(10**10), 10**10).map("{:,}".format)
    | st.builds(
        lambda a, b, c: a + b + c,
        st.sampled_from(["", "-", "+", ".", "(", "¥", "-¥", "--"]),
        _NUMBER,
        st.sampled_from(["", ".", ".5", ".50", ".505", "%", "‰", "元", ")", ".00.", "e-2", "e2"]),
    )
)


def columns(values: st.SearchStrategy[str]) -> st.SearchStrategy[list[str | None]]:
    return st.lists(st.none() | values | WILD, max_size=14)


def typed(parse: Callable[[str], Any], value: str | None) -> tuple[Any, bool]:
    """What a bulk twin must give for a value: the result, and whether the value is one that cannot be typed."""
    if text.clean(value) is None:
        return None, False
    assert value is not None
    try:
        return parse(value), False
    except ValueError:
        return None, True


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("scalar", "bulk"),
    [
        (text.clean, text.clean_array),
        (text.clean_name, text.clean_name_array),
        (text.unit_name_key, text.unit_name_keys),
        (names.name_state, names.name_states),
        (names.unit_name_state, names.unit_name_states),
    ],
)
@settings(max_examples=40, deadline=None)
@given(
    texts=columns(
        st.sampled_from(
            ["张三", "丁丁丁", "欧阳娜娜", "测试", "某某", "北京（中国）有限责任公司", "11010519491231002X"]
        )
    )
)
@example(texts=["丁丁丁", "丁丁", "AAA", "无", "", " ", "'", "NULL", "\u200b", None, "张\u3000三", "\U00020000三"])
@example(texts=["202101", "202102"])
def test_text_twins(layout: str, scalar: Callable[..., Any], bulk: Callable[..., Any], texts: list[str | None]) -> None:
    assert bulk(LAYOUTS[layout](texts)).to_pylist() == [scalar(value) for value in texts]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("scalar", "bulk", "values"),
    [
        (periods.parse_date, periods.parse_dates, PERIODS),
        (periods.parse_month, periods.parse_months, PERIODS),
        (periods.parse_year, periods.parse_years, PERIODS),
        (money.parse_money, money.parse_moneys, AMOUNTS),
        (money.parse_int, money.parse_ints, AMOUNTS),
    ],
)
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_typed_twins(
    layout: str, scalar: Callable[..., Any], bulk: Callable[..., Any], values: st.SearchStrategy[str], data: Any
) -> None:
    texts = data.draw(columns(values))
    got, bad = bulk(LAYOUTS[layout](texts))
    assert list(zip(got.to_pylist(), bad.to_pylist(), strict=True)) == [typed(scalar, value) for value in texts]
    got.validate(full=True)


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=50, deadline=None)
@given(texts=columns(AMOUNTS | st.sampled_from(["0.16", "16%", "0.1600", "１６％", "2‰", "1", "1.01", "0"])))
def test_rate_twins(layout: str, texts: list[str | None]) -> None:
    shown, value, bad = money.parse_rates(LAYOUTS[layout](texts))
    expected = [typed(money.parse_rate, item) for item in texts]
    assert list(zip(shown.to_pylist(), bad.to_pylist(), strict=True)) == expected
    assert value.to_pylist() == [None if item is None else Decimal(item) for item, _ in expected]


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=40, deadline=None)
@given(texts=columns(st.sampled_from(["1", "01", "男", "女性", "1-男", "Y", "9", "7", "110", "31", "补缴", "甲"])))
@pytest.mark.parametrize(("name", "system"), [("sex", None), ("contribution_kind", "AAE143"), ("industry", None)])
def test_code_twins(layout: str, name: str, system: str | None, texts: list[str | None]) -> None:
    overrides = {"甲": "1", " Ｙ ": "2"}
    mapped, unmapped = codes.map_codes(name, LAYOUTS[layout](texts), overrides, system)
    lost: dict[str, int] = {}
    for value, got in zip(texts, mapped.to_pylist(), strict=True):
        standard = codes.to_standard(name, value, system, overrides)
        if standard is None and text.clean(value) is not None:
            lost[got] = lost.get(got, 0) + 1
        else:
            assert got == standard
    assert unmapped == lost


def test_many_rows_with_one_bad_one_in_each_block() -> None:
    months = np.random.default_rng(7).choice(["202101", "202112", "１９９９０１", "2021年3月"], 200_000).tolist()
    for at in (0, 65_535, 65_536, 131_072, 199_999):
        months[at] = "202113"
    got, bad = periods.parse_months(pa.array(months))
    assert np.flatnonzero(bad.to_numpy(zero_copy_only=False)).tolist() == [0, 65_535, 65_536, 131_072, 199_999]
    assert got.null_count == 5
    assert {got[i].as_py() for i in range(1, 2000)} == {202101, 202112, 199901, 202103}


def test_columns_that_are_typed_already() -> None:
    day = date(2021, 5, 31)
    for array in (
        pa.array([day, None]),
        pa.array([datetime(2021, 5, 31, 23, 59), None], pa.timestamp("us")),
        pa.array([datetime(2021, 5, 31, 1), None], pa.timestamp("ns")),
        pa.array([day, None], pa.date64()),
        pa.array([20210531, None]),
        pa.array([20210531.0, float("nan")]),
        pa.array([Decimal("20210531"), None], pa.decimal128(38, 0)),
        pa.array([44347.5, None]),
        pa.array([day, None]).dictionary_encode(),
        pa.array([20210531, None], pa.int32()).dictionary_encode(),
    ):
        assert [part.to_pylist() for part in periods.parse_dates(array)] == [[day, None], [False, False]], array.type
        assert [part.to_pylist() for part in periods.parse_months(array)] == [[202105, None], [False, False]]
    assert periods.parse_years(pa.array([day]))[0].to_pylist() == [2021]
    assert periods.parse_months(pa.array([202105, 202113, None], pa.int32()))[0].to_pylist() == [202105, None, None]


def test_dates_outside_the_years_that_count_cannot_be_typed() -> None:
    days = [
        date(1, 1, 1),
        date(1849, 12, 31),
        date(1850, 1, 1),
        date(2100, 12, 31),
        date(2101, 1, 1),
        date(9999, 12, 31),
    ]
    got, bad = periods.parse_dates(pa.array(days))
    assert got.to_pylist() == [None, None, *days[2:4], None, None]
    assert bad.to_pylist() == [True, True, False, False, True, True]


def test_amounts_that_are_typed_already() -> None:
    three = [Decimal("336.00"), Decimal("-0.07"), None]
    for array in (
        pa.array([336.00000000000006, -0.07, float("nan")]),
        pa.array([336.0, -0.07, None]),
        pa.array(three, pa.decimal128(20, 2)),
        pa.array(three, pa.decimal128(30, 8)),
        pa.array(["336", "(0.07)", None]).dictionary_encode(),
    ):
        assert [part.to_pylist() for part in money.parse_moneys(array)] == [three, [False] * 3], array.type
    got, bad = money.parse_moneys(pa.array([1.005, float("inf"), -float("inf"), 1e300, 2.0**53]))
    assert got.null_count == 5
    assert bad.to_pylist() == [True] * 5
    assert money.parse_moneys(pa.array([7, -7], pa.int64()))[0].to_pylist() == [Decimal("7.00"), Decimal("-7.00")]
    assert money.parse_ints(pa.array([7.0, 7.5, 3e9]))[1].to_pylist() == [False, True, True]
    assert money.parse_rates(pa.array([0.16, 0.08]))[0].to_pylist() == ["0.16", "0.08"]


def test_a_clean_column_is_handed_back_as_it_is() -> None:
    numbers = pa.array(["11010519491231002X", "220802198001010011", None])
    assert text.clean_array(numbers) is numbers
    assert text.clean_name_array(pa.array(["张三", "李四"])).to_pylist() == ["张三", "李四"]
    standard = pa.array(["1", "2", "1"])
    assert codes.map_codes("sex", standard)[0] is standard
