"""Bulk and scalar give the same answer to every text, in every layout of a column."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from renshe.standards import identity, identity_bulk, regions

CASES: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "cases" / "identity.yaml").read_text("utf-8"))
ON = date(2024, 6, 30)


def nulls_with_bytes(texts: list[str | None]) -> Any:
    """A column whose null rows have bytes behind them, as readers may leave them."""
    full = pa.array(["11010519491231002X" if text is None else text for text in texts], pa.string())
    validity = pa.array([text is not None for text in texts], pa.bool_()).buffers()[1]
    return pa.Array.from_buffers(pa.string(), len(texts), [validity, *full.buffers()[1:]])


def bytes_before_the_first_row(texts: list[str | None]) -> Any:
    """A column that is not sliced and whose first text does not begin at the first byte."""
    whole = pa.array(["x", *texts], pa.large_string())
    return whole.slice(1).cast(pa.string())


LAYOUTS: dict[str, Callable[[list[str | None]], Any]] = {
    "plain": lambda texts: pa.array(texts, pa.string()),
    "sliced": lambda texts: pa.array([None, "11010519491231002X", *texts, "无", None], pa.string()).slice(
        2, len(texts)
    ),
    "chunked": lambda texts: pa.chunked_array([texts[:1], [], texts[1:3], texts[3:]], pa.string()),
    "large": lambda texts: pa.array(["x", *texts], pa.large_string()).slice(1),
    "view": lambda texts: pa.array(texts, pa.string_view()),
    "dictionary": lambda texts: pa.array(texts, pa.string()).dictionary_encode(),
    "nulls with bytes": nulls_with_bytes,
    "bytes before the first row": bytes_before_the_first_row,
}


@st.composite
def right_numbers(draw: st.DrawFn) -> str:
    """Numbers of 18 places, some with the region of a foreigner's card, some with one that is not listed."""
    cards = sorted(identity.card_regions())[::97]
    region = draw(st.sampled_from([*sorted(regions.known_codes())[::53], *cards, "110199", "000000", "911000"]))
    digits = f"{region}{draw(st.dates(date(1790, 1, 1), date(2026, 12, 31))):%Y%m%d}{draw(st.integers(0, 999)):03}"
    return digits + identity.id_check_char(digits)


@st.composite
def damaged(draw: st.DrawFn, right: st.SearchStrategy[str], characters: str) -> str:
    """A right text with one thing done to it that happens in old systems."""
    text = draw(right)
    place = draw(st.integers(0, len(text) - 1))
    char = draw(st.sampled_from(characters))
    return draw(
        st.sampled_from(
            [
                text,
                text.lower(),
                f" {text}\u3000",
                text[:place] + char + text[place + 1 :],
                text[:place] + char + text[place:],
                text[:place] + text[place + 1 :],
                text[:6] + text[8:17],
                text[:-3] + "000",
                text + "-" + char,
            ]
        )
    )


def texts_of(right: st.SearchStrategy[str], characters: str, listed: list[str]) -> st.SearchStrategy[list[str | None]]:
    odd = st.text(st.sampled_from(characters), max_size=20) | st.text(max_size=8) | st.sampled_from(listed)
    return st.lists(st.none() | damaged(right, characters) | odd, max_size=12)


NUMBERS = texts_of(
    right_numbers()
    | st.from_regex(r"[0-9]{6}[0-9]{2}(0[1-9]|1[0-2])[0-2][0-9]{4}", fullmatch=True)
    | st.from_regex(r"(USA|CAN|ABC)[0-9][0-9A-Z]{2,12}", fullmatch=True)
    | st.from_regex(r"[0-9](\.[0-9]{1,14})?[eE]\+?1[0-9]", fullmatch=True),
    "0019Xx.eE+- \u3000２Ｘ无ßıi",
    [case["text"] for case in CASES["people"]],
)
CREDIT_CODES = texts_of(
    st.from_regex(rf"[0-9ANY][0-9][0-9]{{6}}[{identity.USCC_ALPHABET}]{{9}}", fullmatch=True).map(
        lambda body: body + identity.uscc_check_char(body)
    ),
    "01AIOSVZaz- \u3000２无",
    [case["text"] for case in CASES["credit_codes"]],
)
ORG_CODES = texts_of(
    st.from_regex(r"[0-9A-Z]{8}", fullmatch=True).flatmap(
        lambda body: st.sampled_from([body, body + "-"]).map(lambda b: b + identity.org_code_check_char(body))
    ),
    "01AXZaxz- \u3000２无",
    [case["text"] for case in CASES["organisation_codes"]],
)


@pytest.mark.parametrize("layout", LAYOUTS)
@given(texts=NUMBERS)
@example(texts=[])
@example(texts=[None, None])
@example(texts=["", " "])
def test_facts_of_people_are_those_of_the_scalar_functions(layout: str, texts: list[str | None]) -> None:
    facts = identity_bulk.id_facts(LAYOUTS[layout](texts), on=ON)
    expected = [identity.identify(text, on=ON) for text in texts]
    assert facts.state.to_pylist() == [found and found.state for found in expected]
    assert facts.id17.to_pylist() == [found and found.canonical for found in expected]
    assert facts.birth.to_pylist() == [found and found.birth for found in expected]
    assert facts.sex.to_pylist() == [found and found.sex for found in expected]


@pytest.mark.parametrize("layout", LAYOUTS)
@given(texts=CREDIT_CODES)
@example(texts=[])
def test_states_of_credit_codes_are_those_of_the_scalar_function(layout: str, texts: list[str | None]) -> None:
    states = identity_bulk.uscc_states(LAYOUTS[layout](texts))
    assert states.to_pylist() == [identity.uscc_state(text) for text in texts]


@pytest.mark.parametrize("layout", LAYOUTS)
@given(texts=ORG_CODES)
@example(texts=[])
def test_states_of_organisation_codes_are_those_of_the_scalar_function(layout: str, texts: list[str | None]) -> None:
    states = identity_bulk.org_code_states(LAYOUTS[layout](texts))
    assert states.to_pylist() == [identity.org_code_state(text) for text in texts]


def test_every_day_and_every_region_agree_with_the_scalar_functions() -> None:
    dates = product((1799, 1800, 1900, 1999, 2000, 2024), range(14), range(33))
    days = [f"{year}{month:02}{day:02}" for year, month, day in dates]
    bodies = [f"110105{day}121" for day in days] + [f"{code}19650401122" for code in sorted(regions.known_codes())]
    numbers = [body + identity.id_check_char(body) for body in bodies]
    facts = identity_bulk.id_facts(pa.array(numbers), on=ON)
    expected = [identity.identify(number, on=ON) for number in numbers]
    assert facts.state.to_pylist() == [found and found.state for found in expected]
    assert facts.birth.to_pylist() == [found and found.birth for found in expected]


def test_a_column_longer_than_a_block_keeps_its_order() -> None:
    texts = ["11010519491231002X", None, "110105491231002", "USA0123456789", "无", "2.20802E+17", ""] * 40_000
    facts = identity_bulk.id_facts(pa.array(texts))
    expected = [identity.identify(text) for text in texts[:7]]
    assert len(facts.state) == len(facts.id17) == len(facts.birth) == len(facts.sex) == len(texts)
    assert facts.state.to_pylist() == [found and found.state for found in expected] * 40_000
    assert facts.id17.to_pylist() == [found and found.canonical for found in expected] * 40_000


def test_birth_after_today_is_a_wrong_date_in_a_column_too() -> None:
    tomorrow = date.fromordinal(date.today().toordinal() + 1)
    digits = f"110105{tomorrow:%Y%m%d}001"
    assert identity_bulk.id_facts(pa.array([digits + identity.id_check_char(digits)])).state.to_pylist() == ["date"]


def test_a_column_without_type_has_no_facts() -> None:
    facts = identity_bulk.id_facts(pa.nulls(3))
    assert [facts.state.null_count, facts.id17.null_count, facts.birth.null_count, facts.sex.null_count] == [3] * 4
