"""One block of people with everything that befell them, and the standard tables that each system makes of it.

Systems share the people but nothing else: each numbers persons and units on its own and knows only those it insures.

Invariant: every row of every table belongs to a person of the block; keys are unique inside a system.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from renshe.engine.simulate.careers import OPEN, Lives, Mode, Spells, Why, make_lives, make_spells
from renshe.engine.simulate.enrol import change_block, enrolment_block
from renshe.engine.simulate.model import NAT, NULL, Column, Ints, Mask, Rows, data, first_day, stack
from renshe.engine.simulate.money import Block as Columns
from renshe.engine.simulate.money import Parameters, Wages, make_wages, normal_rows
from renshe.engine.simulate.people import People, Track, make_people
from renshe.engine.simulate.units import Units
from renshe.engine.simulate.world import World


@dataclass(slots=True)
class Block:
    """People, lives, spells and wages of one block; ``tables`` by (system, table)."""

    number: int
    people: People
    lives: Lives
    spells: Spells
    wages: Wages
    tables: dict[tuple[str, str], Rows]


@dataclass(frozen=True, slots=True)
class Scene:
    """What all blocks share."""

    world: World
    units: Units
    parameters: Parameters


def number_of(system: str, kind: str, values: Ints) -> Ints:
    """A system's numbers of persons or units; none for -1."""
    base = int(data("systems")[system]["numbers"][kind])
    return np.where(values < 0, NULL, base + values)


def make_block(scene: Scene, number: int) -> Block:
    """Invent one block."""
    world = scene.world
    rng = world.rng("careers", number)
    people = make_people(world, number)
    lives = make_lives(world, rng, people)
    spells = make_spells(world, rng, people, lives, scene.units)
    wages = make_wages(world, rng, len(people))
    block = Block(number, people, lives, spells, wages, {})
    _pension(scene, block)
    return block


def _pension(scene: Scene, block: Block) -> None:
    """Pension system: employees' and civil pensions (110, 120) and work injury (410)."""
    rng = scene.world.rng("pension", block.number)
    civil = np.isin(block.people.track, (Track.CIVIL, Track.CIVIL_PENSIONER))[block.spells.person]
    injury = (block.spells.mode == Mode.UNIT) & (
        (block.spells.end == OPEN) | (block.spells.end >= scene.world.detail_from(410))
    )
    scopes: list[tuple[int, Mask]] = [(110, ~civil), (120, civil), (410, injury)]
    covered = np.unique(block.spells.person)
    block.tables["pension", "person"] = person_rows(block, "pension", covered)
    _insure(scene, block, rng, "pension", scopes)


def _insure(scene: Scene, block: Block, rng: np.random.Generator, system: str, scopes: list[tuple[int, Mask]]) -> None:
    """Enrolments, changes and contributions of the insurances that a system keeps."""
    enrolments: list[Columns] = []
    contributions: list[Columns] = []
    for insurance, scope in scopes:
        spells = block.spells.take(scope)
        enrolments.append(
            enrolment_block(scene.world, rng, scene.parameters, block.wages, insurance, spells, block.lives.joined)
        )
        contributions.append(
            normal_rows(scene.world, scene.parameters, block.wages, insurance, spells, scene.units.injury)
        )
    changes = [change_block(part) for part in enrolments]
    for table, parts in (("enrolment", enrolments), ("change", changes), ("contribution", contributions)):
        rows = stack(table, parts)
        keyed(block, system, rows)
        block.tables[system, table] = rows


def keyed(block: Block, system: str, rows: Rows) -> None:
    """Add the system's own numbers of person, unit and record."""
    rows.columns["person_no"] = number_of(system, "person", block.people.index[rows["_person"]])
    rows.columns["unit_no"] = number_of(system, "unit", rows["_unit"])
    if rows.table in ("change", "transfer"):
        rows.columns["record_no"] = block.number * 10_000_000 + np.arange(len(rows)) + 100_000_001
        rows.columns["operator"] = np.array(["王经办", "李经办", "赵经办", "周经办"])[np.arange(len(rows)) % 4]


def person_rows(block: Block, system: str, rows: Ints) -> Rows:
    """Standard person rows of those whom a system knows."""
    people, lives = block.people, block.lives
    retired = lives.retired[rows] < OPEN
    last = _current_unit(block)[rows]
    home = np.array([c["code"] for c in data("places")["counties"]])[people.county[rows]]
    dead = ~np.isnat(people.death[rows])
    day = (people.birth[rows] - people.birth[rows].astype("datetime64[M]")).astype(np.int64)
    columns: dict[str, Any] = {
        "_person": rows,
        "person_no": number_of(system, "person", people.index[rows]),
        "id_type": people.id_type[rows],
        "id_number": people.id_number[rows],
        "name": people.name[rows],
        "sex": people.sex[rows],
        "ethnicity": people.ethnicity[rows],
        "nationality": people.nationality[rows],
        "birth_date": people.birth[rows],
        "file_birth_date": people.file_birth[rows],
        "work_start_date": first_day(lives.work[rows]),
        "retire_date": np.where(
            retired, first_day(np.where(retired, lives.retired[rows], 0)) + np.minimum(day, 27), NAT
        ),
        "retired": retired.astype(np.int64),
        "death_date": people.death[rows],
        "alive": np.where(dead, 2, 1),
        "post_kind": np.where(people.cadre[rows], 1, 2),
        "deemed_months": np.where(lives.deemed[rows] > 0, lives.deemed[rows], NULL),
        "household_code": home,
        "residence_code": people.village[rows],
        "unit_no": number_of(system, "unit", last),
        "phone": people.phone[rows],
        "address": people.address[rows],
        "bank_account": people.bank[rows],
        "bank_holder": people.name[rows],
        "agency": np.char.add(home, "01"),
        "region_code": home,
    }
    return Rows("person", columns)


def _current_unit(block: Block) -> Ints:
    """Unit of each person's open spell, -1 for none."""
    out = np.full(len(block.people), -1, np.int64)
    open_ = block.spells.why == Why.OPEN
    out[block.spells.person[open_]] = block.spells.unit[open_]
    return out


def columns_of(rows: Rows) -> dict[str, Column]:
    """The columns that go into files."""
    return {name: column for name, column in rows.columns.items() if not name.startswith("_")}
