"""What the five systems hold of one block: pension and injury, medical, unemployment, employment, residents' pension.

Invariant: nobody is active in two pension schemes or two medical schemes at once; retirees are insured without paying.
"""

from __future__ import annotations

import numpy as np

from renshe.engine.simulate import accounts, benefits, residents
from renshe.engine.simulate.block import Block, Scene, add_enrolments, add_persons, enrol, keyed
from renshe.engine.simulate.careers import OPEN, Mode, Spells, Why
from renshe.engine.simulate.enrol import second_employers
from renshe.engine.simulate.ledgers import works_for
from renshe.engine.simulate.model import NULL, Column, Ints, Rows, data, index_of, stack
from renshe.engine.simulate.money import normal_rows
from renshe.engine.simulate.people import Track
from renshe.engine.simulate.specials import add_specials, deemed, history, moved
from renshe.engine.simulate.units import BUSINESS, ENTERPRISE

Columns = dict[str, Column]


def add_systems(scene: Scene, block: Block) -> None:
    """Make every system's tables, but for accounts: those are summed when contributions are final."""
    _pension(scene, block)
    _medical(scene, block)
    _unemployment(scene, block)
    _resident(scene, block)
    working = np.unique(block.spells.person[block.spells.why == Why.OPEN])
    add_persons(block, "employment", np.union1d(working, block.idle.person))


def _civil(block: Block) -> np.ndarray:
    return np.isin(block.people.track, (Track.CIVIL, Track.CIVIL_PENSIONER))


def _pension(scene: Scene, block: Block) -> None:
    """Employees' and civil pensions (110, 120) and work injury (410), where a second employer is lawful."""
    world, spells, first = scene.world, block.spells, block.lives.joined
    rng = world.rng("pension", block.number)
    civil = _civil(block)[spells.person]
    add_persons(block, "pension", np.unique(spells.person))
    injured = spells.take((spells.mode == Mode.UNIT) & (spells.end >= world.detail_from(410)))
    injured.why = np.where(injured.why == Why.RETIRE, int(Why.MOVE), injured.why)
    others = scene.units.pick(rng, injured.start, (ENTERPRISE, BUSINESS))
    second = second_employers(rng, injured, np.where(scene.units.end[others] > world.now, others, -1))
    parts = {110: [spells.take(~civil)], 120: [spells.take(civil)], 410: [injured, second]}
    enrolments: list[Columns] = []
    contributions: list[Columns] = []
    for insurance, groups in parts.items():
        for group in groups:
            enrolments.append(enrol(scene, block, rng, insurance, group, first))
            contributions.append(
                normal_rows(world, scene.parameters, block.wages, insurance, group, scene.units.injury)
            )
    add_enrolments(block, "pension", enrolments)
    transfers = accounts.transfer_rows(world, rng, block)
    keyed(block, "pension", transfers)
    block.tables["pension", "transfer"] = transfers
    _contribute(scene, block, rng, "pension", contributions)
    _add_benefits(scene, block, rng, "pension", benefits.pensions(world, rng, block))


def _contribute(scene: Scene, block: Block, rng: np.random.Generator, system: str, parts: list[Columns]) -> None:
    """Contribution rows of a system with lawful specials among them; pensions have a row for the time before detail."""
    rows = stack("contribution", parts)
    add_specials(scene.world, rng, scene.parameters, rows)
    if system == "pension":
        persons = np.unique(block.spells.person)
        insurance = np.where(_civil(block)[persons], 120, 110)
        transfers = block.tables["pension", "transfer"]
        came = transfers["_person"][transfers["direction"] == "in"]
        before = history(scene.world, block.lives, persons, insurance, came)
        brought = moved(transfers, np.where(_civil(block), 120, 110))
        rows = stack("contribution", [rows.columns, before, brought, deemed(block.lives, persons, insurance)])
    keyed(block, system, rows)
    block.tables[system, "contribution"] = rows


def _medical(scene: Scene, block: Block) -> None:
    """Employees' medical insurance (310): workers, retirees who do not pay, the unemployed; residents' (390)."""
    world, lives, spells = scene.world, block.lives, block.spells
    rng = world.rng("medical", block.number)
    persons, since, until = _residents_medical(scene, block, rng)
    add_persons(block, "medical", np.union1d(persons, np.flatnonzero(lives.covered)))
    fund = block.idle.take(block.idle.end >= world.detail_from(310))
    contributions = [
        normal_rows(world, scene.parameters, block.wages, 310, group, scene.units.injury) for group in (spells, fund)
    ]
    for part in contributions:
        floor, _ = scene.parameters.limits(part["_month"])
        fundpaid = part["_payer"] == Mode.FUND
        part["base"] = np.where(fundpaid, floor, part["base"])
        part["unit_due"] = np.where(fundpaid, floor * part["unit_rate"] // 10_000, part["unit_due"])
        part["unit_paid"] = part["unit_due"].copy()
    shown = spells.take(np.arange(len(spells)))
    death = block.death[shown.person]
    retired = shown.why == Why.RETIRE
    shown.why = np.where(retired, np.where(death < OPEN, int(Why.COVERED_DEATH), int(Why.COVERED)), shown.why)
    shown.end = np.where(retired, np.maximum(death, shown.end), shown.end)
    n = len(persons)
    resident = Spells(
        persons,
        np.full(n, -1, np.int64),
        np.full(n, int(Mode.RESIDENT)),
        since,
        until,
        np.where(until == OPEN, int(Why.OPEN), int(Why.DEATH)),
    )
    first = np.zeros(len(block.people), np.int64)
    first[persons] = since
    enrolments = [enrol(scene, block, rng, 310, group, lives.joined) for group in (shown, fund)]
    enrolments.append(enrol(scene, block, rng, 390, resident, first))
    enrolments[-1]["base"] = np.full(n, NULL)
    enrolments[0]["base"] = np.where(shown.why == Why.OPEN, enrolments[0]["base"], NULL)
    add_enrolments(block, "medical", enrolments)
    contributions += residents.resident_medical(world, rng, persons, since, until)
    _contribute(scene, block, rng, "medical", contributions)


def _residents_medical(scene: Scene, block: Block, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Who is in residents' medical insurance: children, students, residents; since when, until when."""
    outside = np.flatnonzero(~block.lives.covered)
    born = index_of(block.people.birth[outside])
    death = block.death[outside]
    latest = np.minimum(scene.world.now, death) - 1
    since = np.minimum(np.maximum(born + 1, 2017 * 12 + rng.integers(0, 36, len(outside))), latest)
    good = since >= born
    return outside[good], since[good], death[good]


def _unemployment(scene: Scene, block: Block) -> None:
    """Unemployment insurance (210) and its benefit; its old system knows no names outside GBK."""
    world = scene.world
    rng = world.rng("unemployment", block.number)
    covered = (block.spells.mode == Mode.UNIT) & (block.spells.end >= world.opened)
    covered &= works_for(scene.units, block.spells.unit, 210) & ~block.people.rare[block.spells.person]
    spells = block.spells.take(covered)
    paid = np.isin(block.idle.person, spells.person)
    idle = block.idle.take(paid)
    add_persons(block, "unemployment", np.unique(spells.person))
    enrolments = [enrol(scene, block, rng, 210, spells, block.lives.joined)]
    add_enrolments(block, "unemployment", enrolments)
    rows = block.tables["unemployment", "enrolment"]
    rows.columns["start_month"] = _yyyymm(rows["start_date"])
    rows.columns["end_month"] = _yyyymm(rows["end_date"])
    contributions = [normal_rows(world, scene.parameters, block.wages, 210, spells, scene.units.injury)]
    _contribute(scene, block, rng, "unemployment", contributions)
    _add_benefits(scene, block, rng, "unemployment", benefits.unemployment(world, idle))


def _yyyymm(dates: Column) -> Ints:
    none = np.isnat(dates)
    index = index_of(np.where(none, np.datetime64("2000-01-01"), dates))
    return np.where(none, NULL, index // 12 * 100 + index % 12 + 1)


def _resident(scene: Scene, block: Block) -> None:
    """Residents' pension (170)."""
    world = scene.world
    rng = world.rng("resident", block.number)
    death = block.death
    group = residents.make_residents(world, rng, block, death)
    mine = death[group.person]
    add_persons(block, "resident", group.person)
    spells = residents.resident_spells(world, group, mine)
    first = np.zeros(len(block.people), np.int64)
    first[group.person] = group.joined
    rows = enrol(scene, block, rng, 170, spells, first)
    rows["base"] = np.full(len(spells), NULL)
    rows["grade"] = group.grade
    add_enrolments(block, "resident", [rows])
    paid = stack("contribution", residents.yearly(world, rng, group, mine))
    keyed(block, "resident", paid)
    block.tables["resident", "contribution"] = paid
    pension = residents.resident_benefits(world, rng, group, mine)
    _add_benefits(scene, block, rng, "resident", [pension])
    block.tables["resident", "account"] = _resident_base(scene, block, group)


def _resident_base(scene: Scene, block: Block, group: residents.Residents) -> Rows:
    """What is needed to roll residents' accounts when their payments are final: accounts without sums."""
    amounts = data("parameters")["resident_pension"]
    yearly = np.array([sum(amounts[g]) for g in group.grade.tolist()], np.int64) * 100
    stop = np.minimum(np.minimum(group.sixty, group.left), scene.world.opened)
    years = np.clip(stop // 12 - group.joined // 12, 0, None)
    return Rows(
        "account",
        {
            "_person": group.person,
            "_opening": yearly * years,
            "_joined": group.joined,
            "_left": group.left,
            "_sixty": group.sixty,
        },
    )


def _add_benefits(scene: Scene, block: Block, rng: np.random.Generator, system: str, parts: list[Columns]) -> None:
    """Benefits and payments of a system, paid to the person's own account."""
    rows = stack("benefit", parts)
    payments = stack("benefit_payment", benefits.payments(scene.world, rng, rows.columns))
    keyed(block, system, rows)
    keyed(block, system, payments)
    rows.columns["payee"] = block.people.name[rows["_person"]]
    rows.columns["bank_account"] = block.people.bank[rows["_person"]]
    block.tables[system, "benefit"] = rows
    block.tables[system, "benefit_payment"] = payments


def close_accounts(scene: Scene, block: Block) -> None:
    """Sum the accounts of both pension systems from the contributions as they will be written."""
    world = scene.world
    rows = accounts.pension_accounts(
        world, block, block.tables["pension", "contribution"], block.tables["pension", "transfer"]
    )
    keyed(block, "pension", rows)
    block.tables["pension", "account"] = rows
    rows = accounts.resident_accounts(
        world, block, block.tables["resident", "contribution"], block.tables["resident", "account"]
    )
    keyed(block, "resident", rows)
    block.tables["resident", "account"] = rows


def void_rows(block: Block) -> None:
    """Rows that a clerk voided (AAE100 = 0): entered wrongly, entered again, kept for the record."""
    rows = block.tables["pension", "enrolment"]
    good = np.flatnonzero((rows["status"] == 1) & (rows["_person"] % 211 == 17))
    copies = rows.copy_rows(good)
    rows["valid"][copies], rows["base"][copies], rows["_unit"][copies] = 0, 100, -1
    rows["enrol_status"][copies] = 4
