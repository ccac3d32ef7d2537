"""Numbers whose stored digits may not be those that were written say so, in every format that stores numbers."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from renshe.engine.sources.base import Reader
from renshe.engine.sources.cells import Unsure, formed_text, number_text, stored_number_text
from renshe.engine.sources.opening import open_source

LONG, TENTH = 220802198901011234, 2021.1
KNOWN = frozenset({"个人编号", "社会保障号码", "费款所属期"})


def unsure(reader: Reader) -> dict[int, list[bool]]:
    [batch] = reader.batches()
    return {place: mask.tolist() for place, mask in batch.unsure.items()}


def test_long_numbers_and_tenths_of_a_workbook_are_unsure_and_texts_are_not(write_book) -> None:
    rows = [
        ["个人编号", "社会保障号码", "费款所属期"],
        [1001, float(LONG), TENTH],
        [1002, str(LONG), "2021.1"],
        [1003, 220802890101123, 2021.11],
    ]
    reader = open_source(write_book(人员=rows), encoding=None, sheet=None, known_names=KNOWN)
    assert unsure(reader) == {1: [True, False, False], 2: [True, False, False]}


def test_doubles_of_a_dbf_are_unsure_beside_its_texts(write_dbf) -> None:
    doubles = [struct.pack("<d", value) for value in (float(LONG), 15.0)]
    path: Path = write_dbf(
        [("GRBH", "C", 4, 0), ("SFZH", "B", 8, 0)], [("1", doubles[0]), ("2", doubles[1])], version=0x30
    )
    reader = open_source(path, encoding=None, sheet=None, known_names=KNOWN)
    assert unsure(reader) == {1: [True, False]}


@pytest.mark.parametrize("text", ["1234567890123456", "2.20802198901011E+17", "2021.1", "1850.1"])
def test_a_stored_number_is_unsure_by_its_digits(text: str) -> None:
    assert type(stored_number_text(text)) is Unsure


@pytest.mark.parametrize("text", ["123456789012345", "2021.11", "2021.2", "12021.1", "336.1", "1.5E+3"])
def test_a_stored_number_of_few_digits_is_sure(text: str) -> None:
    assert type(stored_number_text(text)) is str


def test_padding_with_zeros_does_not_make_a_number_sure() -> None:
    assert type(formed_text("1234567890123456", "000000000000000000", since_1904=False)) is Unsure
    assert formed_text("1234567890123456", "000000000000000000", since_1904=False) == "001234567890123456"
    assert type(number_text(1e15)) is Unsure and type(number_text(1e15 - 1)) is str
