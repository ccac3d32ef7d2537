"""Errors put into a simulated project: who declares them, how many rows each gets, whom they hit.

An error kind is named after the rule that it should trigger and hits rows of one table in given systems. The dirty
rate is the share of a table's rows; kinds of a table share it by weight. A person is hit by one kind at most, so that
no error hides or makes another; what one error inevitably makes wrong elsewhere is written down too, with a "+".

Invariant: every changed row is marked; every marked row is wrong; nobody is hit twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from renshe.engine.simulate.block import Block, Scene
from renshe.engine.simulate.model import Column, Ints, Mask, Rows

EARLY, LATE, UNITS = 0, 1, 2
"""Before accounts and ledgers are summed (so that sums hold), after, or when units are written."""


@dataclass(slots=True)
class UnitStage:
    """The tables of units, written when all people have passed by."""

    tables: dict[tuple[str, str], Rows]
    masks: dict[tuple[str, str, str], Mask] = field(default_factory=dict)
    number: int = 0


@dataclass(slots=True)
class Case:
    """One error kind at work on one system's table. ``free`` are the people (or units) whom nothing has hit yet.

    ``victim`` is the column that says whose a row is: ``_person`` (row in the block) or ``_unit``.
    """

    kind: str
    field: str
    scene: Scene
    stage: Block | UnitStage
    system: str
    rows: Rows
    rng: np.random.Generator
    free: Mask
    victim: str = "_person"

    @property
    def block(self) -> Block:
        """The block of people; there is none where units are at stake."""
        assert isinstance(self.stage, Block)
        return self.stage

    def table(self, name: str, system: str = "") -> Rows:
        """Another table of the same block."""
        return self.stage.tables[system or self.system, name]

    def pick(self, among: Mask, n: int) -> Ints:
        """Up to ``n`` rows of ``among``, of as many victims whom nothing has hit; they are hit now."""
        victim = self.rows[self.victim]
        rows = np.flatnonzero(among & self.free[victim] & (victim >= 0) & self._there(self.rows))
        if len(rows) > 40 * n:
            rows = rows[np.unique(self.rng.integers(0, len(rows), 4 * n))]
        rows = self.rng.permutation(rows)
        _, first = np.unique(victim[rows], return_index=True)
        chosen = rows[np.sort(first)][:n]
        self.free[victim[chosen]] = False
        return chosen

    def run(self, among: Mask, n: int, length: int = 6) -> Ints:
        """Up to ``n`` rows of ``among`` in runs of about ``length`` rows a victim, as a wrong setting makes."""
        person = self.rows[self.victim]
        good = among & self._there(self.rows)
        starts = self.pick(good, max(1, n // length))
        chosen = [at for start in starts for at in _next(good, person, int(start), length)]
        return np.array(chosen[: max(n, 1)], np.int64)

    def cached(self, name: str, make: Callable[[], Mask]) -> Mask:
        """A mask of this table's rows made once per block; rows appended since are not in it."""
        key = (self.system, self.rows.table, name)
        if key not in self.stage.masks:
            self.stage.masks[key] = make()
        mask = self.stage.masks[key]
        return np.concatenate([mask, np.zeros(len(self.rows) - len(mask), np.bool_)])

    def _there(self, rows: Rows) -> Mask:
        return np.ones(len(rows), np.bool_) if rows.gone is None else ~rows.gone

    def set(self, rows: Ints, value: Any, name: str = "") -> None:
        """Write ``value`` at ``rows`` of the field (or ``name``) and mark it there."""
        self.rows.put(name or self.field, rows, value)
        self.mark(rows)

    def mark(self, rows: Ints) -> None:
        """Mark ``rows`` at the kind's own field."""
        self.rows.mark(rows, self.field, self.kind)

    def follow(self, table: str, rows: Ints, name: str, kind: str = "", system: str = "") -> None:
        """Mark rows of another table that the error makes wrong as well."""
        self.table(table, system).mark(rows, name, (kind or self.kind) + "+")

    def of(self, table: str, persons: Ints, system: str = "") -> Ints:
        """Rows of another table that belong to ``persons`` (rows of the block)."""
        rows = self.table(table, system)
        return np.flatnonzero(np.isin(rows[self.victim], persons) & self._there(rows))

    def persons(self, rows: Ints) -> Ints:
        """Whose the rows are."""
        out: Ints = self.rows[self.victim][rows]
        return out

    def has(self, name: str) -> bool:
        """Whether the system writes the field ``name`` of this table."""
        return name in self.rows.columns


def _next(good: Mask, person: Column, start: int, length: int) -> list[int]:
    stop = min(start + length, len(good))
    return [at for at in range(start, stop) if good[at] and person[at] == person[start]]


Apply = Callable[[Case, int], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """One error kind: the rule's id, table and field, the systems in which it occurs, its share, when, and how."""

    id: str
    table: str
    field: str
    systems: tuple[str, ...]
    apply: Apply
    weight: float = 1.0
    phase: int = LATE


KINDS: list[Kind] = []


def error(
    id: str, table: str, name: str, systems: Sequence[str], weight: float = 1.0, phase: int = LATE
) -> Callable[[Apply], Apply]:
    """Declare the decorated function as the error kind ``id``."""

    def declare(apply: Apply) -> Apply:
        KINDS.append(Kind(id, table, name, tuple(systems), apply, weight, phase))
        return apply

    return declare


@dataclass(slots=True)
class Budget:
    """How many rows of each kind are still to be hit, over all blocks."""

    done: dict[tuple[str, str], int] = field(default_factory=dict)

    def share(self, kind: Kind, system: str, rows: int, dirty: float, weights: float, block: int) -> int:
        """Rows of this block for ``kind``: its share of the dirty rate, at least one in the first block."""
        key = (kind.id, system)
        wanted = dirty * rows * kind.weight / weights
        due = int(wanted * (block + 1)) - self.done.get(key, 0)
        due = max(due, 1) if block == 0 and dirty > 0 else due
        self.done[key] = self.done.get(key, 0) + max(due, 0)
        return max(due, 0)


def apply_errors(scene: Scene, stage: Block | UnitStage, free: Mask, budget: Budget, phase: int) -> None:
    """Put the errors of one phase into a block, or into the tables of units."""
    dirty = scene.world.dirty
    if dirty == 0:
        return
    victim = "_unit" if phase == UNITS else "_person"
    jobs = [(kind, system) for kind in KINDS if kind.phase == phase for system in kind.systems]
    jobs = [job for job in jobs if len(stage.tables.get((job[1], job[0].table), ()))]
    # Small tables first: their people are few.
    for kind, system in sorted(jobs, key=lambda job: len(stage.tables[job[1], job[0].table])):
        rows = stage.tables[system, kind.table]
        weights = sum(k.weight for k in KINDS if k.table == kind.table and system in k.systems)
        n = budget.share(kind, system, len(rows), dirty, weights, stage.number)
        if n:
            rng = scene.world.rng(f"error {kind.id} {system}", stage.number)
            kind.apply(Case(kind.id, kind.field, scene, stage, system, rows, rng, free, victim), n)
