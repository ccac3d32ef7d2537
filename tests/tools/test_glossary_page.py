"""The glossary names every standard table and field, and never another code for a field than the dictionary."""

from __future__ import annotations

import re

from renshe.standards.dictionary import TABLES, table
from tools import glossary

PAGE = glossary.TARGET.read_text("utf-8")
BY_HAND = PAGE.split(glossary.MARKER)[0]


def test_every_table_and_field_of_the_dictionary_is_in_the_glossary() -> None:
    rows = {tuple(cell.strip() for cell in line.strip("|").split("|")[:2]) for line in PAGE.splitlines()}
    for item in (table(name) for name in (*TABLES, "parameter")):
        assert (item.label, f"`{item.name}`") in rows
        for field in item.fields:
            assert (field.label, f"`{field.name}`") in rows


def test_codes_in_the_part_kept_by_hand_are_those_of_the_dictionary() -> None:
    known = {(field.name, field.code) for name in TABLES for field in table(name).fields}
    written = re.findall(r"`(\w+)` ([A-Z]{3}\d{3})", BY_HAND)
    assert len(written) > 20
    assert set(written) <= known


def test_no_chinese_term_is_explained_twice() -> None:
    terms = [line.split("|")[1].strip() for line in BY_HAND.splitlines() if line.startswith("| ")]
    terms = [term for term in terms if term != "Chinese"]
    assert len(terms) == len(set(terms))


def test_the_generated_part_is_what_the_dictionary_says_now() -> None:
    assert f"{BY_HAND}{glossary.generated()}" == PAGE, "run `make glossary` and commit docs/glossary.md"
