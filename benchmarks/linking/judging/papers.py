"""What every maker hands in: a project folder for the engine, and beside it the truth that the engine must not see.

``truth.parquet`` (``system, key, person``) says whose record it is; ``damage.parquet`` (``system, key, kinds, traits``)
what was done to the record (``kinds``, empty: nothing) and what about its person makes it hard (``traits``: twin,
namesake, duplicate, …), which is no damage. Numbers of persons and of units never coincide within a project, so that a
key in the engine's output says by itself which of the two it is.

Numbers of people are valid (check character, region of GB/T 2260) and no one has another's.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from renshe.standards.identity import id_check_char

AS_OF = date(2021, 5, 31)


@dataclass(slots=True)
class Record:
    """One row of a table of persons: ``values`` by standard field, and what the engine must find out."""

    system: str
    person: int
    values: dict[str, str]
    traits: tuple[str, ...] = ()
    kinds: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The number of the person in this system."""
        return self.values["person_no"]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file of the project; ``headings`` are the columns it has: standard field = what the file calls it."""

    system: str
    table: str
    file: str
    headings: Mapping[str, str]
    rows: Sequence[Mapping[str, str]]
    encoding: str = "utf-8"
    sexes: Mapping[str, str] = field(default_factory=dict)


class Register:
    """Gives out numbers of people that no one else has."""

    def __init__(self, rng: random.Random) -> None:
        """Draw sequence numbers from ``rng``."""
        self._rng = rng
        self._given: set[str] = set()

    def issue(self, region: str, birth: date, sex: str, below: int = 1000) -> str:
        """Return a new number; its sequence number is less than ``below`` as long as there is one."""
        for attempt in range(2000):
            sequence = self._rng.randrange(1, below if attempt < 1000 else 1000)
            body = f"{region}{birth:%Y%m%d}{sequence:03d}"
            if _is_man(sequence) == (sex == "1") and body not in self._given:
                return self._give(body)
        raise ValueError(f"no number is left in {region} for {birth}: make fewer persons")

    def issue_next_to(self, number: str, sex: str) -> str:
        """Return the free number of ``sex`` that follows ``number`` most closely: a twin's."""
        first = int(number[14:17])
        for sequence in (*range(first + 1, 1000), *range(first - 1, 0, -1)):
            body = f"{number[:14]}{sequence:03d}"
            if _is_man(sequence) == (sex == "1") and body not in self._given:
                return self._give(body)
        raise ValueError(f"no number is left beside {number}: make fewer persons")

    def _give(self, body: str) -> str:
        self._given.add(body)
        return body + id_check_char(body)


def _is_man(sequence: int) -> bool:
    return sequence % 2 == 1


def as_15_digits(number: str) -> str | None:
    """Return what stood on the card before 1999; None for those born later."""
    return number[:6] + number[8:17] if number[6:8] == "19" else None


def number_records(rng: random.Random, records: Sequence[Record], first: Mapping[str, int]) -> None:
    """Give every record a person_no, in an order that says nothing, from ``first`` of its system upwards."""
    for system, start in first.items():
        members = [record for record in records if record.system == system]
        rng.shuffle(members)
        for number, record in enumerate(members, start):
            record.values["person_no"] = str(number)


def hand_in(folder: Path, name: str, region: str, sheets: Sequence[Sheet], records: Sequence[Record]) -> None:
    """Write the project and, beside it, the truth about ``records``."""
    folder.mkdir(parents=True, exist_ok=True)
    sections = [f'[project]\nname = "{name}"\nregion = "{region}"\nas_of = {AS_OF.isoformat()}\n']
    for sheet in sheets:
        file = folder / sheet.file
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w", encoding=sheet.encoding, newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(sheet.headings.values())
            writer.writerows([row.get(column, "") for column in sheet.headings] for row in sheet.rows)
        sections.append(_section(sheet))
    (folder / "project.toml").write_text("\n".join(sections), "utf-8")
    _write_truth(folder, records)


def _section(sheet: Sheet) -> str:
    lines = ["[[source]]", f'system = "{sheet.system}"', f'table = "{sheet.table}"', f'file = "{sheet.file}"']
    lines += ["[source.columns]", *(f'{column} = "{heading}"' for column, heading in sheet.headings.items())]
    if sheet.sexes:
        lines += ["[source.codes.sex]", *(f'"{written}" = "{code}"' for code, written in sheet.sexes.items())]
    return "\n".join(lines) + "\n"


def _write_truth(folder: Path, records: Sequence[Record]) -> None:
    keys = {
        "system": pa.array([record.system for record in records], pa.string()),
        "key": pa.array([record.key for record in records], pa.string()),
    }
    texts = pa.list_(pa.string())
    person = pa.array([record.person for record in records], pa.int64())
    pq.write_table(pa.table({**keys, "person": person}), folder / "truth.parquet")
    kinds = pa.array([record.kinds for record in records], texts)
    traits = pa.array([list(record.traits) for record in records], texts)
    pq.write_table(pa.table({**keys, "kinds": kinds, "traits": traits}), folder / "damage.parquet")
