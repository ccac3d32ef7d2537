"""A realistic prefecture on disk, with the errors put into it written down: ``renshe simulate``.

Invariant: the same persons, seed and dirty rate give the same bytes.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from renshe.engine.simulate.block import Block, Scene, make_block
from renshe.engine.simulate.compare import add_extracts
from renshe.engine.simulate.errors import EARLY, LATE, UNITS, Budget, UnitStage, apply_errors
from renshe.engine.simulate.errors.wide import Wide, choose, close_units, mark_people
from renshe.engine.simulate.extracts import backup_rows, backup_units, tax_ledger, tax_rows
from renshe.engine.simulate.insured import add_systems, close_accounts, void_rows
from renshe.engine.simulate.ledgers import Ledger, units_of_systems
from renshe.engine.simulate.model import Rows, data
from renshe.engine.simulate.money import read_parameters
from renshe.engine.simulate.project import Controls, project_toml, write_parameters, write_truth
from renshe.engine.simulate.spelling import vary
from renshe.engine.simulate.systems import System, Truth
from renshe.engine.simulate.units import make_units
from renshe.engine.simulate.world import World

Progress = Callable[[str, int, int], None]
AS_OF = dt.date(2021, 5, 31)
SMALL = 30_000
"""Up to so many persons the medical system exports workbooks; beyond, text in parts."""


@dataclass(frozen=True, slots=True)
class SimulateResult:
    """What was written: rows by "system.table", number of truth rows."""

    target: Path
    rows: dict[str, int]
    errors: int


def simulate(
    target: Path, persons: int, seed: int, dirty: float = 0.02, progress: Progress | None = None
) -> SimulateResult:
    """Write a project of ``persons`` people into the folder ``target`` (made if absent, refused unless empty).

    ``dirty`` is the share of rows with an error (0 to 0.2); ``progress(step, done, of)`` is called per block of people.
    A folder that holds an earlier simulation is written anew. Raises ValueError for impossible arguments and
    FileExistsError where ``target`` holds files of somebody's.
    """
    if persons < 1 or not 0 <= dirty <= 0.2:
        raise ValueError("人数须不少于 1，差错率须在 0 与 0.2 之间")
    target.mkdir(parents=True, exist_ok=True)
    _clear(target)
    world = World(persons, seed, dirty, AS_OF)
    scene = Scene(world, make_units(world), read_parameters(world))
    truth, controls = Truth(), Controls()
    systems = {name: System(target, name, truth, persons <= SMALL) for name in data("systems")}
    ledgers = {name: Ledger(world, len(scene.units)) for name in ("pension", "medical", "unemployment", "employment")}
    budget, wide = Budget(), choose(scene)
    with ThreadPoolExecutor(1) as writing:
        # Files are written while the next block is invented; one writer keeps their order.
        pending: list[Future[None]] = []
        for number in range(world.blocks):
            block = make_block(scene, number)
            add_systems(scene, block)
            add_extracts(world, block)
            _spoil(scene, block, ledgers, budget, wide)
            while pending:
                pending.pop().result()
            pending.append(writing.submit(_write, world, systems, controls, block.tables, number))
            if progress:
                progress("生成人员", number + 1, world.blocks)
        pending.pop().result()
    stage = UnitStage(units_of_systems(scene, ledgers))
    _spoil_units(scene, stage, budget, wide)
    _write(world, systems, controls, stage.tables, world.blocks)
    for writer in systems.values():
        writer.close()
    return _finish(target, world, systems, truth, controls)


def _finish(target: Path, world: World, systems: dict[str, System], truth: Truth, controls: Controls) -> SimulateResult:
    """Write the project around the files."""
    parameter = write_parameters(target, world.region)
    toml = project_toml(world, list(systems.values()), parameter, controls.totals())
    (target / "project.toml").write_text(toml, "utf-8")
    errors = write_truth(target, truth)
    counted = {f"{name}.{table}": count for name, system in systems.items() for table, count in system.rows.items()}
    return SimulateResult(target, counted, errors)


def _write(
    world: World, systems: dict[str, System], controls: Controls, tables: dict[tuple[str, str], Rows], number: int
) -> None:
    """Append a block's tables to the files of their systems."""
    for (system, table), rows in tables.items():
        if systems[system].business:
            controls.count(rows)
        vary(system, rows)
        damaged = world.dirty > 0 and len(rows) > 100 and number % 8 == 0
        systems[system].emit(rows, world.rng(f"damage {system} {table}", number) if damaged else None)


def _clear(target: Path) -> None:
    """Take away the files of an earlier simulation; refuse any other folder. Rounds and decisions stay."""
    if (target / "truth.parquet").is_file():
        for folder in sorted(
            {Path(t["file"]).parts[0] for s in data("systems").values() for t in s["tables"].values()}
        ):
            shutil.rmtree(target / folder, ignore_errors=True)
    elif any(target.iterdir()):
        raise FileExistsError(f"{target}：文件夹不是空的，也不是模拟项目；请换一个文件夹")


def _spoil(scene: Scene, block: Block, ledgers: dict[str, Ledger], budget: Budget, wide: Wide) -> None:
    """Sum a block's rows into accounts and ledgers, between errors that the sums share and those they do not."""
    paying = [name for name in ledgers if (name, "enrolment") in block.tables]
    for name in paying:
        ledgers[name].insure(block.tables[name, "enrolment"])
    free = np.ones(len(block.people), np.bool_)
    apply_errors(scene, block, free, budget, EARLY)
    close_accounts(scene, block)
    summed = {}
    for name in paying:
        rows = block.tables[name, "contribution"]
        ledgers[name].add(rows)
        summed[name] = {column: rows[column].copy() for column in ("_unit", "unit_no", "insurance", "period")}
        summed[name]["_gone"] = np.zeros(len(rows), np.bool_) if rows.gone is None else rows.gone.copy()
    ledgers["employment"].see(block.tables["employment", "person"])
    block.tables["tax", "contribution"] = tax_rows(scene, block)
    apply_errors(scene, block, free, budget, LATE)
    mark_people(scene, wide, block)
    for name, before in summed.items():
        ledgers[name].compare(block.tables[name, "contribution"], before)
    backup_rows(scene, block, free)
    for name in paying:
        ledgers[name].enrol(block.tables[name, "enrolment"])
    void_rows(block)


def _spoil_units(scene: Scene, stage: UnitStage, budget: Budget, wide: Wide) -> None:
    """Errors of units; the tax authority and the backup keep the truth."""
    free = np.ones(len(scene.units), np.bool_)
    close_units(scene, wide, stage, free)
    stage.tables["tax", "unit_ledger"] = tax_ledger(scene, stage.tables["pension", "unit_ledger"])
    true = {key: Rows(rows.table, dict(rows.columns), gone=rows.gone) for key, rows in stage.tables.items()}
    apply_errors(scene, stage, free, budget, UNITS)
    stage.tables.update(backup_units(true, free, scene.world.dirty))
