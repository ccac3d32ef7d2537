"""One simulated prefecture with errors, and one block of people without, shared by the tests of this folder."""

from __future__ import annotations

import datetime as dt

import pytest

from renshe.engine.simulate import SimulateResult, simulate
from renshe.engine.simulate.block import Block, Scene, make_block
from renshe.engine.simulate.insured import add_systems, close_accounts, void_rows
from renshe.engine.simulate.ledgers import Ledger
from renshe.engine.simulate.model import Rows
from renshe.engine.simulate.money import read_parameters
from renshe.engine.simulate.units import make_units
from renshe.engine.simulate.world import World


@pytest.fixture(scope="session")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> SimulateResult:
    """Twenty thousand people, two rows in a hundred wrong."""
    return simulate(tmp_path_factory.mktemp("spoilt") / "project", 20_000, 4)


@pytest.fixture(scope="session")
def scene() -> Scene:
    """A small world without errors."""
    world = World(9_000, 11, 0.0, dt.date(2021, 5, 31))
    return Scene(world, make_units(world), read_parameters(world))


@pytest.fixture(scope="session")
def block(scene: Scene) -> Block:
    """Its only block, with every system's tables."""
    made = make_block(scene, 0)
    add_systems(scene, made)
    close_accounts(scene, made)
    void_rows(made)
    return made


@pytest.fixture(scope="session")
def ledger(scene: Scene, block: Block) -> Rows:
    """The pension system's unit ledger."""
    sums = Ledger(scene.world, len(scene.units))
    sums.insure(block.tables["pension", "enrolment"])
    sums.add(block.tables["pension", "contribution"])
    return sums.rows()
