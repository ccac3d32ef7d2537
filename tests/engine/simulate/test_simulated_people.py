"""Invented people are real in everything that can be checked: numbers, names, ages, lives."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from renshe.engine.simulate.block import Block, Scene
from renshe.engine.simulate.careers import OPEN
from renshe.engine.simulate.model import index_of
from renshe.engine.simulate.people import make_people
from renshe.engine.simulate.units import FOREVER, check_character
from renshe.engine.simulate.world import World
from renshe.standards.identity import is_valid_id_number, is_valid_uscc, upgrade_id_number


def test_every_citizen_has_a_valid_number_of_a_real_region(block: Block) -> None:
    people = block.people
    known = (people.id_type != "08") & (people.region != "220899")
    wrong = [number for number in people.full_number[known] if not is_valid_id_number(number)]
    assert wrong == []


def test_sex_and_birth_date_stand_in_the_number(block: Block) -> None:
    people = block.people
    for number, sex, birth in zip(people.full_number[:500], people.sex[:500], people.birth[:500], strict=True):
        if number[:3].isdigit():
            assert int(number[16]) % 2 == sex % 2
            assert number[6:14] == str(birth).replace("-", "")


def test_old_numbers_are_the_same_number_without_century_and_check_digit(block: Block) -> None:
    people = block.people
    old = np.flatnonzero(np.strings.str_len(people.id_number) == 15)
    old = old[people.id_type[old] == "01"]
    assert len(old) > 0
    assert [upgrade_id_number(number) for number in people.id_number[old]] == list(people.full_number[old])


def test_no_number_is_given_twice_in_any_block() -> None:
    world = World(80_000, 5, 0.0, dt.date(2021, 5, 31))
    numbers = np.concatenate([make_people(world, block).full_number for block in range(world.blocks)])
    citizens = np.strings.slice(numbers[np.strings.str_len(numbers) == 18], 0, 17)
    assert len(np.unique(citizens)) == len(citizens)


def test_numbers_stay_unique_when_a_day_is_full() -> None:
    """Very many blocks leave each one serial per region, day and sex; the crowd moves to the days before."""
    world = World(25_000 * 600, 5, 0.0, dt.date(2021, 5, 31))
    people = make_people(world, 3)
    citizens = people.full_number[people.id_type == "01"]
    assert len(np.unique(np.strings.slice(citizens, 0, 17))) == len(citizens)


@pytest.mark.parametrize("sex,cadre,months", [(1, False, 720), (2, True, 660), (2, False, 600)])
def test_people_retire_at_the_age_of_the_law_of_their_time(block: Block, sex: int, cadre: bool, months: int) -> None:
    people, lives = block.people, block.lives
    some = (lives.retired < OPEN) & (people.sex == sex) & (people.cadre == cadre) & ~people.early
    assert some.any()
    earliest = np.where(np.isnat(people.file_birth), people.birth, np.minimum(people.birth, people.file_birth))
    assert set((lives.retired - index_of(earliest))[some].tolist()) == {months}


def test_spells_follow_one_another_inside_the_life_of_their_unit(scene: Scene, block: Block) -> None:
    spells = block.spells
    same = spells.person[1:] == spells.person[:-1]
    assert not (same & (spells.start[1:] <= spells.end[:-1])).any()
    assert (spells.end >= spells.start).all()
    with_unit = spells.unit >= 0
    assert (scene.units.start[spells.unit[with_unit]] <= spells.start[with_unit]).all()
    ended = with_unit & (scene.units.end[spells.unit] < FOREVER)
    assert (scene.units.end[spells.unit[ended]] >= spells.end[ended]).all()


def test_nobody_works_before_sixteen_or_enrols_before_working(block: Block) -> None:
    lives, born = block.lives, index_of(block.people.birth)
    covered = lives.covered
    assert (lives.work[covered] - born[covered] >= 192).all()
    assert (lives.joined[covered] >= lives.work[covered]).all()


def test_units_have_valid_credit_codes_and_names_of_their_own(scene: Scene) -> None:
    units = scene.units
    assert all(is_valid_uscc(code) for code in units.uscc)
    assert len(np.unique(units.uscc)) == len(np.unique(units.name)) == len(units)
    assert (check_character(np.strings.slice(units.uscc, 0, 17)) == np.strings.slice(units.uscc, 17, 18)).all()


def test_unit_sizes_follow_a_power_law(scene: Scene) -> None:
    """The largest tenth of the units weighs more than all the others together."""
    weight = np.sort(scene.units.weight)[::-1]
    assert weight[: len(weight) // 10].sum() > weight[len(weight) // 10 :].sum()
