"""A column taken apart into characters and put together again is the same column."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.standards.test_bulk_twins import LAYOUTS

from renshe.standards.bulk import text_of
from renshe.standards.characters import characters, han, is_han, joined, parts

TEXTS = st.text("张a·\u00e9\u3007\U00020000\U0001f600\x00", max_size=5)


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=40)
@given(texts=st.lists(st.none() | TEXTS, max_size=8))
def test_nothing_is_lost(layout: str, texts: list[str | None]) -> None:
    found = characters(text_of(LAYOUTS[layout](texts)))
    assert found.text().to_pylist() == [text or "" for text in texts]
    assert found.lengths.tolist() == [len(text or "") for text in texts]
    found.text().validate(full=True)


@given(st.lists(TEXTS, max_size=8))
def test_rows_with_some_of_their_characters(texts: list[str]) -> None:
    found = characters(pa.array(texts, pa.string()))
    marked = han(found.codes)
    assert found.only(marked).text().to_pylist() == ["".join(filter(is_han, text)) for text in texts]
    assert found.all_in(marked).tolist() == [all(map(is_han, text)) for text in texts]


def test_blocks_together_are_the_column() -> None:
    texts = pa.array(["张三", None, "é", "欧阳娜娜"] * 40_000)
    pieces = [(part, chars.text()) for part, chars in parts(texts)]
    assert len(pieces) == 3
    assert joined([part for part, _ in pieces]).equals(texts)
    assert joined([text for _, text in pieces]).to_pylist()[:4] == ["张三", "", "é", "欧阳娜娜"]
    assert len(joined([])) == 0


def test_chinese_characters_are_told_from_others() -> None:
    assert [is_han(char) for char in "张〇㐀𠀀㍿Aあ\ue863"] == [True, True, True, True, False, False, False, False]
    codes = np.arange(0x30000 + 0x3000, dtype=np.uint32)
    assert [char for char in (0x33FF, 0x3400, 0x4DC0, 0x9FFF, 0xA000) if han(codes)[char]] == [0x3400, 0x9FFF]
