"""One block of people with everything that befell them, and the rows that every system writes of a person.

Systems share the people but nothing else: each numbers persons and units on its own and knows only those it insures.

Invariant: every row of every table belongs to a person of the block; keys are unique inside a system.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from renshe.engine.simulate.careers import OPEN, Lives, Spells, Why, jobless, make_lives, make_spells
from renshe.engine.simulate.enrol import change_block, enrolment_block
from renshe.engine.simulate.model import NAT, NULL, Column, Ints, Mask, Rows, data, first_day, index_of, stack
from renshe.engine.simulate.money import Parameters, Wages, make_wages
from renshe.engine.simulate.people import People, Track, make_people
from renshe.engine.simulate.units import Units
from renshe.engine.simulate.world import World


@dataclass(slots=True)
class Block:
    """One block of people and their lives; ``idle``: spells of unemployment benefit; ``tables`` by (system, table)."""

    number: int
    people: People
    lives: Lives
    spells: Spells
    idle: Spells
    wages: Wages
    tables: dict[tuple[str, str], Rows] = field(default_factory=dict)
    masks: dict[tuple[str, str, str], Mask] = field(default_factory=dict)

    @property
    def death(self) -> Ints:
        """Month of death, ``OPEN`` for the living."""
        alive = np.isnat(self.people.death)
        return np.where(alive, OPEN, index_of(np.where(alive, self.people.birth, self.people.death)))


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
    """The people of one block and their lives; systems add their tables."""
    world = scene.world
    rng = world.rng("careers", number)
    people = make_people(world, number)
    lives = make_lives(world, rng, people)
    spells = make_spells(world, rng, people, lives, scene.units)
    idle = jobless(rng, world, spells, lives)
    return Block(number, people, lives, spells, idle, make_wages(world, rng, len(people)))


def enrol(
    scene: Scene, block: Block, rng: np.random.Generator, insurance: int, spells: Spells, first: Ints
) -> dict[str, Column]:
    """Enrolment rows of one insurance; those of the dead read as ended."""
    rows = enrolment_block(scene.world, rng, scene.parameters, block.wages, insurance, spells, first)
    dead = (block.death[spells.person] < OPEN) & (spells.why == Why.RETIRE)
    rows["enrol_status"] = np.where(dead, 4, rows["enrol_status"])
    return rows


def add_enrolments(block: Block, system: str, parts: Sequence[Mapping[str, Column]]) -> None:
    """Add enrolments and the operations behind them to a system's tables; a person's unit is where they pay."""
    changes = [change_block(part) for part in parts]
    for rows in (stack("enrolment", parts), stack("change", changes)):
        keyed(block, system, rows)
        block.tables[system, rows.table] = rows
    rows = block.tables[system, "enrolment"]
    dates = np.where(np.isnat(rows["end_date"]), rows["start_date"], rows["end_date"])
    rows.columns["operated_on"] = dates
    rows.columns["valid"] = np.ones(len(rows), np.int64)
    persons = block.tables[system, "person"]
    if "unit_no" in persons.columns:
        at = np.flatnonzero((rows["status"] == 1) & (rows["_unit"] >= 0))[::-1]
        unit = np.full(len(block.people), NULL)
        unit[rows["_person"][at]] = rows["unit_no"][at]
        persons.columns["unit_no"] = unit[persons["_person"]]


def keyed(block: Block, system: str, rows: Rows) -> None:
    """Add the system's own numbers of person, unit and record."""
    rows.columns["person_no"] = number_of(
        system, "person", np.where(rows["_person"] < 0, -1, block.people.index[rows["_person"]])
    )
    if rows.table == "contribution":
        rows.columns["_no"] = rows["person_no"].copy()
    if "_unit" in rows.columns:
        rows.columns["unit_no"] = number_of(system, "unit", rows["_unit"])
    serial = block.number * 10_000_000 + np.arange(len(rows)) + 100_000_001
    if rows.table == "benefit":
        rows.columns["benefit_no"] = serial
    else:
        rows.columns["record_no"] = serial
    if rows.table == "change":
        operated(rows, rows["person_no"] % 11)


def operated(rows: Rows, days: Ints) -> None:
    """Add who did an operation, how many days after, and what it changed the state from and to."""
    n = len(rows)
    rows.columns["operator"] = np.array(["王经办", "李经办", "赵经办", "周经办"])[np.arange(n) % 4]
    rows.columns["operated_on"] = np.minimum(rows["date"] + days, np.datetime64("2021-05-31"))
    ends = np.isin(rows["kind"], ("22", "21", "23", "25", "02", "09"))
    rows.columns["old"] = np.where(ends, "1", "")
    rows.columns["new"] = np.where(np.isin(rows["kind"], ("22", "02")), "2", np.where(ends, "3", "1"))


def person_rows(block: Block, system: str, rows: Ints, columns: Sequence[str]) -> Rows:
    """Standard person rows of those whom a system knows, with the ``columns`` that it keeps."""
    people, lives = block.people, block.lives
    retired = lives.retired[rows] < OPEN
    working = lives.covered[rows]
    home = np.array([c["code"] for c in data("places")["counties"]])[people.county[rows]]
    dead = ~np.isnat(people.death[rows])
    day = (people.birth[rows] - people.birth[rows].astype("datetime64[M]")).astype(np.int64)
    retire_date = first_day(np.where(retired, lives.retired[rows], 0)) + np.minimum(day, 27)
    made: dict[str, Any] = {
        "id_type": people.id_type[rows],
        "id_number": people.id_number[rows],
        "name": people.name[rows],
        "sex": people.sex[rows],
        "ethnicity": people.ethnicity[rows],
        "nationality": people.nationality[rows],
        "birth_date": people.birth[rows],
        "file_birth_date": np.where(working, people.file_birth[rows], NAT),
        "work_start_date": np.where(working, first_day(lives.work[rows]), NAT),
        "retire_date": np.where(retired, retire_date, NAT),
        "retired": retired.astype(np.int64),
        "death_date": people.death[rows],
        "alive": np.where(dead, 2, 1),
        "identity_kind": np.where(people.track[rows] == Track.CHILD, np.where(_age(block, rows) >= 7, "3", ""), ""),
        "hold": (people.index[rows] % 331 == 7).astype(np.int64),
        "hold_reason": np.where(people.index[rows] % 331 == 7, "司法冻结", ""),
        "post_kind": np.where(working, np.where(people.early[rows], 3, np.where(people.cadre[rows], 1, 2)), NULL),
        "deemed_months": np.where(lives.deemed[rows] > 0, lives.deemed[rows], NULL),
        "household_code": home,
        "residence_code": people.village[rows],
        "phone": people.phone[rows],
        "address": people.address[rows],
        "bank_account": people.bank[rows],
        "bank_holder": people.name[rows],
        "agency": np.char.add(home, "01"),
        "region_code": home,
    }
    kept = {name: made[name] for name in columns if name in made}
    out = Rows("person", {"_person": rows, **kept})
    if "numbers" in data("systems")[system]:
        out.columns["person_no"] = number_of(system, "person", people.index[rows])
        out.columns["unit_no"] = number_of(system, "unit", _current_unit(block)[rows])
    return out


def _age(block: Block, rows: Ints) -> Ints:
    """Age in whole years as of the year of the extract."""
    born = block.people.birth[rows].astype("datetime64[Y]").astype(np.int64) + 1970
    out: Ints = 2021 - born
    return out


def add_persons(block: Block, system: str, rows: Ints) -> None:
    """Add a system's person table."""
    columns = [column[0] for column in data("systems")[system]["tables"]["person"]["columns"]]
    block.tables[system, "person"] = person_rows(block, system, rows, columns)


def _current_unit(block: Block) -> Ints:
    """Unit of each person's open spell, -1 for none."""
    out = np.full(len(block.people), -1, np.int64)
    open_ = block.spells.why == Why.OPEN
    out[block.spells.person[open_]] = block.spells.unit[open_]
    return out
